// What the door writes beside the items, and nobody writes otherwise: who made and changed a
// document, the history of its steps and handovers, Readers and Authors by the rules of the form.

var form = require('./form_check');
var resolve = require('./step_check').resolve;

var TEXTS = {
  stamp: 'A document says who made and who changed it, and when.',
  steps: 'The steps that were taken stay in the document.',
  handovers: 'What was handed over stays in the history of the document.',
  names: 'Readers and Authors of a document follow from its form.',
  open: 'Whether a document is public follows from its form.'
};

function isStamp(value) {
  return typeof value === 'object' && value !== null && typeof value.by === 'string' &&
    value.by !== '' && typeof value.at === 'string' && form.isDatetime(value.at);
}

function stamped(doc) {
  return isStamp(doc.created) && isStamp(doc.updated);
}

function keptLines(key, doc, old) {
  var now = form.linesOf(doc, key).map(form.canonical);
  return form.linesOf(old, key).every(function (line) {
    return now.indexOf(form.canonical(line)) !== -1;
  });
}

// The names of a value, each once and in order; what is no list of names is caught elsewhere.
function sorted(names) {
  var list = (Array.isArray(names) ? names : []).slice().sort();
  return list.filter(function (name, i) { return name !== list[i - 1]; });
}

function alike(one, other) {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

// A document that was written under an earlier form keeps its names until the door writes it again.
function kept(name, kind, doc, old, rule) {
  return !!old && alike((doc[kind] || {})[name], (old[kind] || {})[name]) &&
    alike(resolve(rule, doc, ''), resolve(rule, old, ''));
}

// The parent is another document, and the acting person is not always who pushes.
function fixed(rule) {
  return rule.indexOf('@parent') === -1 && rule.indexOf('@me') === -1;
}

function namesFollow(kind, rules, doc, old) {
  var given = doc[kind] || {}, before = (old && old[kind]) || {};
  var ruled = Object.keys(rules).every(function (name) {
    var rule = rules[name];
    return !fixed(rule) || alike(given[name], resolve(rule, doc, '')) ||
      kept(name, kind, doc, old, rule);
  });
  return ruled && Object.keys(given).every(function (name) {
    return Object.prototype.hasOwnProperty.call(rules, name) || alike(given[name], before[name]);
  });
}

// Whether a document of this form is public, as Form.opens in plugin/runtime/forms/form.py.
function opens(shape, doc) {
  return shape['public'] === true ||
    (typeof shape['public'] === 'string' && doc[shape['public']] === true);
}

function isPublic(doc) { return doc['public'] === true; }

function openAsTold(shape, doc, old) {
  if (isPublic(doc) === opens(shape, doc)) { return true; }
  // Written under an earlier form, and nothing of it changed.
  return !!old && isPublic(doc) === isPublic(old) && opens(shape, doc) === opens(shape, old);
}

function problem(shape, doc, old) {
  if (!stamped(doc)) { return TEXTS.stamp; }
  if (old && !keptLines('steps', doc, old)) { return TEXTS.steps; }
  if (old && !keptLines('handovers', doc, old)) { return TEXTS.handovers; }
  if (!['readers', 'authors'].every(function (kind) {
    return namesFollow(kind, shape[kind] || {}, doc, old);
  })) { return TEXTS.names; }
  return openAsTold(shape, doc, old) ? '' : TEXTS.open;
}

exports.check = function (forms, doc, old, userCtx) {
  var shape = forms && Object.prototype.hasOwnProperty.call(forms, doc.form) && forms[doc.form];
  if (!shape || doc._deleted || doc._id === 'acl' || form.isServer(userCtx)) { return; }
  var found = problem(shape, doc, old && !old._deleted ? old : null);
  if (found) { throw {forbidden: found}; }
};
