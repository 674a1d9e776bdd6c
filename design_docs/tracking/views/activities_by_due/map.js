// Activities still to be done, the earliest first.
function (doc) {
  if (doc.form === 'activity' && doc.state === 'planned') {
    emit([doc.starts || ''], [1]);
  }
}
