// Groups by kind, then by title.
function (doc) {
  if (doc.form === 'group') {
    emit([doc.kind || '', doc.title || doc.name], [1]);
  }
}
