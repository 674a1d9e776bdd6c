// Activities by deal, then by time.
function (doc) {
  if (doc.form === 'activity') {
    emit([doc.deal || '', doc.starts || ''], [1]);
  }
}
