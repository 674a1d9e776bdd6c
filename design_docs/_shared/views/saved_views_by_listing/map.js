// Saved views by their listing, then by name.
function (doc) {
  if (doc.form === 'view') {
    emit([doc.listing, doc.name], [1]);
  }
}
