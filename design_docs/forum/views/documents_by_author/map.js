// Topics and replies by author, the newest first.
function (doc) {
  if (doc.form === 'topic' || doc.form === 'reply') {
    emit([doc.author || '', -Date.parse(doc.written)], [1]);
  }
}
