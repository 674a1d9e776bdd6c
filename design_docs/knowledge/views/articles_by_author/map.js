// Articles by author, then by title.
function (doc) {
  if (doc.form === 'article') {
    emit([doc.author || '', doc.title], [1]);
  }
}
