// Orders by customer, then by the day of the order, with totals and what is outstanding.
function (doc) {
  if (doc.form === 'order') {
    emit([doc.customer || '', doc.ordered_on || ''], [1, Number(doc.total && doc.total.amount) || 0, Number(doc.outstanding && doc.outstanding.amount) || 0]);
  }
}
