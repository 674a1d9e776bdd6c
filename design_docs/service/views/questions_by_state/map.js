// Questions of the library by state, then by what they ask.
function (doc) {
  if (doc.form === 'question') {
    emit([doc.state || '', doc.subject], [1]);
  }
}
