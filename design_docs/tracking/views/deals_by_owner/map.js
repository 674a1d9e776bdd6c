// Deals by owner and stage, then by name, with their amounts.
function (doc) {
  if (doc.form === 'deal') {
    emit([doc.owner || '', doc.stage || '', doc.name], [1, Number(doc.amount && doc.amount.amount) || 0]);
  }
}
