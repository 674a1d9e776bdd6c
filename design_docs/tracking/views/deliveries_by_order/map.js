// Deliveries by order, then by the day planned.
function (doc) {
  if (doc.form === 'delivery') {
    emit([doc.order || '', doc.planned_on || ''], [1]);
  }
}
