// Products by class and series, then by name.
function (doc) {
  if (doc.form === 'product') {
    emit([doc.class || '', doc.series || '', doc.name], [1]);
  }
}
