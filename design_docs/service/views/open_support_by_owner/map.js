// Support cases not yet answered by owner, then by time.
function (doc) {
  if (doc.form === 'support' && doc.state !== 'answered') {
    emit([doc.owner || '', doc.asked_at || ''], [1]);
  }
}
