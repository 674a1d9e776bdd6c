// Deals by stage, then by name, with their amounts.
function (doc) {
  if (doc.form === 'deal') {
    emit([doc.stage || '', doc.name], [1, Number(doc.amount && doc.amount.amount) || 0]);
  }
}
