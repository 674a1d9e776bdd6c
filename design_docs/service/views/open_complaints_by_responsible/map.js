// Complaints that are not closed by responsible person, the earliest due first.
function (doc) {
  if (doc.form === 'complaint' && doc.state !== 'closed') {
    emit([doc.responsible || '', doc.due || ''], [1]);
  }
}
