// Memos of the folder Sent, the newest first.
function (doc) {
  if (doc.form === 'memo' && doc.folder === 'sent') {
    emit([-Date.parse(doc.received)], [1]);
  }
}
