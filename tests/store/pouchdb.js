// What test_pouchdb.py runs: each step throws where the server answers otherwise than CouchDB.
'use strict';

const assert = require('assert');
const PouchDB = require('pouchdb-core')
  .plugin(require('pouchdb-adapter-http'))
  .plugin(require('pouchdb-adapter-memory'))
  .plugin(require('pouchdb-mapreduce'))
  .plugin(require('pouchdb-replication'));

const server = process.argv[2];
const steps = [];

function step(name, run) { steps.push({name, run}); }

function remote(name) { return new PouchDB(`${server}/${name}`); }

function local(name) { return new PouchDB(name, {adapter: 'memory'}); }

// The error of a promise that has to fail.
async function failure(promise) {
  try { await promise; } catch (error) { return error; }
  throw new Error('it did not fail');
}

// Settles when `emitter` says `event` and `wanted` holds.
function told(emitter, event, wanted = () => true) {
  return new Promise((resolve, reject) => {
    emitter.on('error', reject);
    emitter.on(event, (value) => { if (wanted(value)) resolve(value); });
  });
}

step('documents', async () => {
  const db = remote('docs');
  const first = await db.put({_id: '客户/1', n: 1});
  assert.strictEqual((await db.get('客户/1')).n, 1);
  const second = await db.put({_id: '客户/1', _rev: first.rev, n: 2});
  assert.strictEqual((await failure(db.put({_id: '客户/1', _rev: first.rev}))).status, 409);
  assert.strictEqual((await db.get('客户/1', {rev: first.rev})).n, 1);
  await db.remove('客户/1', second.rev);
  const gone = await failure(db.get('客户/1'));
  assert.deepStrictEqual([gone.status, gone.reason], [404, 'deleted']);
  const rows = await db.bulkDocs([{_id: 'a'}, {_id: 'b'}, {_id: 'a'}]);
  assert.deepStrictEqual(rows.map((row) => row.error || 'ok'), ['ok', 'ok', 'conflict']);
  const all = await db.allDocs({include_docs: true, startkey: 'b', endkey: 'a', descending: true});
  assert.deepStrictEqual(all.rows.map((row) => row.doc._id), ['b', 'a']);
});

step('attachments', async () => {
  const db = remote('docs');
  const data = Buffer.from('Grüße 问候');
  const put = await db.putAttachment('att', 'a b/ü.txt', data, 'text/plain');
  assert.ok(data.equals(await db.getAttachment('att', 'a b/ü.txt')));
  const doc = await db.get('att', {attachments: true, binary: true});
  assert.ok(data.equals(doc._attachments['a b/ü.txt'].data));
  await db.removeAttachment('att', 'a b/ü.txt', put.rev);
  assert.strictEqual((await failure(db.getAttachment('att', 'a b/ü.txt'))).status, 404);
});

step('conflicts', async () => {
  const db = remote('docs');
  const branches = [{_id: 'c', _rev: '1-a', n: 1}, {_id: 'c', _rev: '1-b', n: 2}];
  await db.bulkDocs(branches, {new_edits: false});
  const doc = await db.get('c', {conflicts: true});
  assert.deepStrictEqual([doc._rev, doc._conflicts], ['1-b', ['1-a']]);
});

step('queries', async () => {
  const db = remote('queried');
  const map = 'function (doc) { emit([doc.kind, doc.n], doc.n); }';
  await db.put({_id: '_design/x', views: {by_kind: {map, reduce: '_sum'}}});
  await db.bulkDocs([1, 2, 3, 4].map((n) => ({_id: `d${n}`, n, kind: n % 2 ? 'odd' : 'even'})));
  const sums = await db.query('x/by_kind', {group_level: 1});
  assert.deepStrictEqual(sums.rows, [{key: ['even'], value: 6}, {key: ['odd'], value: 4}]);
  const range = {reduce: false, include_docs: true, startkey: ['odd'], endkey: ['odd', {}]};
  const odd = await db.query('x/by_kind', range);
  assert.deepStrictEqual(odd.rows.map((row) => row.doc._id), ['d1', 'd3']);
});

step('live changes', async () => {
  const db = remote('changing');
  await db.info();
  const feed = db.changes({live: true, since: 'now', include_docs: true});
  const seen = told(feed, 'change', (change) => change.doc.n === 2);
  await db.put({_id: 'x', n: 1});
  await db.put({_id: 'y', n: 2});
  assert.strictEqual((await seen).id, 'y');
  feed.cancel();
});

step('live sync in both directions', async () => {
  const here = local('here'), there = remote('there');
  const attachment = {'a.txt': {content_type: 'text/plain', data: Buffer.from('text')}};
  await here.bulkDocs([{_id: 'from-here', _attachments: attachment}, {_id: 'old'}]);
  const sync = here.sync(there, {live: true, retry: true});
  const arrived = told(sync, 'change', (info) => info.direction === 'pull' &&
    info.change.docs.some((doc) => doc._id === 'from-there'));
  await there.put({_id: 'from-there'});
  await arrived;
  const pushed = told(sync, 'change', (info) => info.direction === 'push' &&
    info.change.docs.some((doc) => doc._id === 'late'));
  await here.put({_id: 'late'});
  await pushed;
  sync.cancel();
  assert.strictEqual((await there.getAttachment('from-here', 'a.txt')).toString(), 'text');
  const ids = async (db) => (await db.allDocs()).rows.map((row) => row.id);
  assert.deepStrictEqual(await ids(here), await ids(there));
  // Nothing is new, and the checkpoints know it.
  const again = await here.sync(there);
  assert.deepStrictEqual([again.push.docs_read, again.pull.docs_read], [0, 0]);
});

step('many documents', async () => {
  const there = remote('many'), here = local('many-here');
  const docs = Array.from({length: 1000}, (_, n) => ({_id: `d${n}`, n}));
  await there.bulkDocs(docs);
  const pulled = await PouchDB.replicate(there, here);
  assert.deepStrictEqual([pulled.docs_written, pulled.errors], [1000, []]);
});

step('users', async () => {
  const users = remote('_users');
  await users.put({_id: 'org.couchdb.user:anna', type: 'user', name: 'anna', roles: [],
    password: 'secret'});
  const anna = {auth: {username: 'anna', password: 'secret'}};
  const db = new PouchDB(`${server.replace(/\/\/.*@/, '//')}/docs`, anna);
  await db.put({_id: 'by-anna'});
  assert.strictEqual((await failure(db.put({_id: '_design/x'}))).status, 403);
  const stranger = {auth: {username: 'anna', password: 'guessed'}};
  const closed = new PouchDB(`${server.replace(/\/\/.*@/, '//')}/docs`, stranger);
  assert.strictEqual((await failure(closed.info())).error, 'unauthorized');
});

step('destroying', async () => {
  const db = remote('docs');
  await db.destroy();
  const response = await fetch(`${server.replace(/\/\/.*@/, '//')}/docs`);
  assert.strictEqual(response.status, 404);
});

async function main() {
  for (const {name, run} of steps) {
    try {
      await run();
    } catch (error) {
      console.error(name, error);
      process.exit(1);
    }
    console.log(name);
  }
  console.log('all is well');
  process.exit(0);
}

main();
