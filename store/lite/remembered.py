"""What was found below first members of keys, remembered until rows below these change.

An index tells which first members its latest updates touched (`log`), so that a process follows
what others wrote, and looks anew only at what changed, however many rows there are.
"""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from store.collation import group_key
from store.lite.ranges import Range

KEPT = 64
"""Ranges that are remembered, the ones used last."""
LOGGED = 1000
"""Update sequences for which the index tells what was touched."""

Found = TypeVar("Found")


@dataclass(frozen=True)
class What(Generic[Found]):
    """What is looked for: in a range of the keys of view number `view` behind their first member,
    `how` it is grouped or ordered."""

    view: int
    wanted: Range
    how: Hashable


@dataclass
class Remembered:
    """Of one index file. Thread-safe."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _known: OrderedDict[What[Any], dict[bytes, Any]] = field(default_factory=OrderedDict)
    _life: str = ""
    _seq: int = 0

    def of(self, conn: sqlite3.Connection, what: What[Found]) -> dict[bytes, Found]:
        """What is known below each first member as of the state that `conn` sees; what is added to
        it is remembered."""
        life, seq, logged_from = conn.execute("SELECT life, seq, logged_from FROM state").fetchone()
        with self._lock:
            if life == self._life and seq < self._seq:
                return {}  # somebody else saw a later state
            if life != self._life or self._seq < logged_from:
                self._known.clear()
            elif seq > self._seq:
                self._forget(conn)
            self._life, self._seq = life, seq
            found = self._known.setdefault(what, {})
            self._known.move_to_end(what)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
            return found

    def _forget(self, conn: sqlite3.Connection) -> None:
        touched: dict[int, set[bytes]] = {}
        for view, first in conn.execute(
            "SELECT view, first FROM touched WHERE seq > ?", (self._seq,)
        ):
            touched.setdefault(view, set()).add(first)
        for what, below in self._known.items():
            gone = touched.get(what.view, set()) & below.keys()
            if gone:
                # Not taken out: who reads an earlier state may still add to the old one.
                kept = {first: parts for first, parts in below.items() if first not in gone}
                self._known[what] = kept


def log(conn: sqlite3.Connection, seq: int, view: int, keys: Iterable[bytes]) -> None:
    """Write down in an update to sequence `seq` the keys of the rows that came or went."""
    firsts = {group_key(key, 1) for key in keys}
    conn.executemany(
        "INSERT OR IGNORE INTO touched VALUES (?, ?, ?)", [(seq, view, one) for one in firsts]
    )


def shorten_log(conn: sqlite3.Connection, seq: int) -> None:
    """Forget what was touched long before `seq`."""
    conn.execute("DELETE FROM touched WHERE seq <= ?", (seq - LOGGED,))
    conn.execute("UPDATE state SET logged_from = max(logged_from, ?)", (seq - LOGGED,))


def restart_log(conn: sqlite3.Connection, seq: int) -> None:
    """Begin a new life of the index: what was remembered of the last means nothing."""
    conn.execute("DELETE FROM touched")
    conn.execute("UPDATE state SET life = hex(randomblob(8)), logged_from = ?", (seq,))
