// Complaints by class, then by the time they came in.
function (doc) {
  if (doc.form === 'complaint') {
    emit([doc.class || '', doc.received_on || ''], [1]);
  }
}
