"""Counts and reductions of stretches of rows, so that no query has to look at all of them.

The rows of a view, in their order, are cut into stretches of about SIZE; a node of level 1 stands
for each, with the number of its rows and their reduction. A node of level 2 stands for about SIZE
nodes of level 1, and so on, like the inner nodes of CouchDB's B-trees. A node reaches from its
`start` to that of the next one; the first of each level starts before all rows. Every start of a
level is a start of the level below.

A stretch ends where a group of keys ends, or where neighbouring keys have the least in common, so
that all but small groups of rows have nodes of their own.
"""

import sqlite3
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from itertools import chain, islice
from typing import Any, NamedTuple, Protocol

from store.collation import HIGHEST, group_key
from store.lite.reducers import Reducer

SIZE = 96
LEAST = SIZE // 8
MOST = 2 * SIZE
CALL = 100
"""Stretches that are reduced in one call."""

Place = tuple[bytes, bytes]
"""Where a row stands: sort key and tail."""

FIRST: Place = (b"", b"")
LAST: Place = (b"\xff", b"")

Child = tuple[Any, ...]
"""Key and tail; of a row then the JSON texts of its key and, where the reducer reads it, its value;
of a node its rows, its value and the keys at its ends."""

_NO_ENDS = (b"", "", b"")
_INSIDE = "(key, tail) >= (?, ?) AND (key, tail) < (?, ?)"


class Stretch(Protocol):
    """Rows that follow one another: `start` is inside, `end` is not."""

    @property
    def start(self) -> Place: ...

    @property
    def end(self) -> Place: ...


class Node(NamedTuple):
    """A stretch that is counted and reduced. The first row's key is `first`, in JSON `k`, that of
    the last row `last`; they mean nothing where there are no rows."""

    start: Place
    end: Place
    rows: int
    value: str
    first: bytes
    k: str
    last: bytes


