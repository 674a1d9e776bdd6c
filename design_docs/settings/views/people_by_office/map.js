// People by regional office, then by name.
function (doc) {
  if (doc.form === 'person') {
    emit([doc.office || '', doc.name_latin || doc.login], [1]);
  }
}
