// Replies by the reply they answer, the earliest first.
function (doc) {
  if (doc.form === 'reply' && doc.answers) {
    emit([doc.answers, doc.written || ''], [1]);
  }
}
