"""Whether a database file is sound: for SQLite, and in what no reader of documents gets to see."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from store import revtree
from store.errors import DamagedDocument
from store.lite import records, schema
from store.lite.connections import open_file
from store.lite.errors import translating
from store.lite.files import database_file
from store.lite.records import Record
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
    with translating(path.name), closing(open_file(path, "rw")) as conn:
        schema.check(conn, path.name)
        conn.execute("BEGIN")
        return damage(conn) or misfits(conn, read)


def damage(conn: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with the file."""
    found = [str(row[0]) for row in conn.execute(f"PRAGMA integrity_check({MOST})")]
    return [] if found == ["ok"] else found


def misfits(conn: sqlite3.Connection, read: Read = lambda done, whole: None) -> list[str]:
    """What in a file that is sound for SQLite cannot be read, or does not fit together."""
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
    """What of each document cannot be read, or does not follow from its tree, and whether there
    are bodies beside those."""
    whole = conn.execute("SELECT count(*) FROM docs").fetchone()[0]
    rows = conn.execute(f"SELECT {records.COLUMNS}, {records.TREE} FROM docs d ORDER BY d.key")
    belonging, known = 0, True
    for done, (*row, text) in enumerate(rows, 1):
        record = Record(*row)
        try:
            tree = records.grown(record.docid, text)
            belonging += len(revtree.bodies(tree))
            yield from _of_winner(record, tree)
        except DamagedDocument as error:
            known = False
            yield error.reason
            continue
        yield from _of_bodies(conn, record.docid, tree)
        if done % 500 == 0 or done == whole:
            read(done, whole)
    bodies = conn.execute("SELECT count(*) FROM bodies").fetchone()[0]
    if known and bodies > belonging:
        yield f"{bodies - belonging} bodies belong to no document."


def _of_winner(record: Record, tree: revtree.Tree) -> Iterator[str]:
    """Raises DamagedDocument."""
    docid, rev, ends = record.docid, record.rev, revtree.leaves(tree)
    if rev is not None and (not ends or ends[0] != rev or tree[rev].body != record.body):
        yield f"The winner of {docid} is not that of its revisions."
    elif rev is not None and tree[rev].deleted != bool(record.deleted):
        yield f"{docid} is deleted or not, but its winner {rev} says otherwise."
    if record.other_leaves() != [(end, tree[end].deleted) for end in ends[1:]]:
        yield f"The conflicts of {docid} are not those of its revisions."


def _of_bodies(conn: sqlite3.Connection, docid: str, tree: revtree.Tree) -> Iterator[str]:
    for rev, node in tree.items():
        if node.body:
            try:
                records.document(docid, rev, node.deleted, *records.body(conn, node.body))
            except DamagedDocument as error:
                yield error.reason


def _contents(conn: sqlite3.Connection) -> Iterator[str]:
    """Whether what is attached and the bodies name each other."""
    missing = conn.execute(
        # What is no JSON is told by its document; asked for its members, it would end all this.
        "SELECT count(*) FROM bodies, json_each("
        "CASE WHEN json_valid(bodies.attachments) THEN bodies.attachments END) AS part"
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
