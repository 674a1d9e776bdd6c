// Payments that are expected, by standing, the earliest first, with what is open.
function (doc) {
  if (doc.form === 'payment' && doc.state === 'planned') {
    emit([doc.standing || '', doc.due || ''], [1, Number(doc.open && doc.open.amount) || 0]);
  }
}
