// Customers by name.
function (doc) {
  if (doc.form === 'customer') {
    emit([doc.name], [1]);
  }
}
