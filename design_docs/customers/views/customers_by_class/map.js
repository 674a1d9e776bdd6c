// Customers by class, then by name.
function (doc) {
  if (doc.form === 'customer') {
    emit([doc.class || '', doc.name], [1]);
  }
}
