// People by department, then by name.
function (doc) {
  if (doc.form === 'person') {
    emit([doc.department || '', doc.name_latin || doc.login], [1]);
  }
}
