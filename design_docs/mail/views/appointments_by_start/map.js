// Appointments by the time they begin.
function (doc) {
  if (doc.form === 'appointment') {
    emit([doc.starts || ''], [1]);
  }
}
