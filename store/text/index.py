"""The index: SQLite's FTS5, one file for all databases of a server.

The reader set of each document is a word in a column of its own, and a question asks for it beside
the words looked for. FTS5 goes through both lists at once, newest first, and skips in the longer
one until the page is full: what a question costs does not depend on documents it may not find.
The file may be deleted at any time; it is made anew from the changes feeds.
"""

import json
import logging
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.errors import DiskFailure
from store.lite.connections import open_file
from store.lite.errors import translating
from store.lite.indexfile import remove
from store.text.spelling import can_be_misspelt, forms, is_one_slip
from store.text.words import Word
from store.types import Seq

FORMAT = 1
BUSY_SECONDS = 30
SIMILAR = 8

log = logging.getLogger(__name__)

_TABLES = (
    "CREATE TABLE followed (source TEXT PRIMARY KEY, seq TEXT NOT NULL, mark TEXT NOT NULL)",
    "CREATE TABLE sets (number INTEGER PRIMARY KEY, source TEXT NOT NULL, name TEXT NOT NULL,"
    " UNIQUE (source, name))",
    "CREATE TABLE entries (number INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL,"
    " id TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, sets TEXT NOT NULL,"
    " UNIQUE (source, id))",
    "CREATE VIRTUAL TABLE texts USING fts5(title, body, sets, content='entries',"
    " content_rowid='number', detail=column, prefix='1 2 3 4',"
    " tokenize=\"unicode61 remove_diacritics 0 tokenchars '_'\")",
    "CREATE VIRTUAL TABLE vocabulary USING fts5vocab(texts, row)",
    "CREATE TABLE slips (form TEXT NOT NULL, word TEXT NOT NULL, PRIMARY KEY (form, word))"
    " WITHOUT ROWID",
    f"PRAGMA user_version = {FORMAT}",
)


@dataclass(frozen=True)
class Followed:
    """How far the index knows a database: up to which sequence, and `mark`, which tells this
    database from another of its name."""

    seq: Seq
    mark: str


@dataclass(frozen=True)
class Change:
    """A document as it is to be found, or as gone, where `sets` is empty.

    `title` and `body` are words with blanks between, `sets` the reader sets it stands in.
    """

    id: str
    title: str = ""
    body: str = ""
    sets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hit:
    """A document that was found. `number` orders hits: the higher, the later it changed."""

    number: int
    source: str
    id: str


