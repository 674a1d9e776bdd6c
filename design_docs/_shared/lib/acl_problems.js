// What stops an access control list from being saved. The twin of entries.problems in acl/.

var acl = require('./acl');

var TYPES = ['unspecified', 'person', 'server', 'group', 'server group', 'mixed'];
var TEXTS = {
  acl_shape: 'The access control list cannot be read: ',
  acl_twice: 'There twice: ',
  acl_bad_role: 'A role stands in brackets, such as [Leaders]; this does not: ',
  acl_bad_name: 'An entry cannot be called so: ',
  acl_no_default: 'The entry "-Default-" is missing.',
  acl_no_manager: 'At least one person or group must stay Manager.',
  acl_wildcard_group: 'It stands for persons and cannot be of a group type: ',
  acl_never: 'The level cannot have one of the privileges: ',
  acl_needs_read_public: 'It may replicate only together with reading public documents: ',
  acl_unknown_role: 'It has a role that is not defined in this database: '
};

function isText(value) { return typeof value === 'string'; }

function isTexts(value) { return value === undefined || (Array.isArray(value) && value.every(isText)); }

function isFixed(name) { return name === '-Default-' || name === 'Anonymous'; }

function isWildcard(name) { return name.length > 2 && name.indexOf('*/') === 0; }

function isRole(name) { return /^\[[^]+\]$/.test(name); }

function typeOf(entry) { return entry.type === undefined ? 'unspecified' : entry.type; }

function isShaped(entry) {
  return entry !== null && typeof entry === 'object' && isText(entry.name) &&
    TYPES.indexOf(typeOf(entry)) >= 0 && acl.LEVELS.indexOf(entry.level) >= 0 &&
    isTexts(entry.privileges) && isTexts(entry.roles) &&
    (entry.privileges || []).every(function (p) { return acl.PRIVILEGES.indexOf(p) >= 0; });
}

function canManage(entry) {
  return entry.level === 'Manager' && !isFixed(entry.name) && typeOf(entry).indexOf('server') !== 0;
}

function entryProblems(entry, roles, report) {
  var level = acl.LEVELS.indexOf(entry.level), ticked = entry.privileges || [];
  if (!isFixed(entry.name) && !acl.isPlain(entry.name) && !isWildcard(entry.name)) {
    report('acl_bad_name', entry.name);
  }
  if (isWildcard(entry.name) && ['group', 'server group', 'mixed'].indexOf(typeOf(entry)) >= 0) {
    report('acl_wildcard_group', entry.name);
  }
  ticked.forEach(function (privilege) {
    var rule = acl.rule(level, privilege);
    if (rule === 'f') { report('acl_never', entry.name); }
    if (rule === 'p' && ticked.indexOf('read_public') < 0) {
      report('acl_needs_read_public', entry.name);
    }
  });
  (entry.roles || []).forEach(function (role) {
    if (roles.indexOf(role) < 0) { report('acl_unknown_role', entry.name); }
  });
}

function listProblems(doc, roles, report) {
  var names = doc.entries.map(function (entry) { return entry.name; });
  names.forEach(function (name, i) { if (names.indexOf(name) < i) { report('acl_twice', name); } });
  roles.forEach(function (role) { if (!isRole(role)) { report('acl_bad_role', role); } });
  if (names.indexOf('-Default-') < 0) { report('acl_no_default', ''); }
  if (!doc.entries.some(canManage)) { report('acl_no_manager', ''); }
}

// The problems of the document as [{code, text}]; empty where it is sound.
exports.problems = function (doc) {
  var found = [], roles = doc.roles || [];
  function report(code, name) { found.push({ code: code, text: TEXTS[code] + name }); }
  if (!Array.isArray(doc.entries) || !isTexts(doc.roles) || !doc.entries.every(isShaped)) {
    report('acl_shape', 'an entry, level, type or privilege is unknown.');
    return found;
  }
  doc.entries.forEach(function (entry) { entryProblems(entry, roles, report); });
  listProblems(doc, roles, report);
  return found;
};
