// Outgoing notices by state, the oldest first.
function (doc) {
  if (doc.form === 'outgoing') {
    emit([doc.state || '', doc.created ? doc.created.at : ''], [1]);
  }
}
