// Chase-ups by state, then by the time they were sent.
function (doc) {
  if (doc.form === 'chase') {
    emit([doc.state || '', doc.sent_at || ''], [1]);
  }
}
