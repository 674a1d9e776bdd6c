// Customers by owner, then by name.
function (doc) {
  if (doc.form === 'customer') {
    emit([doc.owner || '', doc.name], [1]);
  }
}
