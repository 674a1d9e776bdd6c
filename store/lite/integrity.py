"""Whether a database file is sound: for SQLite, and in what no reader of documents gets to see."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from store import revtree
from store.lite import schema
from store.lite.connections import open_file
from store.lite.errors import translating
from store.lite.files import database_file
from store.lite.storage import read_state

MOST = 20
"""So many problems are told of one database."""

Read = Callable[[int, int], object]
"""Told of documents read and of documents in all. What it raises ends the check."""


def integrity(directory: Path, name: str, read: Read = lambda done, whole: None) -> list[str]:
    """In plain sentences what is wrong with the file of database `name`; `[]` if it is sound.

    Others may write meanwhile: one state is looked at. Raises Unavailable or UnsupportedFormat
    where the file cannot be read at all.
    """
    path = database_file(directory, name).absolute()
    with translating(str(path)), closing(open_file(path, "rw")) as conn:
        schema.check(conn, str(path))
        conn.execute("BEGIN")
        found = [str(row[0]) for row in conn.execute(f"PRAGMA integrity_check({MOST})")]
        if found != ["ok"]:
            return found
        problems = (*_counters(conn), *islice(_documents(conn, read), MOST))
        return [*problems, *islice(_contents(conn), MOST)]


def _counters(conn: sqlite3.Connection) -> Iterator[str]:
    state = read_state(conn)
    deleted, latest = conn.execute(
        "SELECT coalesce(sum(rev IS NOT NULL AND deleted), 0), coalesce(max(seq), 0) FROM docs"
    ).fetchone()
    if deleted != state.doc_del_count:
        yield f"It says that {state.doc_del_count} are deleted, but {deleted} are."
    if latest > state.update_seq:
        yield f"The latest change has sequence {latest}, past the database's {state.update_seq}."


def _documents(conn: sqlite3.Connection, read: Read) -> Iterator[str]:
    """What of each document's row does not follow from its tree, and which bodies are amiss."""
    whole = conn.execute("SELECT count(*) FROM docs").fetchone()[0]
    rows = conn.execute("SELECT docid, rev, deleted, body, losers, tree FROM docs ORDER BY key")
    belonging = 0
    for done, (docid, rev, deleted, body, losers, text) in enumerate(rows, 1):
        tree = revtree.loads(text)
        ends = revtree.leaves(tree)
        others = [[end, int(tree[end].deleted)] for end in ends[1:]]
        if rev is not None and (not ends or ends[0] != rev or tree[rev].body != body):
            yield f"The winner of {docid} is not that of its revisions."
        elif rev is not None and tree[rev].deleted != bool(deleted):
            yield f"{docid} is deleted or not, but its winner {rev} says otherwise."
        if json.loads(losers or "[]") != others:
            yield f"The conflicts of {docid} are not those of its revisions."
        keys = revtree.bodies(tree)
        belonging += len(keys)
        if _present(conn, keys) != len(keys):
            yield f"A revision of {docid} has lost its body."
        if done % 500 == 0 or done == whole:
            read(done, whole)
    bodies = conn.execute("SELECT count(*) FROM bodies").fetchone()[0]
    if bodies > belonging:
        yield f"{bodies - belonging} bodies belong to no document."


def _present(conn: sqlite3.Connection, keys: set[int]) -> int:
    query = "SELECT count(*) FROM bodies WHERE key IN (SELECT value FROM json_each(?))"
    found: int = conn.execute(query, (json.dumps(sorted(keys)),)).fetchone()[0]
    return found


def _contents(conn: sqlite3.Connection) -> Iterator[str]:
    """Whether what is attached and the bodies name each other."""
    missing = conn.execute(
        "SELECT count(*) FROM bodies, json_each(bodies.attachments) AS part"
        " WHERE bodies.attachments IS NOT NULL AND json_extract(part.value, '$.left') IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM contents"
        " JOIN uses ON uses.content = contents.key AND uses.body = bodies.key"
        " WHERE contents.digest = json_extract(part.value, '$.digest'))"
    ).fetchone()[0]
    if missing:
        yield f"{missing} attachments have lost their bytes."
    left = conn.execute(
        "SELECT count(*) FROM contents WHERE digest IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM uses WHERE content = contents.key)"
    ).fetchone()[0]
    if left:
        yield f"The bytes of {left} attachments belong to no document."
