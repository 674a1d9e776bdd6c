// Complaints by responsible person, then by the time they came in.
function (doc) {
  if (doc.form === 'complaint') {
    emit([doc.responsible || '', doc.received_on || ''], [1]);
  }
}
