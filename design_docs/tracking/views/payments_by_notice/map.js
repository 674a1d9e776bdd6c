// Payments that are expected by the day on which somebody is to be told of them.
function (doc) {
  if (doc.form === 'payment' && doc.state === 'planned' && doc.notice_on) {
    emit([doc.notice_on], [1]);
  }
}
