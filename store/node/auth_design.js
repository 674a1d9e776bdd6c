// What may be written to `_users`: CouchDB's rules for user documents, in Divan's words.
function (newDoc, oldDoc, userCtx, secObj) {
  function has(list, name) { return Boolean(list) && list.indexOf(name) !== -1; }

  function forbid(reason) { throw({forbidden: reason}); }

  function administers() {
    var admins = (secObj && secObj.admins) || {};
    if (has(userCtx.roles, '_admin') || has(admins.names, userCtx.name)) return true;
    return userCtx.roles.some(function (role) { return has(admins.roles, role); });
  }

  function sameRoles(one, other) {
    return JSON.stringify(one.slice().sort()) === JSON.stringify(other.slice().sort());
  }

  function checkRoles() {
    if (!newDoc.roles) forbid('doc.roles must exist');
    if (!isArray(newDoc.roles)) forbid('doc.roles must be an array');
    newDoc.roles.forEach(function (role) {
      if (typeof role !== 'string') forbid('doc.roles can only contain strings');
      if (role[0] === '_' && role !== '_metrics') {
        forbid('No system roles (starting with underscore) in users db.');
      }
    });
  }

  function checkName() {
    if (!newDoc.name) forbid('doc.name is required');
    if (newDoc._id !== 'org.couchdb.user:' + newDoc.name) {
      forbid('Doc ID must be of the form org.couchdb.user:name');
    }
    if (oldDoc && oldDoc.name !== newDoc.name) forbid('Usernames can not be changed.');
    if (newDoc.name[0] === '_') forbid('Username may not start with underscore.');
    if (newDoc.name.indexOf(':') !== -1) forbid('Character `:` is not allowed in usernames.');
  }

  function checkPassword() {
    var scheme = newDoc.password_scheme;
    if (newDoc.password_sha && !newDoc.salt) forbid('Users with password_sha must have a salt.');
    if (scheme && !has(['simple', 'pbkdf2', 'simple+pbkdf2'], scheme)) {
      forbid('Password scheme `' + scheme + '` not supported.');
    }
    if (scheme !== 'pbkdf2') return;
    if (typeof newDoc.iterations !== 'number') forbid('iterations must be a number.');
    if (typeof newDoc.derived_key !== 'string') forbid('derived_key must be a string.');
  }

  function checkOwner() {
    if (administers()) return;
    if (!oldDoc) {
      if (newDoc.roles.length > 0) forbid('Only _admin may set roles');
      return;
    }
    if (userCtx.name !== newDoc.name) forbid('You may only update your own user document.');
    if (!sameRoles(oldDoc.roles || [], newDoc.roles)) forbid('Only _admin may edit roles');
  }

  if (newDoc._deleted === true) {
    if (has(userCtx.roles, '_admin') || (oldDoc && userCtx.name === oldDoc.name)) return;
    forbid('Only admins may delete other user docs.');
  }
  if (newDoc.type !== 'user') forbid('doc.type must be user');
  checkName();
  checkRoles();
  checkPassword();
  checkOwner();
}
