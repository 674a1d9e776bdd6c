// Refuses what the access control list does not allow. The twin of acl/writes.py.

var acl = require('./acl');
var problems = require('./acl_problems').problems;
var readers = require('./readers');

function same(a, b) {
  if (a === b) { return true; }
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) { return false; }
  if (Array.isArray(a) !== Array.isArray(b)) { return false; }
  var keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every(function (key) {
    return Object.prototype.hasOwnProperty.call(b, key) && same(a[key], b[key]);
  });
}

function kept(item, newDoc, oldDoc) {
  return same(newDoc[item] === undefined ? null : newDoc[item],
    oldDoc[item] === undefined ? null : oldDoc[item]);
}

// A tombstone without readers would be open to everyone who follows the changes, and one without the
// public mark would not reach those who had the public document.
function deletion(may, newDoc, oldDoc) {
  var code = may('delete', oldDoc, oldDoc);
  var keeps = ['form', 'readers', 'authors'].every(function (item) {
    return kept(item, newDoc, oldDoc);
  }) && (newDoc['public'] === true) === (oldDoc['public'] === true);
  return code !== 'allowed' || keeps ? code : 'stub_keeps';
}

function aclCode(may, newDoc) {
  if (newDoc._deleted) { return 'acl_stays'; }
  if (newDoc._id !== 'acl' || newDoc.form !== 'acl') { return 'acl_place'; }
  return may('manage');
}

function documentCode(may, newDoc, oldDoc) {
  if (newDoc._deleted && oldDoc) { return deletion(may, newDoc, oldDoc); }
  if (!readers.wellFormed(newDoc)) { return 'bad_names'; }
  var live = oldDoc && !oldDoc._deleted;
  return may(live ? 'edit' : 'create', newDoc, oldDoc);
}

// The code of the decision on a write: 'allowed', or why not (see TEXTS in lib/acl).
function decide(newDoc, oldDoc, userCtx, list) {
  var given = acl.access(userCtx, list);
  function may(action, doc, old) { return acl.may(given, userCtx, action, doc, old); }
  var isAcl = acl.isAcl(newDoc) || acl.isAcl(oldDoc);
  return isAcl ? aclCode(may, newDoc) : documentCode(may, newDoc, oldDoc);
}

function refuse(text, userCtx) {
  throw (userCtx.name ? { forbidden: text } : { unauthorized: text });
}

exports.decide = decide;

exports.check = function (newDoc, oldDoc, userCtx, secObj) {
  if (userCtx.roles.indexOf('_admin') >= 0) { return; }
  if (!secObj || !secObj.acl) { refuse('This database has no access control list.', userCtx); }
  var code = decide(newDoc, oldDoc || null, userCtx, secObj.acl);
  if (code !== 'allowed') { refuse(acl.TEXTS[code], userCtx); }
  if (newDoc._id === 'acl') {
    problems(newDoc).slice(0, 1).forEach(function (problem) { refuse(problem.text, userCtx); });
  }
};
