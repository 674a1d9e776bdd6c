"""The SQLite file of one index: its rows, the tree over them, and how far it is.

For view number n, `rows_n` holds what the map function emitted, `docs_n` the keys of each document
(store.lite.rows), `nodes_n` what is counted and reduced (store.lite.tree). In a first build
`runs_n` holds what is gathered (store.lite.runs). `touched` tells below which first members of keys
the latest updates changed rows (store.lite.remembered). The file may be deleted at any time: it is
built anew.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.errors import DesignError
from store.lite.connections import BUSY_SECONDS, open_file
from store.lite.remembered import Remembered

IDLE = 4

_Lent = tuple[sqlite3.Connection, int | None]


class Damaged(sqlite3.DatabaseError):
    """SQLite can read the file, but it does not hold what was written."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


class IndexFile:
    """Connections to an index file. Thread-safe; several processes may have it open."""

    def __init__(self, path: Path, views: int) -> None:
        self.path = path
        self._views = views
        self._lock = threading.Lock()
        self._idle: list[_Lent] = []
        self._closed = False
        self.updating = threading.Lock()
        self.failed: tuple[float, DesignError] | None = None
        """When the last update that a function spoilt ended, and how."""
        self.remembered = Remembered()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the index. Raises sqlite3.Error."""
        lent = self._take()
        try:
            lent[0].execute("BEGIN")
            yield lent[0]
        finally:
            self._give_back(lent)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A write transaction, undone when the block raises. Raises sqlite3.Error."""
        lent = self._take()
        try:
            lent[0].execute("BEGIN IMMEDIATE")
            yield lent[0]
            lent[0].execute("COMMIT")
        finally:
            self._give_back(lent)

    def compact(self) -> None:
        """Give back the space that is free in the file. Raises sqlite3.Error."""
        lent = self._take()
        try:
            lent[0].execute("VACUUM")
            lent[0].execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            self._give_back(lent)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for conn, _ in idle:
            conn.close()

    def remove(self) -> None:
        """Delete the file; who still reads it reads on."""
        self.close()
        remove(self.path)
        self._closed = False

    def _take(self) -> _Lent:
        inode = self._find()
        while True:
            with self._lock:
                if not self._idle:
                    break
                lent = self._idle.pop()
            if lent[1] == inode:
                return lent
            lent[0].close()  # the file was deleted, and perhaps made anew, by another process
        conn = self._open()
        return conn, self._find()

    def _find(self) -> int | None:
        try:
            return self.path.stat().st_ino
        except FileNotFoundError:
            return None

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(exist_ok=True)
        conn = open_file(self.path, "rwc")
        try:
            conn.execute("PRAGMA journal_mode = WAL")
            conn.execute("PRAGMA synchronous = NORMAL")
            conn.execute("PRAGMA cache_size = -16000")
            conn.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
            if not _has_tables(conn):  # looked at first, since a build holds the lock for long
                conn.execute("BEGIN IMMEDIATE")
                for statement in () if _has_tables(conn) else _tables(self._views):
                    conn.execute(statement)
                conn.execute("COMMIT")
        except BaseException:
            conn.close()
            raise
        return conn

    def _give_back(self, lent: _Lent) -> None:
        conn = lent[0]
        if conn.in_transaction:
            conn.rollback()
        with self._lock:
            if not self._closed and len(self._idle) < IDLE:
                self._idle.append(lent)
                return
        conn.close()


def remove(path: Path) -> None:
    """Delete an index file with its journal."""
    for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        file.unlink(missing_ok=True)


def _has_tables(conn: sqlite3.Connection) -> bool:
    found = conn.execute("SELECT 1 FROM sqlite_schema WHERE name = 'state'").fetchone()
    return found is not None


def _tables(views: int) -> Iterator[str]:
    # `target` is the sequence up to which rows are gathered in a first build, else null.
    # What is remembered of it counts for one `life`, and as far as `touched` is complete.
    yield (
        "CREATE TABLE state (seq INTEGER NOT NULL, instance TEXT NOT NULL, target INTEGER,"
        " life TEXT NOT NULL, logged_from INTEGER NOT NULL)"
    )
    yield "INSERT INTO state VALUES (0, '', NULL, '', 0)"
    yield (
        "CREATE TABLE touched (seq INTEGER NOT NULL, view INTEGER NOT NULL, first BLOB NOT NULL,"
        " PRIMARY KEY (seq, view, first)) WITHOUT ROWID"
    )
    for number in range(views):
        yield (
            f"CREATE TABLE rows_{number} (key BLOB NOT NULL, tail BLOB NOT NULL,"
            " k TEXT NOT NULL, v TEXT NOT NULL, PRIMARY KEY (key, tail)) WITHOUT ROWID"
        )
        yield f"CREATE TABLE docs_{number} (docid TEXT NOT NULL, keys BLOB NOT NULL)"
        yield (
            f"CREATE TABLE runs_{number} (key BLOB NOT NULL, tail BLOB NOT NULL,"
            " rows BLOB NOT NULL, PRIMARY KEY (key, tail)) WITHOUT ROWID"
        )
        yield (
            f"CREATE TABLE nodes_{number} (level INTEGER NOT NULL, key BLOB NOT NULL,"
            " tail BLOB NOT NULL, rows INTEGER NOT NULL, value TEXT NOT NULL,"
            " first BLOB NOT NULL, k TEXT NOT NULL, last BLOB NOT NULL,"
            " PRIMARY KEY (level, key, tail)) WITHOUT ROWID"
        )
