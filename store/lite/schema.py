"""The tables of one database file, and which files are ours.

`docs` has one row a document: its winner, its latest update sequence and its revision tree, whose
nodes point into `bodies`. A row without a `rev` is the mark of a purged document: indexes learn
from its sequence that the document is gone. `state` has one row; a file without it was deleted.

What is attached stands in `contents`, one row for the same bytes, which are in `pieces`; a row
without a digest is still being written. `uses` says which bodies have it.
"""

import sqlite3

from store.errors import NoDatabase, UnsupportedFormat
from store.lite import conversion

FORMAT = 2
PIECE = 256 * 1024
"""Bytes of an attachment in one row of `pieces`; the last of a content may be shorter."""
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
ADDED_BY_FORMAT_2 = """
CREATE TABLE contents (
  key INTEGER PRIMARY KEY,
  digest TEXT UNIQUE,
  length INTEGER NOT NULL,
  touched INTEGER NOT NULL
);
CREATE TABLE pieces (
  content INTEGER NOT NULL,
  start INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (content, start)
);
CREATE TABLE uses (body INTEGER NOT NULL, content INTEGER NOT NULL, PRIMARY KEY (body, content))
  WITHOUT ROWID;
CREATE INDEX users ON uses (content);
CREATE TABLE purges (seq INTEGER PRIMARY KEY, docid TEXT NOT NULL, revs TEXT NOT NULL);
ALTER TABLE state ADD COLUMN external INTEGER NOT NULL DEFAULT 0;
ALTER TABLE state ADD COLUMN purged_infos_limit INTEGER NOT NULL DEFAULT 1000;
"""


def create(conn: sqlite3.Connection, created: str, security: str) -> None:
    """Make the tables in an empty file. `created` is the time in microseconds, as text;
    `security` the security object as JSON."""
    # Nobody knows of the file yet: whoever makes it public has it on disk first, at once.
    conn.execute("PRAGMA synchronous = OFF")
    conn.execute("PRAGMA auto_vacuum = INCREMENTAL")
    conn.executescript(f"BEGIN; {TABLES} {ADDED_BY_FORMAT_2}")
    conn.execute(
        "INSERT INTO state (id, update_seq, doc_count, doc_del_count, design_seq, purge_seq,"
        " revs_limit, security, created) VALUES (1, 0, 0, 0, 0, 0, 1000, ?, ?)",
        (security, created),
    )
    conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    conn.execute(f"PRAGMA user_version = {FORMAT}")
    conn.execute("COMMIT")
    conn.execute("PRAGMA journal_mode = WAL")


def check(conn: sqlite3.Connection, path: str) -> None:
    """Raise UnsupportedFormat unless the file is one of Divan's in this format. One in an earlier
    format is converted first, in one transaction: a cut leaves it as it was."""
    application = conn.execute("PRAGMA application_id").fetchone()[0]
    if application != APPLICATION_ID:
        raise NoDatabase(f"{path} is no database of Divan.")
    version = _version(conn)
    if version == 1:
        conn.execute("BEGIN IMMEDIATE")
        if _version(conn) == 1:  # no other process was quicker
            conversion.from_format_1(conn, ADDED_BY_FORMAT_2, PIECE)
            conn.execute("PRAGMA user_version = 2")
        conn.execute("COMMIT")
        version = _version(conn)
    if version != FORMAT:
        raise UnsupportedFormat(
            f"{path} has format {version}, this Divan reads format {FORMAT}: "
            "use the Divan that wrote it."
        )


def _version(conn: sqlite3.Connection) -> int:
    version: int = conn.execute("PRAGMA user_version").fetchone()[0]
    return version
