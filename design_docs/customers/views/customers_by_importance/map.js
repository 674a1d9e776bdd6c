// Customers by importance, then by name.
function (doc) {
  if (doc.form === 'customer') {
    emit([doc.importance || '', doc.name], [1]);
  }
}
