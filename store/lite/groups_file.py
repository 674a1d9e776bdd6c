"""The file behind `store.lite.groups`: its tables, and taking in what changed."""

import json
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from store.errors import Unavailable
from store.types import Json, Row, Seq

SCHEMA = """
CREATE TABLE IF NOT EXISTS state (born TEXT, file TEXT, seq TEXT, last INTEGER);
CREATE TABLE IF NOT EXISTS groups (id INTEGER PRIMARY KEY, name TEXT UNIQUE, about TEXT);
CREATE TABLE IF NOT EXISTS docs (
  docid TEXT PRIMARY KEY, grp INTEGER, n INTEGER, deleted INTEGER, revs TEXT, seq TEXT);
CREATE INDEX IF NOT EXISTS docs_by_group ON docs (grp, n);
CREATE INDEX IF NOT EXISTS docs_by_change ON docs (n);
CREATE TABLE IF NOT EXISTS moved (docid TEXT, grp INTEGER, n INTEGER, PRIMARY KEY (docid, grp));
CREATE INDEX IF NOT EXISTS moved_by_group ON moved (grp, n);
"""
"""`n` is the place of a document's last change: the database's own number, or where its sequences
are opaque, one counted here. `moved` holds the groups that a document was in before."""
TABLES = ("state", "groups", "docs", "moved")
BUSY_SECONDS = 30.0


@dataclass(frozen=True)
class Placed:
    """Where a document stands: the name of its group with what is to be remembered of that group,
    and the names of groups where it stood before, as far as the document tells."""

    group: str
    about: Json
    former: tuple[str, ...] = ()


Place = Callable[[Row], Placed]
"""Given a row of `_changes` with all leaves, `doc` and `_conflicts`."""


@dataclass(frozen=True)
class State:
    """Of which database the file is, its own name, and how far it is: the database's sequence, and
    the number of the last change."""

    born: str = ""
    file: str = ""
    seq: Seq = 0
    last: int = 0


def opened(path: Path) -> sqlite3.Connection:
    """A connection to the file, made where it is missing or damaged: all of it can be had again."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return _connected(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise Unavailable(f"{path.name} cannot be opened: {error}") from error
        path.unlink()
        return _connected(path)


def _connected(path: Path) -> sqlite3.Connection:
    conn = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = NORMAL")
        conn.executescript(SCHEMA)
    except sqlite3.Error:
        conn.close()
        raise
    return conn


@contextmanager
def writing(conn: sqlite3.Connection) -> Iterator[None]:
    """One transaction, which no other process writes beside."""
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        conn.execute("ROLLBACK")
        raise
    conn.execute("COMMIT")


def read_state(conn: sqlite3.Connection) -> State:
    row = conn.execute("SELECT born, file, seq, last FROM state").fetchone()
    return State(row[0], row[1], json.loads(row[2]), row[3]) if row else State()


def write_state(conn: sqlite3.Connection, state: State) -> None:
    conn.execute("DELETE FROM state")
    values = (state.born, state.file, json.dumps(state.seq), state.last)
    conn.execute("INSERT INTO state VALUES (?, ?, ?, ?)", values)


def begin(conn: sqlite3.Connection, born: str) -> State:
    """Forget everything: another database, which was born then, is followed from its beginning."""
    for table in TABLES:
        conn.execute(f"DELETE FROM {table}")
    state = State(born, uuid.uuid4().hex[:12])
    write_state(conn, state)
    return state


def take(conn: sqlite3.Connection, number: int, row: Row, placed: Placed) -> None:
    """Note a document's last change, and the groups that it left."""
    group = _group(conn, placed.group, placed.about)
    before = conn.execute("SELECT grp FROM docs WHERE docid = ?", (row["id"],)).fetchone()
    former = {_group(conn, name, None) for name in placed.former}
    # What it tells of earlier groups is no news where they are known; the last move is.
    conn.executemany(
        "INSERT OR IGNORE INTO moved VALUES (?, ?, ?)",
        [(row["id"], name, number) for name in former - {group}],
    )
    if before is not None and before[0] != group:
        values = (row["id"], before[0], number)
        conn.execute("INSERT OR REPLACE INTO moved VALUES (?, ?, ?)", values)
    revs = " ".join(change["rev"] for change in row["changes"])
    seq = None if isinstance(row["seq"], int) else row["seq"]
    conn.execute(
        "INSERT OR REPLACE INTO docs VALUES (?, ?, ?, ?, ?, ?)",
        (row["id"], group, number, int(bool(row.get("deleted"))), revs, seq),
    )


def _group(conn: sqlite3.Connection, name: str, about: Json) -> int:
    """The number of a group, made where it is missing; `about` is None where only its name is
    known."""
    row = conn.execute("SELECT id, about FROM groups WHERE name = ?", (name,)).fetchone()
    text = None if about is None else json.dumps(about)
    if row is None:
        cursor = conn.execute("INSERT INTO groups (name, about) VALUES (?, ?)", (name, text))
        return int(cursor.lastrowid or 0)
    if row[1] is None and text is not None:
        conn.execute("UPDATE groups SET about = ? WHERE id = ?", (text, row[0]))
    return int(row[0])
