// Readers and Authors items: who reads a document. The twin of acl/readers.py.

var sha256 = require('./sha256');

var NOBODY = '?';
var memo = Object.create(null);

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// The sorted names of all items; what is malformed gives a name that nobody has.
function listed(items) {
  var seen = Object.create(null);
  if (items === undefined || items === null) { return []; }
  if (!isObject(items)) { return [NOBODY]; }
  Object.keys(items).forEach(function (item) {
    var value = items[item];
    if (value === undefined || value === null) { return; }
    (Array.isArray(value) ? value : [value]).forEach(function (name) {
      if (name !== '') { seen[typeof name === 'string' ? name : NOBODY] = true; }
    });
  });
  return Object.keys(seen).sort();
}

function union(a, b) {
  var seen = Object.create(null);
  a.concat(b).forEach(function (name) { seen[name] = true; });
  return Object.keys(seen).sort();
}

function authorsOf(doc) { return listed(doc.authors); }

function readersOf(doc) {
  var readers = listed(doc.readers);
  return readers.length ? union(readers, authorsOf(doc)) : readers;
}

function setName(names) {
  var text = JSON.stringify(names);
  if (!(text in memo)) { memo[text] = sha256.base64url(text).substring(0, 22); }
  return memo[text];
}

function intersects(names, others) {
  return others.some(function (name) { return names.indexOf(name) >= 0; });
}

exports.readersOf = readersOf;
exports.authorsOf = authorsOf;

// The short name of the reader set: '*' everyone, 'c:<id>' in conflict, else a hash.
exports.readerSet = function (doc) {
  if (doc._conflicts && doc._conflicts.length) { return 'c:' + doc._id; }
  var readers = readersOf(doc);
  return readers.length ? setName(readers) : '*';
};

exports.canRead = function (names, doc) {
  var readers = readersOf(doc);
  return !readers.length || intersects(names, readers);
};

exports.isAuthor = function (names, doc) { return intersects(names, authorsOf(doc)); };

// Whether Readers and Authors are objects of lists of names, as a new document must hold them.
exports.wellFormed = function (doc) {
  return [doc.readers, doc.authors].every(function (items) {
    if (items === undefined || items === null) { return true; }
    return isObject(items) && Object.keys(items).every(function (item) {
      return Array.isArray(items[item]) && items[item].every(function (name) {
        return typeof name === 'string';
      });
    });
  });
};
