// After-sales services by customer, then by time.
function (doc) {
  if (doc.form === 'visit') {
    emit([doc.customer || '', doc.starts || ''], [1]);
  }
}
