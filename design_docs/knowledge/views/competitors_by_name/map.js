// Competitors by name.
function (doc) {
  if (doc.form === 'competitor') {
    emit([doc.name], [1]);
  }
}
