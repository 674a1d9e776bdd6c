// Replies by topic, the earliest first.
function (doc) {
  if (doc.form === 'reply') {
    emit([doc.topic || '', doc.written || ''], [1]);
  }
}
