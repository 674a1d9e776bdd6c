// Visits by host, then by day.
function (doc) {
  if (doc.form === 'visit') {
    emit([doc.host, doc.day], [1]);
  }
}
