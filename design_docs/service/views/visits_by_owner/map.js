// After-sales services by who carries them out, then by time.
function (doc) {
  if (doc.form === 'visit') {
    emit([doc.owner || '', doc.starts || ''], [1]);
  }
}
