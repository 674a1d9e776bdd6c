// Deliveries still to be made, the earliest first.
function (doc) {
  if (doc.form === 'delivery' && doc.state === 'planned') {
    emit([doc.planned_on || ''], [1]);
  }
}
