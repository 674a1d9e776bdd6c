// Numbering rules by the name that forms use.
function (doc) {
  if (doc.form === 'numbering') {
    emit([doc.name], [1]);
  }
}
