// What a user context may do in a database. The twin of acl/effective.py and acl/decide.py.

var readers = require('./readers');

var LEVELS = ['No Access', 'Depositor', 'Reader', 'Author', 'Editor', 'Designer', 'Manager'];
var READER = 2, AUTHOR = 3, EDITOR = 4, DESIGNER = 5, MANAGER = 6;
var PRIVILEGES = ['create', 'delete', 'private_views', 'shared_views', 'agents', 'read_public',
  'write_public', 'replicate'];

// F always, f never, o optional, p optional together with read_public; one row a level.
var TABLE = ['fffffoop', 'Fffffoop', 'ffofoFoo', 'ooofoFoo', 'FooooFFo',
  'FoFFoFFo', 'FoFFFFFo'];

var TEXTS = {
  allowed: 'You may do this.',
  no_access: 'You have no access to this database.',
  read_level: 'Your access level does not let you read documents.',
  not_reader: 'This document is not open to you.',
  no_create: 'You may not create documents in this database.',
  edit_level: 'Your access level does not let you edit documents.',
  not_author: 'You are not among the authors of this document.',
  public_stays: 'You may edit this document only as long as it stays public.',
  no_delete: 'You may not delete documents in this database.',
  no_private_views: 'You may not keep views of your own in this database.',
  no_shared_views: 'You may not share views with others in this database.',
  view_stays: 'A saved view stays one, and no other document becomes one.',
  need_designer: 'Only a Designer or a Manager may change the design of a database.',
  need_manager: 'Only a Manager may change the access control list.',
  acl_stays: 'The access control list cannot be deleted.',
  acl_place: 'Only the document "acl" can be the access control list.',
  no_replicate: 'You may not replicate, export or copy documents of this database.',
  bad_names: 'Readers and Authors items must be lists of names.',
  stub_keeps: 'A deletion must keep form, readers, authors and public mark of the document.'
};

function rule(level, privilege) { return TABLE[level].charAt(PRIVILEGES.indexOf(privilege)); }

function kept(level, held) {
  return held.filter(function (privilege) {
    var r = rule(level, privilege);
    return r === 'F' || r === 'o' || (r === 'p' && held.indexOf('read_public') >= 0);
  });
}

function granted(level, ticked) {
  var have = kept(level, ticked);
  return PRIVILEGES.filter(function (privilege) {
    return rule(level, privilege) === 'F' || have.indexOf(privilege) >= 0;
  });
}

function isPlain(name) {
  return !!name && '[*-?'.indexOf(name.charAt(0)) < 0 && name !== 'Anonymous';
}

function withPrefix(roles, prefix) {
  return roles.filter(function (role) { return role.indexOf(prefix) === 0; })
    .map(function (role) { return role.substring(prefix.length); });
}

function wildcards(path) {
  var parts = path.split('/');
  return parts.map(function (_, i) { return '*/' + parts.slice(0, i + 1).join('/'); });
}

var last = {};

// {name, kind, groups, wildcards, cap} from the roles that acl/couch.py gives; one write asks for it
// several times.
function identity(userCtx) {
  if (last.userCtx !== userCtx) { last = { userCtx: userCtx, who: readIdentity(userCtx) }; }
  return last.who;
}

function readIdentity(userCtx) {
  var roles = userCtx.roles || [];
  var units = withPrefix(roles, 'unit:'), cap = withPrefix(roles, 'cap:');
  var plain = isPlain(userCtx.name);
  return {
    name: userCtx.name === undefined ? null : userCtx.name,
    kind: withPrefix(roles, 'kind:')[0] || 'person',
    groups: withPrefix(roles, 'group:').filter(isPlain),
    wildcards: plain && units.length ? wildcards(units[0]) : [],
    cap: cap.length ? Number(cap[0]) : MANAGER
  };
}

function find(acl, name) {
  var found = acl.entries.filter(function (entry) { return entry.name === name; });
  return found.length ? [found[0]] : [];
}

// The first entry of each of these names that is there, if its type fits.
function findAll(acl, names, fits) {
  var left = Object.create(null);
  names.forEach(function (name) { left[name] = true; });
  return acl.entries.filter(function (entry) {
    var first = left[entry.name];
    left[entry.name] = false;
    return first && fits(entry.type);
  });
}

function matching(acl, who) {
  function fitsName(type) { return !type || type === 'unspecified' || type === who.kind; }
  function fitsGroup(type) {
    var own = who.kind === 'person' ? 'group' : 'server group';
    return !type || type === 'unspecified' || type === 'mixed' || type === own;
  }
  if (who.name === null) {
    return find(acl, 'Anonymous').concat(find(acl, '-Default-')).slice(0, 1);
  }
  var found = isPlain(who.name) ? findAll(acl, [who.name], fitsName) : [];
  if (!found.length) { found = findAll(acl, who.groups, fitsGroup); }
  if (!found.length) { found = findAll(acl, who.wildcards, fitsName); }
  return found.length ? found : find(acl, '-Default-');
}

function levelOf(entry) { return Math.max(0, LEVELS.indexOf(entry.level)); }

