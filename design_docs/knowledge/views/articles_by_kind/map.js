// Articles by kind, then by title.
function (doc) {
  if (doc.form === 'article') {
    emit([doc.kind || '', doc.title], [1]);
  }
}
