"""Connections to one database file: lent to one thread at a time, closed when no longer wanted.

A free list stands in place of thread-local connections, since threads come and go: a connection
left behind by an ended thread would never be closed.
"""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from store.errors import NotFound, StoreError, Unavailable
from store.lite import schema
from store.lite.errors import translated

BUSY_SECONDS = 30.0
IDLE_EACH = 8
FILES_KEPT_OPEN = 96

_Lent = tuple[sqlite3.Connection, int]


class Keeper:
    """Keeps the number of open files low: only the databases used last keep idle connections."""

    def __init__(self, limit: int = FILES_KEPT_OPEN) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._recent: OrderedDict[Connections, None] = OrderedDict()

    def touch(self, connections: "Connections") -> None:
        with self._lock:
            self._recent[connections] = None
            self._recent.move_to_end(connections)
            oldest = None
            if len(self._recent) > self._limit:
                oldest, _ = self._recent.popitem(last=False)
        if oldest is not None:
            oldest.rest()


class Connections:
    """The connections to one file. Thread-safe."""

    def __init__(
        self, path: Path, keeper: Keeper, when_resting: Callable[[], None] | None = None
    ) -> None:
        self.path = path
        self._when_resting = when_resting
        self._keeper = keeper
        self._lock = threading.Lock()
        self._idle: list[_Lent] = []
        self._closed = False

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """A connection for this thread, until the end of the block.

        Raises NotFound where the file is gone, also while another process removed it.
        """
        conn, inode = self._take()
        try:
            yield conn
        except sqlite3.Error as error:
            raise self._failure(error, inode) from error
        finally:
            self._give_back(conn, inode)

    def rest(self) -> None:
        """Close what is open only to be quick, here and by `when_resting`; all opens again."""
        self.close_idle()
        if self._when_resting is not None:
            self._when_resting()

    def close_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for conn, _ in idle:
            conn.close()

    def close(self) -> None:
        """Close all; those that are lent now are closed when they come back."""
        self._closed = True
        self.close_idle()

    def _take(self) -> _Lent:
        if self._closed:
            raise Unavailable("The store is closed.")
        self._keeper.touch(self)
        inode = self._inode()
        while True:
            with self._lock:
                if not self._idle:
                    break
                lent = self._idle.pop()
            if lent[1] == inode:
                return lent
            lent[0].close()  # the file was deleted and made anew by another process
        return self._open(inode), inode

    def _give_back(self, conn: sqlite3.Connection, inode: int) -> None:
        if conn.in_transaction:
            conn.rollback()
        with self._lock:
            if not self._closed and len(self._idle) < IDLE_EACH:
                self._idle.append((conn, inode))
                return
        conn.close()

    def _inode(self) -> int:
        try:
            return self.path.stat().st_ino
        except FileNotFoundError:
            raise NotFound("Database does not exist.") from None

    def _open(self, inode: int) -> sqlite3.Connection:
        try:
            conn = open_file(self.path, "rw")
        except sqlite3.Error as error:
            raise self._failure(error, inode) from error
        try:
            schema.check(conn, self.path.name)
            conn.execute("PRAGMA synchronous = FULL")
            conn.execute("PRAGMA cache_size = -4000")
        except sqlite3.Error as error:
            conn.close()
            raise self._failure(error, inode) from error
        except BaseException:
            conn.close()
            raise
        return conn

    def _failure(self, error: sqlite3.Error, inode: int) -> StoreError:
        """That the file was deleted meanwhile, and perhaps made anew, explains whatever SQLite
        says."""
        try:
            if self._inode() == inode:
                return translated(error, self.path.name)  # clients are not told where it lies
        except NotFound as gone:
            return gone
        return NotFound("Database does not exist.")


def open_file(path: Path, mode: str) -> sqlite3.Connection:
    """A plain connection; `mode` is SQLite's: `rw`, or `rwc` to make the file."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
