// Contacts by customer, then by name.
function (doc) {
  if (doc.form === 'contact') {
    emit([doc.customer || '', doc.name], [1]);
  }
}
