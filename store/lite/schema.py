"""The tables of one database file, and which files are ours.

`docs` has one row a document: its winner, its latest update sequence and its revision tree, whose
nodes point into `bodies`. A row without a `rev` is the mark of a purged document: indexes learn
from its sequence that the document is gone. `state` has one row; a file without it was deleted.
"""

import sqlite3

from store.errors import UnsupportedFormat

FORMAT = 1
APPLICATION_ID = 0x44495641  # "DIVA"

TABLES = """
CREATE TABLE docs (
  key INTEGER PRIMARY KEY,
  docid TEXT NOT NULL UNIQUE,
  seq INTEGER NOT NULL UNIQUE,
  rev TEXT,
  deleted INTEGER NOT NULL,
  body INTEGER NOT NULL,
  stale INTEGER NOT NULL,
  losers TEXT,
  tree TEXT NOT NULL
);
CREATE INDEX live ON docs (docid) WHERE deleted = 0;
CREATE TABLE bodies (key INTEGER PRIMARY KEY, body TEXT NOT NULL, attachments TEXT);
CREATE TABLE attachments (digest TEXT PRIMARY KEY, length INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE local (docid TEXT PRIMARY KEY, rev INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  update_seq INTEGER NOT NULL,
  doc_count INTEGER NOT NULL,
  doc_del_count INTEGER NOT NULL,
  design_seq INTEGER NOT NULL,
  purge_seq INTEGER NOT NULL,
  revs_limit INTEGER NOT NULL,
  security TEXT NOT NULL,
  created TEXT NOT NULL
);
"""


def create(conn: sqlite3.Connection, created: str, security: str) -> None:
    """Make the tables in an empty file. `created` is the time in microseconds, as text;
    `security` the security object as JSON."""
    # Nobody knows of the file yet: whoever makes it public has it on disk first, at once.
    conn.execute("PRAGMA synchronous = OFF")
    conn.execute("PRAGMA auto_vacuum = INCREMENTAL")
    conn.executescript(f"BEGIN; {TABLES}")
    conn.execute("INSERT INTO state VALUES (1, 0, 0, 0, 0, 0, 1000, ?, ?)", (security, created))
    conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    conn.execute(f"PRAGMA user_version = {FORMAT}")
    conn.execute("COMMIT")
    conn.execute("PRAGMA journal_mode = WAL")


def check(conn: sqlite3.Connection, path: str) -> None:
    """Raise UnsupportedFormat unless the file was written by this version of Divan."""
    application = conn.execute("PRAGMA application_id").fetchone()[0]
    version = conn.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise UnsupportedFormat(f"{path} is no database of Divan.")
    if version != FORMAT:
        raise UnsupportedFormat(
            f"{path} has format {version}, this Divan reads format {FORMAT}: "
            "use the Divan that wrote it."
        )
