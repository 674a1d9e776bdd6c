// Support cases that were answered from the library by its question in words.
function (doc) {
  if (doc.form === 'support' && doc.library_subject) {
    emit([doc.library_subject, doc.asked_at || ''], [1]);
  }
}
