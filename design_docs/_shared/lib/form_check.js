// Checks a document by its form: the twin of plugin/runtime/forms/form_check.py, message by message.

var formulas = require('./formulas');

var BLANKS = /^[ \t\r\n\u00a0\u3000]*$/;
var AMOUNT = /^-?[0-9]{1,15}(\.[0-9]{1,6})?$/;
var CURRENCY = /^[A-Z]{3}$/;
var DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
var ROW_ID = /^[a-z0-9]{1,32}$/;
var TIME = /^([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$/;

function message(text, params) {
  return {text: text, params: params || {}};
}

function isEmpty(value) {
  return value === null || value === undefined ||
    (Array.isArray(value) && value.length === 0) ||
    (typeof value === 'string' && BLANKS.test(value));
}

function holds(condition, doc) {
  var value = doc[condition.item];
  if (value === undefined) { value = null; }
  var values = Array.isArray(value) ? value : [value];
  return values.some(function (one) { return condition['in'].indexOf(one) !== -1; });
}

function isDate(text) {
  var parts = DATE.exec(text);
  if (!parts) { return false; }
  var year = Number(parts[1]), month = Number(parts[2]), day = Number(parts[3]);
  var leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  var days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

function isDatetime(text) {
  var parts = TIME.exec(text);
  return parts !== null && isDate(parts[1]);
}

function isMoney(value) {
  return typeof value === 'object' && !Array.isArray(value) &&
    Object.keys(value).sort().join() === 'amount,currency' &&
    typeof value.amount === 'string' && typeof value.currency === 'string' &&
    AMOUNT.test(value.amount) && CURRENCY.test(value.currency);
}

function given(limit) {
  return limit !== undefined && limit !== null;
}

function numberProblem(item, value) {
  if (typeof value !== 'number') { return message('This is not a number.'); }
  if (item.integer && Math.floor(value) !== value) { return message('This must be a whole number.'); }
  if (given(item.min) && value < item.min) {
    return message('This must be at least {min}.', {min: item.min});
  }
  if (given(item.max) && value > item.max) {
    return message('This may be at most {max}.', {max: item.max});
  }
  return null;
}

function textProblem(item, value) {
  if (item.kind === 'date') { return isDate(value) ? null : message('This is not a date.'); }
  if (item.kind === 'datetime') {
    return isDatetime(value) ? null : message('This is not a date with a time.');
  }
  // Characters are counted as code points, as in Python, not as UTF-16 units.
  if (given(item.max) && Array.from(value).length > item.max) {
    return message('This may have at most {max} characters.', {max: item.max});
  }
  if (item.kind === 'keyword' && item.choices && item.choices.length && !item.open) {
    var offered = item.choices.some(function (choice) {
      return (typeof choice === 'string' ? choice : choice.value) === value;
    });
    if (!offered) { return message('Please choose one of the keywords.'); }
  }
  return null;
}

function valueProblem(item, value) {
  if (item.kind === 'number') { return numberProblem(item, value); }
  if (item.kind === 'boolean') {
    return typeof value === 'boolean' ? null : message('This is either yes or no.');
  }
  if (item.kind === 'money') {
    return isMoney(value) ? null : message('This is not an amount of money.');
  }
  return typeof value === 'string' ? textProblem(item, value) : message('This is not a text.');
}

// True for rows with an id each, all different; as rows.is_table in Python.
function isTable(value) {
  if (!Array.isArray(value) || formulas.rowsOf(value).length !== value.length) { return false; }
  var ids = value.map(function (row) { return row.id; });
  return ids.every(function (id, i) {
    return typeof id === 'string' && ROW_ID.test(id) && ids.indexOf(id) === i;
  });
}

function tableProblem(item, value) {
  if (!isTable(value)) { return message('This is not a table.'); }
  if (given(item.min) && value.length < item.min) {
    return message('This needs at least {min} rows.', {min: item.min});
  }
  if (given(item.max) && value.length > item.max) {
    return message('This may have at most {max} rows.', {max: item.max});
  }
  return null;
}

function formulaProblem(name, item, doc, anyValue) {
  if (!given(item.formula)) { return null; }
  try {
    var value = formulas.calculated(item.formula, item.kind, doc);
    var same = value === null ? isEmpty(doc[name]) : canonical(value) === canonical(doc[name]);
    return anyValue || same ? null : message('This does not follow from the other items.');
  } catch (error) {
    if (!error.unfit) { throw error; }
    return message(error.unfit);
  }
}

function itemProblem(name, item, doc) {
  var value = doc[name];
  if (isEmpty(value)) {
    var hidden = item.hidden_when && holds(item.hidden_when, doc);
    return item.required && !hidden ? message('Please fill this in.') : null;
  }
  if (item.kind === 'table') { return tableProblem(item, value); }
  if (!item.many) { return valueProblem(item, value); }
  if (!Array.isArray(value)) { return message('This must be a list.'); }
  for (var i = 0; i < value.length; i += 1) {
    var problem = isEmpty(value[i]) ? message('This list has an empty line.') : valueProblem(item, value[i]);
    if (problem) { return problem; }
  }
  return null;
}

function stateOf(flow, doc) {
  var state = doc && doc[flow.item];
  return typeof state === 'string' && state ? state : flow.initial;
}

function linesOf(doc, key) {
  var lines = doc && doc[key || 'steps'];
  return Array.isArray(lines) ? lines : [];
}

// True if the lines that doc.steps has more than old.steps lead to the new state, each along a step
// of the workflow, from a state in which the document was.
function movedBySteps(flow, old, doc) {
  var end = stateOf(flow, doc), state = null;
  if (stateOf(flow, old) === end) { return true; }
  var before = linesOf(old), known = before.map(canonical);
  var states = [flow.initial, stateOf(flow, old)];
  before.forEach(function (line) {
    if (line && typeof line === 'object') { states.push(line.from, line.to); }
  });
  var lines = linesOf(doc).filter(function (line) { return known.indexOf(canonical(line)) === -1; });
  return lines.every(function (line) {
    var step = flow.steps.filter(function (one) { return line && one.name === line.step; })[0];
    if (!step || step.from.indexOf(line.from) === -1 || line.to !== step.to) { return false; }
    if (states.indexOf(line.from) === -1) { return false; }
    states.push(step.to);
    state = step.to;
    return true;
  }) && state === end;
}

// The same text for the same value, in whatever order its keys stand.
function canonical(value) {
  if (value === null || typeof value !== 'object') { return JSON.stringify(value); }
  if (Array.isArray(value)) { return '[' + value.map(canonical).join() + ']'; }
  return '{' + Object.keys(value).sort().map(function (key) {
    return JSON.stringify(key) + ':' + canonical(value[key]);
  }).join() + '}';
}

function stepsBetween(flow, old, doc) {
  var known = linesOf(old).map(canonical);
  var lines = linesOf(doc).filter(function (line) {
    return line && typeof line === 'object' && known.indexOf(canonical(line)) === -1;
  });
  return lines.map(function (line) {
    return flow.steps.filter(function (step) { return step.name === line.step; })[0];
  }).filter(Boolean);
}

// Whether a shut item could be changed after all: by a step that was taken meanwhile, in a state that
// was passed, or because what shut it is gone.
function opened(form, name, shut, doc, taken) {
  var asked = taken.some(function (step) {
    return Object.prototype.hasOwnProperty.call(step.sets || {}, name) ||
      (step.asks || []).indexOf(name) !== -1;
  });
  if (asked) { return true; }
  if (form.workflow && shut.item === form.workflow.item) {
    return taken.some(function (step) { return shut['in'].indexOf(step.to) === -1; });
  }
  return !holds(shut, doc);
}

function differ(one, other) {
  return !(isEmpty(one) && isEmpty(other)) && canonical(one) !== canonical(other);
}

// Problems of items that the form shuts, and that changed all the same.
function shutProblems(form, doc, old) {
  var found = {}, taken = form.workflow ? stepsBetween(form.workflow, old, doc) : [];
  Object.keys(form.items).forEach(function (name) {
    var shut = form.items[name].readonly_when;
    if (shut && differ(old[name], doc[name]) && holds(shut, old) &&
        !opened(form, name, shut, doc, taken)) {
      found[name] = message('This cannot be changed any more.');
    }
  });
  return found;
}

function workflowProblem(form, doc, old, anyState) {
  var flow = form.workflow;
  if (!Object.prototype.hasOwnProperty.call(flow.states, stateOf(flow, doc))) {
    return message('There is no such state.');
  }
  if (!anyState && !movedBySteps(flow, old, doc)) {
    return message('This changes only by a step of the workflow.');
  }
  return null;
}

function rowProblems(table, row, path, anyValue, found) {
  var foreign = Object.keys(row).filter(function (name) {
    return name !== 'id' && !Object.prototype.hasOwnProperty.call(table.columns, name);
  }).sort();
  if (foreign.length) {
    found[path] = message('This table has no column {column}.', {column: foreign[0]});
  } else {
    itemsProblems(table.columns, row, path + '/', anyValue, found);
  }
}

// Those of a document, or of one row.
function itemsProblems(items, doc, path, anyValue, found) {
  Object.keys(items).forEach(function (name) {
    var item = items[name];
    var problem = itemProblem(name, item, doc) || formulaProblem(name, item, doc, anyValue);
    if (problem) { found[path + name] = problem; return; }
    if (item.kind === 'table' && !isEmpty(doc[name])) {
      doc[name].forEach(function (row) {
        rowProblems(item, row, path + name + '/' + row.id, anyValue, found);
      });
    }
  });
  return found;
}

// Messages by item, as form_check.problems in Python. `form` is the form's JSON.
function problems(form, doc, old, anyState) {
  var shut = old && !anyState ? shutProblems(form, doc, old) : {};
  var found = itemsProblems(form.items, doc, '', anyState, shut);
  if (form.workflow && !found[form.workflow.item]) {
    var problem = workflowProblem(form, doc, old, anyState);
    if (problem) { found[form.workflow.item] = problem; }
  }
  return found;
}

function fill(problem) {
  return problem.text.replace(/\{(\w+)\}/g, function (whole, name) { return String(problem.params[name]); });
}

function label(item, name) {
  var text = (item && item.label) || name;
  return typeof text === 'string' ? text : text.en || name;
}

// What people call the place of a problem: an item, or a table with its row and column.
function placeOf(form, doc, path) {
  var parts = path.split('/'), item = form.items[parts[0]], places = [label(item, parts[0])];
  if (parts.length > 1) {
    places.push(1 + doc[parts[0]].map(function (row) { return row.id; }).indexOf(parts[1]));
  }
  if (parts.length > 2) { places.push(label(item.columns[parts[2]], parts[2])); }
  return places.join(', ');
}

function isServer(userCtx) {
  return userCtx.roles.indexOf('_admin') !== -1 || userCtx.roles.indexOf('kind:server') !== -1;
}

// For validate_doc_update: throws {forbidden} with the first problem found. Documents of the door
// itself (the ACL) have no form here and are checked by access_check.
function check(forms, doc, old, userCtx) {
  if (doc._deleted || doc._id === 'acl' || doc._id.indexOf('_design/') === 0) { return; }
  var form = forms && Object.prototype.hasOwnProperty.call(forms, doc.form) ? forms[doc.form] : null;
  if (!form) { throw {forbidden: 'There is no form ' + JSON.stringify(doc.form) + ' in this database.'}; }
  if (old && !old._deleted) {
    if (old.form !== doc.form) { throw {forbidden: 'The form of a document cannot be changed.'}; }
    // A laptop puts right itself what its wrong clock wrote.
    if (!isServer(userCtx) && canonical(old.created) !== canonical(doc.created)) {
      throw {forbidden: 'Who made a document and when cannot be changed.'};
    }
  }
  var found = problems(form, doc, old && !old._deleted ? old : null, isServer(userCtx));
  var names = Object.keys(found);
  if (names.length) {
    throw {forbidden: placeOf(form, doc, names[0]) + ': ' + fill(found[names[0]])};
  }
}

exports.canonical = canonical;
exports.linesOf = linesOf;
exports.isDatetime = isDatetime;
exports.isServer = isServer;
exports.problems = problems;
exports.check = check;
