// People by their manager, then by name.
function (doc) {
  if (doc.form === 'person') {
    emit([doc.manager || '', doc.name_latin || doc.login], [1]);
  }
}
