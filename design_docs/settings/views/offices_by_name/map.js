// Regional offices by name.
function (doc) {
  if (doc.form === 'office') {
    emit([doc.name], [1]);
  }
}
