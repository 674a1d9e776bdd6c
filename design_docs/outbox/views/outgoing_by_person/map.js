// Outgoing notices by receiver and state, the oldest first.
function (doc) {
  if (doc.form === 'outgoing') {
    emit([doc.to || '', doc.state || '', doc.created ? doc.created.at : ''], [1]);
  }
}
