// A PouchDB in memory beside one address: a line of JSON with a command in, a line with its answer out.
'use strict';
const PouchDB = require('pouchdb-core')
  .plugin(require('pouchdb-adapter-memory'))
  .plugin(require('pouchdb-adapter-http'))
  .plugin(require('pouchdb-replication'));

const [url, authorization] = process.argv.slice(2);
const local = new PouchDB('here', {adapter: 'memory'});
const remote = new PouchDB(url, {
  skip_setup: true,
  fetch: (address, options) => {
    options.headers.set('Authorization', authorization);
    return PouchDB.fetch(address, options);
  },
});
const arrived = [];
const waiting = [];
let live = null;

function tell(ids) {
  if (waiting.length) { waiting.shift()(ids); } else { arrived.push(ids); }
}

const commands = {
  pull: () => PouchDB.replicate(remote, local),
  push: () => PouchDB.replicate(local, remote),
  put: ({doc}) => local.put(doc),
  get: ({id}) => local.get(id, {attachments: true, conflicts: true}),
  ids: async () => (await local.allDocs()).rows.map((row) => row.id),
  follow: async () => {
    live = PouchDB.replicate(remote, local, {live: true});
    live.on('change', (info) => tell(info.docs.map((doc) => doc._id)));
    live.on('error', (error) => tell({error: error.error || error.name || String(error)}));
    return {};
  },
  next: () => arrived.length ? arrived.shift() : new Promise((resolve) => waiting.push(resolve)),
};

require('readline').createInterface({input: process.stdin}).on('line', async (line) => {
  const asked = JSON.parse(line);
  let answer;
  try {
    answer = {answer: await commands[asked.do](asked)};
  } catch (error) {
    answer = {failed: {status: error.status, error: error.error, reason: error.reason || String(error)}};
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}).on('close', () => process.exit(0));
