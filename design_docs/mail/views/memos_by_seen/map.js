// Memos of the inbox, unread first, the newest first.
function (doc) {
  if (doc.form === 'memo' && doc.folder !== 'sent') {
    emit([doc.seen === true, -Date.parse(doc.received)], [1]);
  }
}