// {level, privileges, roles} of the user context by secObj.acl.
function access(userCtx, acl) {
  var who = identity(userCtx), entries = matching(acl, who);
  var level = 0, held = [], roles = [];
  entries.forEach(function (entry) {
    level = Math.max(level, levelOf(entry));
    held = held.concat(granted(levelOf(entry), entry.privileges || []));
    roles = roles.concat(entry.roles || []);
  });
  held = entries.length ? granted(level, held) : [];
  if (who.cap < level) { level = who.cap; held = level > 0 ? kept(level, held) : []; }
  return { level: level, privileges: held, roles: unique(roles) };
}

function unique(names) {
  return names.filter(function (name, i) { return names.indexOf(name) === i; });
}

// All names under which the user context may be listed in Readers and Authors items.
function namesOf(userCtx, given) {
  var who = identity(userCtx);
  var own = who.name === null ? ['Anonymous'] : isPlain(who.name) ? [who.name] : [];
  var groups = who.name === null ? [] : who.groups;
  return own.concat(groups, who.wildcards, given.roles, ['*']);
}

// A saved view that only the person reads is private; every other one is shared.
function isView(doc) { return !!doc && doc.form === 'view'; }

function keepView(q, doc) {
  if (!isView(doc)) { return 'view_stays'; }
  var all = readers.readersOf(doc);
  if (q.me !== null && all.length === 1 && all[0] === q.me) {
    return has(q, 'private_views') ? 'allowed' : 'no_private_views';
  }
  return has(q, 'shared_views') ? 'allowed' : 'no_shared_views';
}

function ownView(q) {
  var code = read(q, q.current);
  if (code !== 'allowed') { return code; }
  var own = q.access.level >= DESIGNER || readers.isAuthor(q.names, q.current);
  return own ? 'allowed' : 'not_author';
}

function editView(q) {
  return firstRefusal([ownView(q)].concat([q.old, q.doc].filter(Boolean).map(function (one) {
    return keepView(q, one);
  })));
}

function firstRefusal(codes) {
  return codes.filter(function (code) { return code !== 'allowed'; })[0] || 'allowed';
}

function isAcl(doc) { return !!doc && (doc._id === 'acl' || doc.form === 'acl'); }

function has(q, privilege) { return q.access.privileges.indexOf(privilege) >= 0; }

function isPublic(doc) { return !!doc && doc.public === true; }

function read(q, doc) {
  var open = has(q, 'read_public') && (!doc || isPublic(doc));
  if (q.access.level < READER && !open) { return q.access.level ? 'read_level' : 'no_access'; }
  return !doc || readers.canRead(q.names, doc) ? 'allowed' : 'not_reader';
}

function editByLevel(q) {
  if (q.access.level >= EDITOR) { return 'allowed'; }
  if (q.access.level !== AUTHOR) { return 'edit_level'; }
  return !q.current || readers.isAuthor(q.names, q.current) ? 'allowed' : 'not_author';
}

function editCurrent(q) {
  var code = read(q, q.current);
  if (code !== 'allowed') { return code; }
  code = editByLevel(q);
  if (code !== 'allowed' && isPublic(q.current) && has(q, 'write_public')) {
    return !q.doc || isPublic(q.doc) ? 'allowed' : 'public_stays';
  }
  return code;
}

function manage(q) { return q.access.level === MANAGER ? 'allowed' : 'need_manager'; }

var ACTIONS = {
  read: function (q) { return read(q, q.doc); },
  create: function (q) {
    if (isAcl(q.doc)) { return manage(q); }
    var open = has(q, 'create') || (isPublic(q.doc) && has(q, 'write_public'));
    var code = isView(q.doc) ? keepView(q, q.doc) : open ? 'allowed' : 'no_create';
    return firstRefusal(q.old ? [code, ACTIONS.edit(q)] : [code]);
  },
  edit: function (q) {
    if (isAcl(q.doc) || isAcl(q.old)) { return manage(q); }
    return isView(q.doc) || isView(q.old) ? editView(q) : editCurrent(q);
  },
  'delete': function (q) {
    if (isAcl(q.doc) || isAcl(q.old)) { return 'acl_stays'; }
    if (isView(q.current)) { return ownView(q); }
    var code = read(q, q.current);
    if (code !== 'allowed') { return code; }
    return has(q, 'delete') ? editByLevel(q) : 'no_delete';
  },
  design: function (q) { return q.access.level >= DESIGNER ? 'allowed' : 'need_designer'; },
  manage: manage,
  replicate: function (q) { return has(q, 'replicate') ? read(q, q.doc) : 'no_replicate'; }
};

// The code of the decision: 'allowed', or why not (see TEXTS).
function may(given, userCtx, action, doc, old) {
  var me = identity(userCtx).name;
  var q = { access: given, me: me, names: namesOf(userCtx, given), doc: doc || null, old: old || null };
  q.current = q.old || q.doc;
  return ACTIONS[action](q);
}

exports.LEVELS = LEVELS;
exports.PRIVILEGES = PRIVILEGES;
exports.TEXTS = TEXTS;
exports.MANAGER = MANAGER;
exports.rule = rule;
exports.isPlain = isPlain;
exports.isAcl = isAcl;
exports.access = access;
exports.namesOf = namesOf;
exports.may = may;
