// Support cases by state, then by the time they were asked.
function (doc) {
  if (doc.form === 'support') {
    emit([doc.state || '', doc.asked_at || ''], [1]);
  }
}
