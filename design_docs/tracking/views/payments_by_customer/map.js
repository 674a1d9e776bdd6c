// Payments by customer, then by the day they are due, with what was agreed, received and is open.
function (doc) {
  if (doc.form === 'payment') {
    emit([doc.customer || '', doc.due || ''], [1, Number(doc.amount && doc.amount.amount) || 0, Number(doc.received && doc.received.amount) || 0, Number(doc.open && doc.open.amount) || 0]);
  }
}
