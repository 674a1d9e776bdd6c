// Orders by number, with totals and what is outstanding.
function (doc) {
  if (doc.form === 'order') {
    emit([doc.number || ''], [1, Number(doc.total && doc.total.amount) || 0, Number(doc.outstanding && doc.outstanding.amount) || 0]);
  }
}
