// Refuses steps of the workflow to those whom the form does not name ("who"). Only lines under the
// writer's own name are asked: a settled conflict brings along what others did on their branch.

var acl = require('./acl');
var form = require('./form_check');

var LEADERS = 'leaders-of:';

function values(value) {
  return (Array.isArray(value) ? value : [value]).filter(function (one) {
    return typeof one === 'string' && one !== '';
  });
}

// The names that a rule gives for a document, as plugin/runtime/forms/names.py.
function resolve(rule, doc, me) {
  var names = [];
  rule.forEach(function (token) {
    if (token === '@me') { names.push(me); return; }
    if (token === '@created') { names = names.concat(values((doc.created || {}).by)); return; }
    if (token.charAt(0) !== '@') { names.push(token); return; }
    var parts = token.substring(1).split('.');
    names = names.concat(values(doc[parts[0]]).map(function (name) {
      return parts.length > 1 ? LEADERS + name : name;
    }));
  });
  return names;
}

// A hand-over and a step may come in one push: the rule may hold before or after.
function allowed(step, doc, old, userCtx, names) {
  if (!step.who || !step.who.length) { return true; }
  return [old || doc, doc].some(function (one) {
    return resolve(step.who, one, userCtx.name).some(function (name) {
      return names.indexOf(name) !== -1;
    });
  });
}

exports.resolve = resolve;
exports.check = function (forms, doc, old, userCtx, secObj) {
  var flow = forms && forms[doc.form] && forms[doc.form].workflow;
  if (!flow || doc._deleted || form.isServer(userCtx)) { return; }
  var names = acl.namesOf(userCtx, acl.access(userCtx, secObj.acl));
  var known = form.linesOf(old).map(form.canonical);
  form.linesOf(doc).forEach(function (line) {
    if (!line || line.by !== userCtx.name || known.indexOf(form.canonical(line)) !== -1) { return; }
    var step = flow.steps.filter(function (one) { return one.name === line.step; })[0];
    if (step && !allowed(step, doc, old, userCtx, names)) {
      throw {forbidden: 'Only these may do this: ' + resolve(step.who, doc, userCtx.name).join(', ') + '.'};
    }
  });
};
