// Payments that are expected by owner and standing, the earliest first, with what is open.
function (doc) {
  if (doc.form === 'payment' && doc.state === 'planned') {
    emit([doc.owner || '', doc.standing || '', doc.due || ''], [1, Number(doc.open && doc.open.amount) || 0]);
  }
}
