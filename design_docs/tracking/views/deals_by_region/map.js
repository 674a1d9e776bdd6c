// Deals by region and stage, then by name, with their amounts.
function (doc) {
  if (doc.form === 'deal') {
    emit([doc.region || '', doc.stage || '', doc.name], [1, doc.amount ? Number(doc.amount.amount) : 0]);
  }
}
