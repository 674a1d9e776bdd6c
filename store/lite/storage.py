"""One database file with what all its handles in this process share: locks, caches, wake-ups."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from store.errors import NotFound, Unavailable
from store.lite.connections import BUSY_SECONDS, Connections, Keeper

POLL_SECONDS = 0.2
"""How soon a change by another process is seen."""

_STATE = (
    "SELECT update_seq, doc_count, doc_del_count, design_seq, purge_seq, revs_limit, security,"
    " external, purged_infos_limit, created FROM state"
)
_SET_STATE = (
    "UPDATE state SET update_seq = ?, doc_count = ?, doc_del_count = ?, design_seq = ?,"
    " purge_seq = ?, revs_limit = ?, security = ?, external = ?, purged_infos_limit = ?"
)


@dataclass(slots=True)
class State:
    """The one row of `state`; a write transaction changes it and stores it at its end."""

    update_seq: int
    doc_count: int
    doc_del_count: int
    design_seq: int
    purge_seq: int
    revs_limit: int
    security: str
    external: int
    purged_infos_limit: int
    created: str

    def next_seq(self, docid: str) -> int:
        """Take the next update sequence for a change of `docid`."""
        self.update_seq += 1
        if docid.startswith("_design/"):
            self.design_seq = self.update_seq
        return self.update_seq


@dataclass(slots=True)
class Transaction:
    """A write transaction under way."""

    conn: sqlite3.Connection
    state: State


class Storage:
    """One database file. Thread-safe; several processes may have it open."""

    def __init__(
        self, name: str, path: Path, keeper: Keeper, when_resting: Callable[[], None] | None = None
    ) -> None:
        self.name = name
        self.path = path
        self._connections = Connections(path, keeper, when_resting)
        self._writer = threading.Lock()
        self._changed = threading.Condition()
        self._commits = 0
        self._closed = False

    def connection(self) -> AbstractContextManager[sqlite3.Connection]:
        """For a single statement, which is consistent by itself."""
        return self._connections.lent()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """For several statements that see one state of the database."""
        with self._connections.lent() as conn:
            conn.execute("BEGIN")
            yield conn
            conn.execute("COMMIT")

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """A durable transaction: on disk when the block ends, undone when it raises."""
        # Threads of one process queue here: SQLite's own waiting is by sleeps and unfair.
        if not self._writer.acquire(timeout=BUSY_SECONDS):
            raise Unavailable(f"{self.name} is busy with another writer. Try again.")
        try:
            with self._connections.lent() as conn:
                conn.execute("BEGIN IMMEDIATE")
                state = read_state(conn)
                before = _stored(state)
                yield Transaction(conn, state)
                if _stored(state) != before:
                    conn.execute(_SET_STATE, _stored(state))
                conn.execute("COMMIT")
        finally:
            self._writer.release()
        self._announce()

    def state(self) -> State:
        with self._connections.lent() as conn:
            return read_state(conn)

    def wait(self, since: int, timeout: float) -> bool:
        """Return True once the update sequence is past `since`, False after `timeout` seconds.

        A change by this process wakes at once; one by another is seen by `PRAGMA data_version`.
        """
        end = time.monotonic() + timeout
        with self._connections.lent() as conn:
            version = None
            while True:
                commits = self._commits
                latest = conn.execute("PRAGMA data_version").fetchone()[0]
                if latest != version:
                    version = latest
                    if read_state(conn).update_seq > since:
                        return True
                left = end - time.monotonic()
                if left <= 0:
                    return False
                with self._changed:
                    if self._commits == commits and not self._closed:
                        self._changed.wait(min(left, POLL_SECONDS))
                    if self._closed:
                        raise Unavailable("The store is closed.")

    def let_go(self) -> None:
        """Make all fail that had the file open, in this process and in others: it will be deleted.

        This object can be used again once a database of the same name is made.
        """
        with self.writing() as tx:
            tx.conn.execute("DELETE FROM state")
        self._connections.rest()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._connections.close()

    def _announce(self) -> None:
        with self._changed:
            self._commits += 1
            self._changed.notify_all()


def read_state(conn: sqlite3.Connection) -> State:
    row = conn.execute(_STATE).fetchone()
    if row is None:
        raise NotFound("Database does not exist.")
    return State(*row)


def _stored(state: State) -> tuple[int | str, ...]:
    return (
        state.update_seq, state.doc_count, state.doc_del_count, state.design_seq,
        state.purge_seq, state.revs_limit, state.security, state.external,
        state.purged_infos_limit,
    )  # fmt: skip