class Tree:
    """The nodes over the rows of view number `number`, through one connection."""

    def __init__(self, conn: sqlite3.Connection, number: int) -> None:
        self._conn = conn
        self._rows = f"rows_{number}"
        self._nodes = f"nodes_{number}"

    @cached_property
    def height(self) -> int:
        """The highest level; 0 where there was no row yet."""
        found = self._conn.execute(f"SELECT max(level) FROM {self._nodes}").fetchone()[0]
        return int(found or 0)

    def inside(self, level: int, start: Place, end: Place) -> list[Node]:
        """The nodes of `level` from one start of a level above to another."""
        found = self._of_nodes(level, start, end).fetchall()
        ends = [child[:2] for child in found[1:]] + [end]
        return [Node(child[:2], to, *child[2:]) for child, to in zip(found, ends, strict=False)]

    def overlapping(self, level: int, inside: Stretch, wanted: Stretch) -> list[Node]:
        """The nodes of `level` inside a node of the level above that reach into `wanted`."""
        start, end = inside.start, inside.end
        if wanted.start > start:
            start = self._start(level, wanted.start)
        if wanted.end < end:
            end = min(self._end(level, wanted.end), end)
        return self.inside(level, start, end)

    def total(self) -> int:
        """How many rows there are."""
        return self._sum(self.height, FIRST, LAST)

    def below(self, place: Place) -> int:
        """How many rows stand before `place`."""
        count = 0
        start = FIRST
        for level in range(self.height, 0, -1):
            inner = self._start(level, place)
            if inner > start:
                count += self._sum(level, start, inner)
                start = inner
        return count + self.count(start, place)

    def count(self, start: Place, end: Place) -> int:
        """How many rows there are from `start` to `end`, looked at one by one."""
        found = self._conn.execute(
            f"SELECT count(*) FROM {self._rows} WHERE {_INSIDE}", (*start, *end)
        ).fetchone()
        return int(found[0])

    def has_at_most(self, most: int, start: Place, end: Place) -> bool:
        """Whether a range is this small."""
        found = self._conn.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {self._rows} WHERE {_INSIDE} LIMIT ?)",
            (*start, *end, most + 1),
        ).fetchone()
        return int(found[0]) <= most

    def has_leaves_at_most(self, most: int, start: Place, end: Place) -> bool:
        """Whether so few nodes of level 1 begin in a range."""
        found = self._conn.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {self._nodes} WHERE level = 1 AND {_INSIDE}"
            " LIMIT ?)",
            (*start, *end, most + 1),
        ).fetchone()
        return int(found[0]) <= most

    def leaf(self, place: Place) -> Place:
        """The start of the node of level 1 to which `place` belongs."""
        return self._start(1, place)

    def leaf_end(self, start: Place) -> Place:
        """Where the node of level 1 ends that begins at `start`."""
        return self._end(1, start)

    def clear(self) -> None:
        self._conn.execute(f"DELETE FROM {self._nodes}")

    def plant(self, rows: Iterator[Child], reducer: Reducer) -> None:
        """Make the nodes over the first rows of a view, all of them in order. Raises
        DesignError."""
        if self._grow(1, _pieces(1, FIRST, rows), reducer) > MOST:
            self.refresh([FIRST], reducer, level=2)

    def refresh(self, touched: Collection[Place], reducer: Reducer, level: int = 1) -> None:
        """Make the nodes of `level` and above true again after rows, or nodes of the level below,
        came or went in those that start at `touched`. Raises DesignError."""
        height = self.height
        while touched:
            starts = sorted(touched)
            stretches = [(start, self._end(level, start)) for start in starts]
            for stretch in stretches:
                self._conn.execute(
                    f"DELETE FROM {self._nodes} WHERE level = ? AND {_INSIDE}",
                    (level, *chain(*stretch)),
                )
            chunks = (piece for ends in stretches for piece in self._chunks(level, *ends, reducer))
            made = self._grow(level, chunks, reducer)
            if level >= height and made <= MOST and not self._more_than(level, MOST):
                return
            level += 1
            touched = {self._start(level, start) for start in starts}

    def _chunks(
        self, level: int, start: Place, end: Place, reducer: Reducer
    ) -> Iterator[tuple[Place, list[Child]]]:
        """What lies below a stretch, in pieces of a good size. A stretch that has become empty
        stays only where a level above knows its start."""
        for place, chunk in _pieces(level, start, self._children(level, start, end, reducer)):
            if chunk or place == FIRST or self._start(level + 1, place) == place:
                yield place, chunk

    def _grow(
        self, level: int, chunks: Iterator[tuple[Place, list[Child]]], reducer: Reducer
    ) -> int:
        """Store nodes; return how many."""
        made = 0
        while batch := list(islice(chunks, CALL)):
            self._store(level, batch, reducer)
            made += len(batch)
        return made

    def _store(self, level: int, batch: list[tuple[Place, list[Child]]], reducer: Reducer) -> None:
        if level == 1:
            values = reducer.reduce([chunk for _, chunk in batch])
            ends = [(c[0][0], c[0][2], c[-1][0]) if c else _NO_ENDS for _, c in batch]
            counts = [len(chunk) for _, chunk in batch]
        else:
            chunks = [[node for node in chunk if node[2]] for _, chunk in batch]
            values = reducer.rereduce([[node[3] for node in chunk] for chunk in chunks])
            ends = [(*c[0][4:6], c[-1][6]) if c else _NO_ENDS for c in chunks]
            counts = [sum(node[2] for node in chunk) for chunk in chunks]
        self._conn.executemany(
            f"INSERT INTO {self._nodes} VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (level, *start, count, value, *keys)
                for (start, _), count, value, keys in zip(batch, counts, values, ends, strict=True)
            ],
        )

    def _children(self, level: int, start: Place, end: Place, reducer: Reducer) -> sqlite3.Cursor:
        if level == 1:
            return self._conn.execute(
                f"SELECT key, tail, k, {reducer.reads} FROM {self._rows} WHERE {_INSIDE}"
                " ORDER BY key, tail",
                (*start, *end),
            )
        return self._of_nodes(level - 1, start, end)

    def _of_nodes(self, level: int, start: Place, end: Place) -> sqlite3.Cursor:
        return self._conn.execute(
            f"SELECT key, tail, rows, value, first, k, last FROM {self._nodes}"
            f" WHERE level = ? AND {_INSIDE} ORDER BY key, tail",
            (level, *start, *end),
        )

    def _sum(self, level: int, start: Place, end: Place) -> int:
        found = self._conn.execute(
            f"SELECT sum(rows) FROM {self._nodes} WHERE level = ? AND {_INSIDE}",
            (level, *start, *end),
        ).fetchone()
        return int(found[0] or 0)

    def _start(self, level: int, place: Place) -> Place:
        """The start of the node of `level` to which `place` belongs."""
        found: Place | None = self._conn.execute(
            f"SELECT key, tail FROM {self._nodes} WHERE level = ? AND (key, tail) <= (?, ?)"
            " ORDER BY key DESC, tail DESC LIMIT 1",
            (level, *place),
        ).fetchone()
        return found or FIRST

    def _end(self, level: int, start: Place) -> Place:
        found: Place | None = self._conn.execute(
            f"SELECT key, tail FROM {self._nodes} WHERE level = ? AND (key, tail) > (?, ?)"
            " ORDER BY key, tail LIMIT 1",
            (level, *start),
        ).fetchone()
        return found or LAST

    def _more_than(self, level: int, most: int) -> bool:
        found = self._conn.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {self._nodes} WHERE level = ? LIMIT ?)",
            (level, most + 1),
        ).fetchone()
        return int(found[0]) > most


def _pieces(
    level: int, start: Place, found: Iterator[Child]
) -> Iterator[tuple[Place, list[Child]]]:
    """Children in pieces of a good size, and where each begins; an empty one where there are
    none."""
    chunk = list(islice(found, MOST))
    if len(chunk) < MOST:
        yield start, chunk
        return
    while len(chunk) > SIZE:
        size = _cut([child[0 if level == 1 else 4] for child in chunk])
        yield start, chunk[:size]
        start = _parting(*chunk[size - 1 : size + 1]) if level == 1 else chunk[size][:2]
        chunk = chunk[size:] + list(islice(found, size))
    yield start, chunk


def _cut(keys: Sequence[bytes]) -> int:
    """How many children the next stretch has: those of the least group of keys that is not small,
    else about SIZE up to where neighbouring keys have the least in common."""
    level, size, group = 0, len(keys), b""
    while group != keys[0]:
        level += 1
        group = group_key(keys[0], level)
        inside = bisect_left(keys, group + HIGHEST, hi=size)
        if inside < LEAST:
            break
        size = inside
    if size < len(keys):
        return size
    apart = _common(keys[LEAST - 1], keys[-1]) + 1
    beginnings = [key[:apart] for key in keys]
    sizes = [at for at in range(LEAST, len(keys)) if beginnings[at] != beginnings[at - 1]]
    return min(sizes, key=lambda size: abs(size - SIZE), default=SIZE)


def _parting(before: Child, after: Child) -> Place:
    """A place between two rows: the beginning of a key where that is enough, so that it holds for
    rows of the same group that come later too."""
    same = _common(before[0], after[0])
    return after[:2] if same == len(after[0]) else (after[0][: same + 1], b"")


def _common(one: bytes, other: bytes) -> int:
    """How many bytes the two begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
