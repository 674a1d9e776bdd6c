// Complaints by customer, then by the time they came in.
function (doc) {
  if (doc.form === 'complaint') {
    emit([doc.customer || '', doc.received_on || ''], [1]);
  }
}
