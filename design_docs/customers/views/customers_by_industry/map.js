// Customers by industry, then by name.
function (doc) {
  if (doc.form === 'customer') {
    emit([doc.industry || '', doc.name], [1]);
  }
}
