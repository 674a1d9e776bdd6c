// What a document hangs on: people and other documents. The twin of plugin/runtime/listings/anchors.py.

var table = require('./anchor_table').table;

function listed(doc, items, prefix) {
  var found = [];
  (items || []).forEach(function (item) {
    var value = doc[item];
    (Array.isArray(value) ? value : [value]).forEach(function (name) {
      if (typeof name === 'string' && name) { found.push(prefix + name); }
    });
  });
  return found;
}

// '-' for a document that hangs on nothing and so comes with every choice.
function anchors(doc) {
  if (!Object.prototype.hasOwnProperty.call(table, doc.form)) { return ['-']; }
  var form = table[doc.form];
  return listed(doc, form.people, 'p:').concat(listed(doc, form.links, 'd:'));
}

function attached(doc) {
  var files = doc._attachments || {};
  return Object.keys(files).reduce(function (sum, name) { return sum + (files[name].length || 0); }, 0);
}

function day(doc) {
  var at = doc.updated && doc.updated.at;
  return typeof at === 'string' ? at.substring(0, 10) : '';
}

// Keys [anchor, reader set, day of the last change], each once, '' standing for every document;
// with the number 1 and the sizes in characters of the document and in bytes of its attachments.
exports.rows = function (doc, set) {
  var value = [1, JSON.stringify(doc).length, attached(doc)];
  var sets = doc.public === true ? [set, 'p:' + set] : [set];
  var rows = [], seen = {};
  [''].concat(anchors(doc)).forEach(function (anchor) {
    if (seen['$' + anchor]) { return; }
    seen['$' + anchor] = true;
    sets.forEach(function (name) { rows.push([[anchor, name, day(doc)], value]); });
  });
  return rows;
};
