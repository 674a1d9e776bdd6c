// Activities still to be done by owner, the earliest first.
function (doc) {
  if (doc.form === 'activity' && doc.state === 'planned') {
    emit([doc.owner || '', doc.starts || ''], [1]);
  }
}
