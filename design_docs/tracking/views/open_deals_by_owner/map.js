// Deals being tracked by owner, then by the date on which they are expected, with their amounts.
function (doc) {
  if (doc.form === 'deal' && doc.stage === 'tracking') {
    emit([doc.owner || '', doc.expected_on || '', doc.name], [1, Number(doc.amount && doc.amount.amount) || 0]);
  }
}
