"""One database file with what all its handles in this process share: connections, the queue of
writers, who waits for changes."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from store.cancel import Cancel
from store.errors import Conflict, DamagedFile, NoDatabase, NotFound, Unavailable
from store.lite.connections import BUSY_SECONDS, Connections, Keeper
from store.lite.waiting import Waiting
from store.types import Seq

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
        self, name: str, path: Path, keeper: Keeper, waiting: Waiting,
        when_resting: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.path = path
        self._waiting = waiting
        self._connections = Connections(path, keeper, when_resting)
        self._writer = threading.Lock()

    def connection(self) -> AbstractContextManager[sqlite3.Connection]:
        """For a single statement, which is consistent by itself."""
        return self._connections.lent()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """For several statements that see one state of the database."""
        with self._connections.lent() as conn:
            conn.execute("BEGIN")
            yield conn
            conn.execute("ROLLBACK")  # nothing was written, and a damaged file allows no COMMIT

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
                seq = state.update_seq
                yield Transaction(conn, state)
                if _stored(state) != before:
                    conn.execute(_SET_STATE, _stored(state))
                conn.execute("COMMIT")
        finally:
            self._writer.release()
        if state.update_seq != seq:
            self._waiting.announce(self.name)

    def state(self) -> State:
        with self._connections.lent() as conn:
            return read_state(conn)

    def wait(self, since: int, timeout: float, cancel: Cancel | None) -> bool:
        """True once the update sequence is past `since`, False after `timeout` seconds or when
        cancelled."""
        found = self._waiting.wait(
            (self.name,), lambda _: self.state().update_seq > since, timeout, cancel
        )
        return bool(found)

    def let_go(self, remove: Callable[[], object], at: Seq | None = None) -> None:
        """Make all fail that had the file open, in this process and in others, and `remove` it.
        Raises Conflict where the update sequence is not `at` any more.

        It goes while the transaction is open, so that a process killed meanwhile leaves the whole
        database or none; where open files cannot be removed, right after. One that is too damaged
        for a transaction goes without, unless `at` is asked of it. This object can be used again
        once a database of the same name is made.
        """
        at_once = os.name == "posix"
        try:
            with self.writing() as tx:
                if at not in (None, tx.state.update_seq):
                    raise Conflict("The database was changed since.")
                tx.conn.execute("DELETE FROM state")
                if at_once:
                    remove()
        except (DamagedFile, NoDatabase):
            if at is not None:
                raise
            at_once = False
        self._connections.rest()
        if not at_once:
            remove()
        self._waiting.announce(self.name)

    def close(self) -> None:
        self._connections.close()


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
