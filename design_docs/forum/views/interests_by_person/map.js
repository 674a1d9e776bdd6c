// Interest profiles by person.
function (doc) {
  if (doc.form === 'interest') {
    emit([doc.person || ''], [1]);
  }
}
