// Complaints by state, then by the time they came in.
function (doc) {
  if (doc.form === 'complaint') {
    emit([doc.state || '', doc.received_on || ''], [1]);
  }
}
