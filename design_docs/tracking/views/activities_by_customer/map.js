// Activities by customer, then by time.
function (doc) {
  if (doc.form === 'activity') {
    emit([doc.customer || '', doc.starts || ''], [1]);
  }
}
