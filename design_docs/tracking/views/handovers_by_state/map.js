// Handovers by state, then by the time they were asked for.
function (doc) {
  if (doc.form === 'handover') {
    emit([doc.state || '', doc.asked_at || ''], [1]);
  }
}
