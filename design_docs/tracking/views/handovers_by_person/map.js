// Handovers by each of the two persons' documents, then by the time they were asked for.
function (doc) {
  if (doc.form === 'handover') {
    emit(['person:' + doc.from, doc.asked_at || ''], [1]);
    emit(['person:' + doc.to, doc.asked_at || ''], [1]);
  }
}
