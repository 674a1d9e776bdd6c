// Chase-ups by the person chased and state, then by the time they were sent.
function (doc) {
  if (doc.form === 'chase') {
    emit([doc.to || '', doc.state || '', doc.sent_at || ''], [1]);
  }
}
