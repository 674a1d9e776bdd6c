"""Counts and sums over a range of rows from the index's totals, rows read only at its ends."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from store.collation import ARRAY, HIGHEST, group_key
from store.lite.exact import Exact, exact, from_json
from store.lite.totals import added
from store.lite.views import View

Piece = tuple[int, bytes, bytes]
"""A level of the totals and the beginnings from (inclusive) and to (exclusive); level 0: rows."""


@dataclass(frozen=True)
class Tally:
    """How many rows, and the sums of the members of their values."""

    rows: int
    sums: tuple[Exact, ...]


Group = tuple[str, Tally]


class Tallies:
    """Reads one view's totals, where they go `depth` levels deep."""

    def __init__(self, conn: sqlite3.Connection, view: View, depth: int, summed: bool) -> None:
        self._conn = conn
        self._rows = f"rows_{view.number}"
        self._totals = f"totals_{view.number}"
        self._depth = depth
        self._summed = summed
        self._any_query = f"SELECT 1 FROM {self._rows} WHERE key >= ? AND key < ? LIMIT 1"
        self._edges_query = (
            f"SELECT (SELECT key FROM {self._rows} WHERE key < ? ORDER BY key DESC LIMIT 1),"
            f" (SELECT key FROM {self._rows} WHERE key >= ? AND key < ? ORDER BY key LIMIT 1),"
            f" (SELECT key FROM {self._rows} WHERE key >= ? AND key < ? ORDER BY key DESC LIMIT 1),"
            f" (SELECT key FROM {self._rows} WHERE key >= ? ORDER BY key LIMIT 1)"
        )

    def over(self, low: bytes, high: bytes) -> Tally:
        """The tally of the rows with `low <= key < high`."""
        rows, sums = 0, list[Exact]()
        for piece in self._pieces(low, high, 1):
            for count, numbers in self._of_totals(piece) if piece[0] else self._of_rows(piece):
                rows += count
                sums = added(sums, numbers)
        return Tally(rows, tuple(sums))

    def count(self, low: bytes, high: bytes, most: int) -> int | None:
        """How many rows there are; None where more than `most` would have to be looked at."""
        total = 0
        for level, start, stop in self._pieces(low, high, 1):
            if level:
                total += sum(rows for rows, _ in self._of_totals((level, start, stop)))
                continue
            looked_at = self._conn.execute(
                f"SELECT count(*) FROM (SELECT 1 FROM {self._rows} WHERE key >= ? AND key < ?"
                " LIMIT ?)",
                (start, stop, most + 1),
            ).fetchone()[0]
            if looked_at > most:
                return None
            total += looked_at
        return total

    def groups(self, low: bytes, high: bytes, level: int, descending: bool) -> Iterator[Group]:
        """The groups at `level` (at most the depth) with JSON texts of their keys, in order."""
        edges = self._edges(low, high)
        if edges.first is None or edges.last is None:
            return
        begin, end = group_key(edges.first, level), group_key(edges.last, level)
        found = self._conn.execute(
            f"SELECT prefix, rows, k, sums FROM {self._totals}"
            " WHERE level = ? AND prefix >= ? AND prefix <= ?"
            f" ORDER BY prefix {'DESC' if descending else ''}",
            (level, begin, end),
        )
        for prefix, rows, k, sums in found:
            if prefix in (begin, end) and edges.cut(prefix):
                yield k, self.over(max(low, prefix), min(high, prefix + HIGHEST))
            else:
                yield k, Tally(rows, tuple(_numbers(sums)) if self._summed else ())

    def _of_totals(self, piece: Piece) -> Iterator[tuple[int, list[Exact]]]:
        columns = "rows, sums" if self._summed else "sum(rows), '[]'"
        found = self._conn.execute(
            f"SELECT {columns} FROM {self._totals} WHERE level = ? AND prefix >= ? AND prefix < ?",
            piece,
        )
        for rows, sums in found:
            yield rows or 0, _numbers(sums)

    def _of_rows(self, piece: Piece) -> Iterator[tuple[int, list[Exact]]]:
        columns = "1, v" if self._summed else "count(*), '[]'"
        found = self._conn.execute(
            f"SELECT {columns} FROM {self._rows} WHERE key >= ? AND key < ?", piece[1:]
        )
        for rows, v in found:
            value = json.loads(v)
            yield (
                rows,
                [exact(number) for number in (value if isinstance(value, list) else [value])],
            )

    def _pieces(self, low: bytes, high: bytes, level: int) -> Iterator[Piece]:
        whole = self._one_group(low, high)
        if whole is not None:
            yield whole
            return
        if level > self._depth:
            yield 0, low, high
            return
        edges = self._edges(low, high)
        if edges.first is None or edges.last is None:
            return
        begin, end = group_key(edges.first, level), group_key(edges.last, level)
        if begin == end and edges.cut(begin):
            yield from self._pieces(low, high, level + 1)
            return
        start, stop = begin, end + HIGHEST
        if edges.cut(begin):
            start = begin + HIGHEST
            yield from self._pieces(low, start, level + 1)
        if edges.cut(end):
            stop = end
            yield from self._pieces(end, high, level + 1)
        yield level, start, stop

    def _one_group(self, low: bytes, high: bytes) -> Piece | None:
        """The group that is the range, where `low` is the key `[a, …]` and no row of that group is
        above: the usual question, answered by one look into the rows."""
        prefix = low[:-1]
        if low[:1] != ARRAY or not high.startswith(prefix):
            return None
        for level in range(1, self._depth + 1):
            if group_key(low, level) == prefix:
                above = self._conn.execute(self._any_query, (high, prefix + HIGHEST)).fetchone()
                return None if above else (level, prefix, prefix + HIGHEST)
        return None

    def _edges(self, low: bytes, high: bytes) -> "_Edges":
        return _Edges(
            *self._conn.execute(self._edges_query, (low, low, high, low, high, high)).fetchone()
        )


@dataclass(frozen=True)
class _Edges:
    """The keys at the ends of a range: the last before it, the first and last inside, the next."""

    before: bytes | None
    first: bytes | None
    last: bytes | None
    after: bytes | None

    def cut(self, prefix: bytes) -> bool:
        """Whether rows whose key begins with `prefix` lie outside the range too."""
        return any(key is not None and key.startswith(prefix) for key in (self.before, self.after))


def _numbers(sums: str) -> list[Exact]:
    return [from_json(number) for number in json.loads(sums)]
