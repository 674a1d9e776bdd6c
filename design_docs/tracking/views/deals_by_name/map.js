// Deals by name, with their amounts.
function (doc) {
  if (doc.form === 'deal') {
    emit([doc.name], [1, Number(doc.amount && doc.amount.amount) || 0]);
  }
}
