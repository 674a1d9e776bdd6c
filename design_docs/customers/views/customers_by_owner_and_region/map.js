// Customers by owner, region and city, then by name.
function (doc) {
  if (doc.form === 'customer') {
    emit([doc.owner || '', doc.region || '', doc.city || '', doc.name], [1]);
  }
}
