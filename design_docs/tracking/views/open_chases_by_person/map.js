// Chase-ups not yet answered by the person chased, the earliest due first.
function (doc) {
  if (doc.form === 'chase' && doc.state === 'open') {
    emit([doc.to || '', doc.due || doc.sent_at || ''], [1]);
  }
}
