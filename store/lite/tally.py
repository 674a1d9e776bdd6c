"""Counts and sums over a range of rows from the index's totals, rows read only at its ends."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from store.collation import HIGHEST, group_key
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

    def over(self, low: bytes, high: bytes) -> Tally:
        """The tally of the rows with `low <= key < high`."""
        rows, sums = 0, list[Exact]()
        for piece in self._pieces(low, high, 1):
            for count, numbers in self._of_totals(piece) if piece[0] else self._of_rows(piece):
                rows += count
                sums = added(sums, numbers)
        return Tally(rows, tuple(sums))

    def groups(self, low: bytes, high: bytes, level: int, descending: bool) -> Iterator[Group]:
        """The groups at `level` (at most the depth) with JSON texts of their keys, in order."""
        first, last = self._ends(low, high)
        if first is None or last is None:
            return
        begin, end = group_key(first, level), group_key(last, level)
        found = self._conn.execute(
            f"SELECT prefix, rows, k, sums FROM {self._totals}"
            " WHERE level = ? AND prefix >= ? AND prefix <= ?"
            f" ORDER BY prefix {'DESC' if descending else ''}",
            (level, begin, end),
        )
        for prefix, rows, k, sums in found:
            if prefix in (begin, end) and not self._is_whole(prefix, low, high):
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
        if level > self._depth:
            yield 0, low, high
            return
        first, last = self._ends(low, high)
        if first is None or last is None:
            return
        begin, end = group_key(first, level), group_key(last, level)
        if begin == end:
            if self._is_whole(begin, low, high):
                yield level, begin, begin + HIGHEST
            else:
                yield from self._pieces(low, high, level + 1)
            return
        start, stop = begin, end + HIGHEST
        if not self._is_whole(begin, low, begin + HIGHEST):
            start = begin + HIGHEST
            yield from self._pieces(low, start, level + 1)
        if not self._is_whole(end, end, high):
            stop = end
            yield from self._pieces(end, high, level + 1)
        yield level, start, stop

    def _ends(self, low: bytes, high: bytes) -> tuple[bytes | None, bytes | None]:
        """The least and the greatest key with `low <= key < high`."""
        query = f"SELECT {{}}(key) FROM {self._rows} WHERE key >= ? AND key < ?"
        first = self._conn.execute(query.format("min"), (low, high)).fetchone()[0]
        last = self._conn.execute(query.format("max"), (low, high)).fetchone()[0]
        return first, last

    def _is_whole(self, prefix: bytes, low: bytes, high: bytes) -> bool:
        """Whether all rows whose key begins with `prefix` are in the range."""
        query = f"SELECT 1 FROM {self._rows} WHERE key >= ? AND key < ? LIMIT 1"
        end = prefix + HIGHEST
        if prefix < low and self._conn.execute(query, (prefix, low)).fetchone():
            return False
        return not (high < end and self._conn.execute(query, (high, end)).fetchone())


def _numbers(sums: str) -> list[Exact]:
    return [from_json(number) for number in json.loads(sums)]
