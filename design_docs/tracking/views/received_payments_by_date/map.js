// Payments received by the day they came, with their amounts.
function (doc) {
  if (doc.form === 'payment' && doc.state === 'received') {
    emit([doc.received_on || ''], [1, Number(doc.received && doc.received.amount) || 0]);
  }
}
