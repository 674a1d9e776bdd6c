"""What was found below first members of keys, remembered until rows below these change.

An index tells which first members its latest updates touched (`log`), so that a process follows
what others wrote, and looks anew only at what changed, however many rows there are.
"""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from store.collation import group_key
from store.lite.ranges import Range

KEPT = 64
"""Questions whose answers are remembered, the ones asked last."""
MOST = 100_000
"""First members and things found below them that are remembered in all: some 30 MB."""
LOGGED = 1000
"""Update sequences for which the index tells what was touched."""

Found = TypeVar("Found")
Look = Callable[[Sequence[bytes]], Mapping[bytes, list[Found]]]
"""Finds what is below each of these first members."""
State = tuple[str, int]
"""The life of an index, and its sequence in it."""


@dataclass(frozen=True)
class What(Generic[Found]):
    """What is looked for: in a range of the keys of view number `view` behind their first member,
    `how` it is grouped or ordered."""

    view: int
    wanted: Range
    how: Hashable


@dataclass
class _Known(Generic[Found]):
    """What was found below first members, and how much that is."""

    below: dict[bytes, list[Found]] = field(default_factory=dict)
    size: int = 0

    def add(self, first: bytes, found: list[Found]) -> None:
        self.forget(first)
        self.below[first] = found
        self.size += 1 + len(found)

    def forget(self, first: bytes) -> None:
        if first in self.below:
            self.size -= 1 + len(self.below.pop(first))


@dataclass
class Remembered:
    """Of one index file, as of the latest state that somebody saw. Thread-safe: nothing leaves it
    that is changed later."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _known: OrderedDict[What[Any], _Known[Any]] = field(default_factory=OrderedDict)
    _life: str = ""
    _seq: int = 0
    _touched: dict[tuple[int, bytes], int] = field(default_factory=dict)
    """By view and first member, when rows below it changed last; all that changed after the
    sequence `_since`."""
    _since: int = 0

    def below(
        self,
        conn: sqlite3.Connection,
        what: What[Found],
        firsts: Sequence[bytes],
        look: Look[Found],
    ) -> dict[bytes, list[Found]]:
        """What is below each of these first members in the state that `conn` sees. `look` is asked
        for those that are not known, and what it finds is remembered."""
        with self._lock:
            state = self._follow(conn)
            known: dict[bytes, list[Found]] = {}
            # Where somebody saw a later state, what is known may be of that.
            if state == (self._life, self._seq) and what in self._known:
                self._known.move_to_end(what)
                below = self._known[what].below
                known = {first: below[first] for first in firsts if first in below}
        missing = [first for first in firsts if first not in known]
        if missing:
            found = look(missing)
            with self._lock:
                self._keep(what, state, found)
            known |= found
        return known

    def _follow(self, conn: sqlite3.Connection) -> State:
        """Forget what changed up to the state that `conn` sees, and return that."""
        life, seq, logged_from = conn.execute("SELECT life, seq, logged_from FROM state").fetchone()
        if life != self._life or self._seq < logged_from:
            self._known.clear()
            self._touched.clear()
            self._life, self._seq, self._since = life, seq, seq
        elif seq > self._seq:
            self._forget(conn)
            self._seq = seq
        return life, seq

    def _forget(self, conn: sqlite3.Connection) -> None:
        if len(self._touched) > MOST:
            self._touched.clear()
            self._since = self._seq
        query = "SELECT view, first, max(seq) FROM touched WHERE seq > ? GROUP BY view, first"
        for view, first, seq in conn.execute(query, (self._seq,)):
            self._touched[view, first] = seq
            for what, known in self._known.items():
                if what.view == view:
                    known.forget(first)

    def _keep(self, what: What[Found], state: State, found: Mapping[bytes, list[Found]]) -> None:
        """Remember what was found in that state, as far as nobody saw it change since."""
        life, seq = state
        size = len(found) + sum(map(len, found.values()))
        if life != self._life or seq < self._since or size > MOST:
            return
        known = self._known.setdefault(what, _Known())
        self._known.move_to_end(what)
        for first, one in found.items():
            if self._touched.get((what.view, first), 0) <= seq:
                known.add(first, one)
        while len(self._known) > KEPT or sum(one.size for one in self._known.values()) > MOST:
            self._known.popitem(last=False)


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
