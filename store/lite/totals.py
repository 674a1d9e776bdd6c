"""Totals by beginnings of array keys, kept while an index is updated.

A key `[a, b, c]` is counted under `[a]` and `[a, b]` (levels 1 and 2), so that counts, sums,
offsets and `group_level` need not read the rows. For `_sum` the members of the values are added up
without rounding (store.lite.exact). What a view's rows do not allow is simply not used: `depth` is
the deepest level that all of them have, `shape` the form of the values that all of them share.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from store import collation
from store.lite.exact import Exact, add, from_json, is_number, total
from store.lite.views import View
from store.types import Json

LEVELS = 3
RAGGED = "ragged"


@dataclass(frozen=True)
class Row:
    """One emitted row: sort key, the key itself, its JSON text and that of the value."""

    key: bytes
    value: Json
    k: str
    v: str


@dataclass
class ViewState:
    """What is known of all rows of a view. `shape` is "n" for numbers, "a3" for lists of three."""

    total: int
    depth: int | None
    longest: int
    shape: str | None

    def learn(self, key: Json, shape: str | None) -> None:
        length = len(key) if isinstance(key, list) else 0
        levels = min(LEVELS, max(1, length - 1)) if length else 0
        self.depth = levels if self.depth is None else min(self.depth, levels)
        self.longest = max(self.longest, length)
        if shape is not None:
            self.shape = shape if self.shape in (None, shape) else RAGGED


@dataclass
class _Change:
    """What is to be added to one total; `members` are the numbers of each place of the values."""

    rows: int
    k: str
    members: list[list[int | float]]


def read_state(conn: sqlite3.Connection, view: View) -> ViewState:
    row = conn.execute(
        "SELECT total, depth, longest, shape FROM views WHERE number = ?", (view.number,)
    ).fetchone()
    return ViewState(*row)


def write_state(conn: sqlite3.Connection, view: View, state: ViewState) -> None:
    conn.execute(
        "UPDATE views SET total = ?, depth = ?, longest = ?, shape = ? WHERE number = ?",
        (state.total, state.depth, state.longest, state.shape, view.number),
    )


def shape_of(value: Json) -> str:
    if is_number(value):
        return "n"
    if isinstance(value, list) and value and all(map(is_number, value)):
        return f"a{len(value)}"
    return RAGGED


class Totals:
    """The changes of one view's totals in one transaction."""

    def __init__(self, conn: sqlite3.Connection, view: View) -> None:
        self._conn = conn
        self._view = view
        self._adds = view.reduce == "_sum"
        self.state = read_state(conn, view)
        self._changes: dict[tuple[int, bytes], _Change] = {}

    def count(self, rows: Iterable[Row], sign: int) -> None:
        """Add (`sign` 1) rows that are new, or take away (-1) rows that are no longer."""
        for row in rows:
            self.state.total += sign
            numbers: Sequence[int | float] = ()
            shape = None
            if self._adds:
                value = json.loads(row.v)
                shape = shape_of(value)
                if shape != RAGGED:
                    numbers = value if isinstance(value, list) else [value]
            if sign > 0:
                self.state.learn(row.value, shape)
            if self.state.depth:
                self._count(row, numbers, sign)

    def _count(self, row: Row, numbers: Sequence[int | float], sign: int) -> None:
        for level in range(1, (self.state.depth or 0) + 1):
            prefix = collation.group_key(row.key, level)
            change = self._changes.get((level, prefix))
            if change is None:
                change = _Change(0, json.dumps(row.value[:level], separators=(",", ":")), [])
                self._changes[level, prefix] = change
            change.rows += sign
            while len(change.members) < len(numbers):
                change.members.append([])
            for member, number in zip(change.members, numbers, strict=False):
                member.append(number if sign > 0 else -number)

    def store(self) -> None:
        """Write the changes into the index."""
        table = f"totals_{self._view.number}"
        for (level, prefix), change in self._changes.items():
            if level > (self.state.depth or 0):
                continue
            found = self._conn.execute(
                f"SELECT rows, sums FROM {table} WHERE level = ? AND prefix = ?", (level, prefix)
            ).fetchone()
            rows, sums = change.rows, list(map(total, change.members))
            if found is not None:
                rows += found[0]
                sums = added(sums, [from_json(number) for number in json.loads(found[1])])
            self._conn.execute(
                f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?, ?, ?)",
                (level, prefix, rows, change.k, json.dumps(sums)),
            )
            if rows == 0:
                self._conn.execute(
                    f"DELETE FROM {table} WHERE level = ? AND prefix = ?", (level, prefix)
                )
        write_state(self._conn, self._view, self.state)


def added(one: Sequence[Exact], other: Sequence[Exact]) -> list[Exact]:
    """Member by member; the shorter is filled with zeros."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    rest = longer[len(shorter) :]
    return [*map(add, longer, shorter), *rest]
