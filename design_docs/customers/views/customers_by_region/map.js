// Customers by region and city, then by name.
function (doc) {
  if (doc.form === 'customer') {
    emit([doc.region || '', doc.city || '', doc.name], [1]);
  }
}
