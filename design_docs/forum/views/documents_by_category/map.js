// Topics and replies by category, then by subject and time.
function (doc) {
  if (doc.form === 'topic' || doc.form === 'reply') {
    emit([doc.category || '', doc.subject || '', doc.written || ''], [1]);
  }
}
