// Deals by owner and stage, then by name, with their amounts.
function (doc) {
  if (doc.form === 'deal') {
    emit([doc.owner || '', doc.stage || '', doc.name], [1, doc.amount ? Number(doc.amount.amount) : 0]);
  }
}
