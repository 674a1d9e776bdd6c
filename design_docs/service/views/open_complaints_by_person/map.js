// Complaints not yet closed by each person who has to do with them, then by time.
function (doc) {
  if (doc.form === 'complaint' && doc.state !== 'closed') {
    [doc.owner, doc.responsible, doc.decider].forEach(function (name, place, all) {
      if (name && all.indexOf(name) === place) { emit([name, doc.received_on || ''], [1]); }
    });
  }
}
