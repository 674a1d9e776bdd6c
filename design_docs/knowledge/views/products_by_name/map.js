// Products by name.
function (doc) {
  if (doc.form === 'product') {
    emit([doc.name], [1]);
  }
}