class TextIndex:
    """The index in the file `path`, made anew where it is missing, damaged or of another format,
    also while it is open. Thread-safe; several processes may have it open. Methods raise
    StoreError; one that meets damage raises it, and those after it work on an empty index."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing, self._reading = threading.Lock(), threading.Lock()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._connect()
        except sqlite3.DatabaseError as error:
            self._begin_anew(error)

    def followed(self, source: str) -> Followed | None:
        """How far the index knows a database; None where it knows nothing of it."""
        with self._read() as conn:
            return _followed(conn, source)

    def sources(self) -> list[str]:
        """The databases it knows."""
        with self._read() as conn:
            return [name for (name,) in conn.execute("SELECT source FROM followed ORDER BY 1")]

    def follow(
        self, source: str, before: Followed | None, after: Followed, changes: Sequence[Change]
    ) -> bool:
        """Take in what changed between two states. False where another process was there first:
        nothing was done, and the caller asks anew how far the index is."""
        with self._write() as conn:
            if _followed(conn, source) != before:
                return False
            for change in changes:
                _take_out(conn, source, change.id)
                if change.sets:
                    _put_in(conn, source, change)
            conn.execute(
                "INSERT OR REPLACE INTO followed VALUES (?, ?, ?)",
                (source, json.dumps(after.seq), after.mark),
            )
            return True

    def forget(self, source: str, ids: Iterable[str] | None = None) -> None:
        """Take out documents of a database, or all of it with what is known of it, so that the file
        holds none of their words any more. Takes as long as the index is large."""
        with self._write() as conn:
            if ids is None:
                found = conn.execute("SELECT id FROM entries WHERE source = ?", (source,))
                ids = [docid for (docid,) in found.fetchall()]
                conn.execute("DELETE FROM followed WHERE source = ?", (source,))
                conn.execute("DELETE FROM sets WHERE source = ?", (source,))
            for docid in ids:
                _take_out(conn, source, docid)
            conn.execute("INSERT INTO texts (texts) VALUES ('optimize')")
            conn.execute("DELETE FROM slips WHERE word NOT IN (SELECT term FROM vocabulary)")
        self._empty_log()

    def clear(self) -> None:
        """Take out everything; the file may be as damaged as it likes."""
        with self._writing, self._reading, translating(self._path.name):
            self._disconnect()
            remove(self._path)
            self._connect()

    def count(self, source: str) -> int:
        """How many documents it holds of a database."""
        query = "SELECT count(*) FROM entries WHERE source = ?"
        with self._read() as conn:
            return int(conn.execute(query, (source,)).fetchone()[0])

    def ids(self, source: str, after: str = "", limit: int = 1000) -> list[str]:
        """Ids of the documents it holds of a database, in order, behind `after`."""
        query = "SELECT id FROM entries WHERE source = ? AND id > ? ORDER BY id LIMIT ?"
        with self._read() as conn:
            return [docid for (docid,) in conn.execute(query, (source, after, limit))]

    def find(
        self,
        wanted: Sequence[Sequence[Word]],
        sets: Iterable[tuple[str, str]],
        *,
        limit: int,
        before: int | None = None,
        in_title: bool,
    ) -> list[Hit]:
        """Documents in one of the sets `(database, reader set)` that hold one word at least of each
        group of `wanted`, latest first; only those with a number below `before`, and either those
        that hold them all in the title, or the others."""
        with self._read() as conn:
            numbers = list(_numbers(conn, sets))
            if not numbers or not wanted or not all(wanted):
                return []
            rows = conn.execute(
                "SELECT number, source, id FROM texts JOIN entries ON number = texts.rowid"
                " WHERE texts MATCH ? AND texts.rowid < ? ORDER BY texts.rowid DESC LIMIT ?",
                (_expression(wanted, numbers, in_title), before or 1 << 62, limit),
            )
            return [Hit(*row) for row in rows]

    def similar(self, word: str) -> list[str]:
        """Words of the index that one slip makes of this one. Of any document: ask for them by
        `find`, and show only what is found."""
        if not can_be_misspelt(word):
            return []
        wanted = sorted(forms(word))
        marks = ",".join("?" * len(wanted))
        with self._read() as conn:
            rows = conn.execute(f"SELECT DISTINCT word FROM slips WHERE form IN ({marks})", wanted)
            found = [other for (other,) in rows if is_one_slip(word, other)]
        return sorted(found)[:SIMILAR]

    def close(self) -> None:
        with self._writing, self._reading:
            self._disconnect()

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        self._follow_file()
        with self._mending(), self._reading, translating(self._path.name):
            yield self._reader

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        self._follow_file()
        with self._mending(), self._writing, translating(self._path.name):
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                self._writer.rollback()
                raise

    @contextmanager
    def _mending(self) -> Iterator[None]:
        try:
            yield
        except DiskFailure as error:
            cause = error.__cause__
            if isinstance(cause, sqlite3.DatabaseError) and _is_damage(cause):
                with self._writing, self._reading:
                    self._begin_anew(cause)
            raise

    def _begin_anew(self, error: sqlite3.DatabaseError) -> None:
        log.warning("the text index is made anew: %s", error)
        self._disconnect()
        remove(self._path)
        self._connect()

    def _follow_file(self) -> None:
        """Open the file again that another process has made anew."""
        if _inode(self._path) != self._inode:
            with self._writing, self._reading:
                self._disconnect()
                self._connect()

    def _connect(self) -> None:
        self._writer = self._open()
        self._reader = self._open()
        self._inode = _inode(self._path)

    def _disconnect(self) -> None:
        for name in ("_writer", "_reader"):
            if name in self.__dict__:
                getattr(self, name).close()

    def _empty_log(self) -> None:
        """The log still holds pages as they were; where somebody reads them, until he has done."""
        with self._writing, translating(self._path.name):
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _open(self) -> sqlite3.Connection:
        conn = open_file(self._path, "rwc")
        try:
            conn.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
            conn.execute("PRAGMA journal_mode = WAL")
            conn.execute("PRAGMA synchronous = NORMAL")
            conn.execute("PRAGMA secure_delete = ON")  # a laptop forgets what it may not keep
            conn.execute("BEGIN IMMEDIATE")
            if _format(conn) != FORMAT:
                _make(conn)
            conn.execute("COMMIT")
        except BaseException:
            conn.close()
            raise
        return conn


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _format(conn: sqlite3.Connection) -> int:
    found: int = conn.execute("PRAGMA user_version").fetchone()[0]
    return found


def _make(conn: sqlite3.Connection) -> None:
    """Tables of this format, in place of those of another."""
    for name in ("vocabulary", "texts", "entries", "followed", "sets", "slips"):
        conn.execute(f"DROP TABLE IF EXISTS {name}")
    for statement in _TABLES:
        conn.execute(statement)


def _followed(conn: sqlite3.Connection, source: str) -> Followed | None:
    row = conn.execute("SELECT seq, mark FROM followed WHERE source = ?", (source,)).fetchone()
    return Followed(json.loads(row[0]), row[1]) if row else None


def _take_out(conn: sqlite3.Connection, source: str, docid: str) -> None:
    old: tuple[Any, ...] | None = conn.execute(
        "SELECT number, title, body, sets FROM entries WHERE source = ? AND id = ?", (source, docid)
    ).fetchone()
    if old is not None:
        # An index over the content of another table is told what it held.
        conn.execute(
            "INSERT INTO texts (texts, rowid, title, body, sets) VALUES ('delete', ?, ?, ?, ?)", old
        )
        conn.execute("DELETE FROM entries WHERE number = ?", old[:1])


def _put_in(conn: sqlite3.Connection, source: str, change: Change) -> None:
    sets = " ".join(_code(_number(conn, source, name)) for name in change.sets)
    row = (change.title, change.body, sets)
    number = conn.execute(
        "INSERT INTO entries (source, id, title, body, sets) VALUES (?, ?, ?, ?, ?)",
        (source, change.id, *row),
    ).lastrowid
    conn.execute("INSERT INTO texts (rowid, title, body, sets) VALUES (?, ?, ?, ?)", (number, *row))
    for word in {*change.title.split(), *change.body.split()}:
        if can_be_misspelt(word):
            _know(conn, word)


def _know(conn: sqlite3.Connection, word: str) -> None:
    known = conn.execute("SELECT 1 FROM slips WHERE form = ? AND word = ?", (word, word)).fetchone()
    if known is None:
        rows = [(form, word) for form in forms(word)]
        conn.executemany("INSERT OR IGNORE INTO slips VALUES (?, ?)", rows)


def _number(conn: sqlite3.Connection, source: str, name: str) -> int:
    conn.execute("INSERT OR IGNORE INTO sets (source, name) VALUES (?, ?)", (source, name))
    found: int = conn.execute(
        "SELECT number FROM sets WHERE source = ? AND name = ?", (source, name)
    ).fetchone()[0]
    return found


def _numbers(conn: sqlite3.Connection, sets: Iterable[tuple[str, str]]) -> Iterator[int]:
    for pair in sets:
        row = conn.execute("SELECT number FROM sets WHERE source = ? AND name = ?", pair).fetchone()
        if row is not None:
            yield row[0]


def _code(number: int) -> str:
    """A set as a word that no text holds: `words` never gives an underscore."""
    return f"s_{number}"


def _expression(wanted: Sequence[Sequence[Word]], sets: Sequence[int], in_title: bool) -> str:
    groups = [" OR ".join(_quoted(word) for word in group) for group in wanted]
    readable = " OR ".join(f'"{_code(number)}"' for number in sets)
    title = " AND ".join(f"title : ({group})" for group in groups)
    if in_title:
        return f"{title} AND sets : ({readable})"
    anywhere = " AND ".join(f"{{title body}} : ({group})" for group in groups)
    return f"({anywhere} AND sets : ({readable})) NOT ({title})"


def _quoted(word: Word) -> str:
    return f'"{word.text}"' + (" *" if word.begins else "")
