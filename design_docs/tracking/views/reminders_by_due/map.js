// Activities to come whose reminder was not yet sent for its present time, the earliest first.
function (doc) {
  if (doc.form === 'activity' && doc.remind_at && doc.reminded_for !== doc.remind_at &&
      doc.state !== 'done' && doc.state !== 'cancelled') {
    emit([doc.remind_at], [1]);
  }
}
