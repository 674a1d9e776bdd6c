// PouchDB pulls a database into LevelDB, as it does in Node by default; prints how many documents it has.
'use strict';
const PouchDB = require('pouchdb');

const [url, folder] = process.argv.slice(2);

async function pull() {
  const local = new PouchDB(folder);
  await PouchDB.replicate(new PouchDB(url), local);
  process.stdout.write(String((await local.info()).doc_count));
  await local.close();
}

pull().catch((error) => { process.stderr.write(String(error.stack || error)); process.exit(1); });
