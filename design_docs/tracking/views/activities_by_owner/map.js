// Activities by owner and state, then by time.
function (doc) {
  if (doc.form === 'activity') {
    emit([doc.owner || '', doc.state || '', doc.starts || ''], [1]);
  }
}
