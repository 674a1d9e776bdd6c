// People by name in Latin letters.
function (doc) {
  if (doc.form === 'person') {
    emit([doc.name_latin || doc.login], [1]);
  }
}
