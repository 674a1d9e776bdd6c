// Chase-ups by deal, then by the time they were sent.
function (doc) {
  if (doc.form === 'chase') {
    emit([doc.deal || '', doc.sent_at || ''], [1]);
  }
}
