// Planned after-sales services by who carries them out, the next first.
function (doc) {
  if (doc.form === 'visit' && (doc.state || 'planned') === 'planned') {
    emit([doc.owner || '', doc.starts || ''], [1]);
  }
}
