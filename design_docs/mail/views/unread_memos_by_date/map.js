// Memos of the inbox that were not read yet, the newest first.
function (doc) {
  if (doc.form === 'memo' && doc.folder !== 'sent' && doc.seen !== true) {
    emit([-Date.parse(doc.received)], [1]);
  }
}
