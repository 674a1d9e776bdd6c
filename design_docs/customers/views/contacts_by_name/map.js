// Contacts by name.
function (doc) {
  if (doc.form === 'contact') {
    emit([doc.name], [1]);
  }
}
