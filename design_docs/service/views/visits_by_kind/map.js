// After-sales services by kind, then by time.
function (doc) {
  if (doc.form === 'visit') {
    emit([doc.kind || '', doc.starts || ''], [1]);
  }
}
