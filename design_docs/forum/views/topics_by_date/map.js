// Topics, the newest first.
function (doc) {
  if (doc.form === 'topic') {
    emit([-Date.parse(doc.written)], [1]);
  }
}
