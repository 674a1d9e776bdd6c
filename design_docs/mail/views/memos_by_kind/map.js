// Memos of the inbox by kind, unread first, the newest first.
function (doc) {
  if (doc.form === 'memo' && doc.folder !== 'sent') {
    emit([doc.kind || 'memo', doc.seen === true, -Date.parse(doc.received)], [1]);
  }
}
