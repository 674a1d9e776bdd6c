// Support cases by customer, then by the time they were asked.
function (doc) {
  if (doc.form === 'support') {
    emit([doc.customer || '', doc.asked_at || ''], [1]);
  }
}
