// Deals by competitor and stage, then by name, with their amounts.
function (doc) {
  if (doc.form === 'deal' && doc.competitor) {
    emit([doc.competitor, doc.stage || '', doc.name], [1, Number(doc.amount && doc.amount.amount) || 0]);
  }
}
