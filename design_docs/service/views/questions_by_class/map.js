// Questions of the library that are in use by class, then by what they ask.
function (doc) {
  if (doc.form === 'question' && doc.state === 'published') {
    emit([doc.class || '', doc.subject], [1]);
  }
}
