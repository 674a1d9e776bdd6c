"""The rows of a first build until all are there: an external merge sort.

Rows are gathered in memory and written as runs, which are in order and cut into blocks. At the end
the blocks of all runs are read in the order of their first rows: what stands before the first row
of the next block is complete.
"""

import marshal
import sqlite3
from bisect import bisect_left
from collections.abc import Iterator
from operator import itemgetter

from store.lite.indexfile import Damaged
from store.lite.mapping import Row, Rows
from store.lite.tree import FIRST, LAST, Place

BLOCK = 128 * 1024
"""Bytes of a block in memory, about. A merge has about one of each run there,"""
BLOCKS = 64
"""and so many that are sorted at once."""
ROW = 300
"""Bytes that a row takes in memory, about, beside its texts."""
_FORMAT = 2


class Runs:
    """The rows of view number `number` that are gathered, through a connection that writes."""

    def __init__(self, conn: sqlite3.Connection, number: int) -> None:
        self._conn = conn
        self._table = f"runs_{number}"
        self._rows: list[Row] = []
        self.size = 0
        """Bytes in memory, about."""

    def clear(self) -> None:
        self._conn.execute(f"DELETE FROM {self._table}")

    def add(self, rows: Rows) -> None:
        self._rows += rows.each()
        self.size += ROW * len(rows.ks) + sum(map(len, rows.ks)) + sum(map(len, rows.vs))

    def write(self) -> None:
        """Write what is in memory as a run."""
        rows = self._rows
        rows.sort(key=itemgetter(1))  # twice by one column is quicker than once by two
        rows.sort(key=itemgetter(0))
        each = max(1, len(rows) * BLOCK // max(1, self.size))
        blocks = (rows[at : at + each] for at in range(0, len(rows), each))
        self._conn.executemany(
            f"INSERT INTO {self._table} VALUES (?, ?, ?)",
            ((*block[0][:2], marshal.dumps(block, _FORMAT)) for block in blocks),
        )
        self._rows, self.size = [], 0

    def merged(self) -> Iterator[list[Row]]:
        """All rows in order, in pieces, those in memory among them; what was written is deleted."""
        waiting = self._rows
        rest: Place | None = FIRST
        while rest is not None:
            rest = self._read(waiting)
            waiting.sort()
            complete = len(waiting) if rest is None else bisect_left(waiting, rest)
            yield waiting[:complete]
            del waiting[:complete]

    def _read(self, rows: list[Row]) -> Place | None:
        """Move the next blocks into `rows`; return where the rest begins, if there is one."""
        found = self._conn.execute(
            f"SELECT key, tail, rows FROM {self._table} ORDER BY key, tail LIMIT ?", (BLOCKS + 1,)
        ).fetchall()
        for _, _, block in found[:BLOCKS]:
            rows += _rows(block)
        rest: Place = found[BLOCKS][:2] if len(found) > BLOCKS else LAST
        # At once, so that the rows find room where their blocks were.
        self._conn.execute(f"DELETE FROM {self._table} WHERE (key, tail) < (?, ?)", rest)
        return rest if rest != LAST else None


def _rows(block: bytes) -> list[Row]:
    try:
        rows: list[Row] = marshal.loads(block)
    except (EOFError, TypeError, ValueError) as error:
        raise Damaged("rows that were gathered cannot be read") from error
    return rows
