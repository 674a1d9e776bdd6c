// Visits by day, then by visitor.
function (doc) {
  if (doc.form === 'visit') {
    emit([doc.day, doc.visitor], [1]);
  }
}
