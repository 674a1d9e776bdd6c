// Support cases that were answered from the library by question, then by the time they were asked.
function (doc) {
  if (doc.form === 'support' && doc.library) {
    emit([doc.library, doc.asked_at || ''], [1]);
  }
}
