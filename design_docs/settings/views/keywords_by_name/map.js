// Keyword lists by the name that forms use.
function (doc) {
  if (doc.form === 'keywords') {
    emit([doc.name], [1]);
  }
}
