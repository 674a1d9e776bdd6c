"""Reduced answers of a view: the nodes of its tree where they serve, rows at their edges."""

import json
import sqlite3
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from typing import NamedTuple

from store.collation import HIGHEST, group_key
from store.lite.pieces import GroupOf, pieces
from store.lite.ranges import EXACT, Range, group_level
from store.lite.reducers import Reducer, Stored
from store.lite.tree import Node, Tree
from store.lite.views import View
from store.types import Json, Row, ViewOptions

CALL = 100
"""Groups that are reduced in one call."""
READ = 500
"""Rows that are read at once."""

Part = str | list[Stored]
"""What is reduced already, or rows."""


_Group = tuple[bytes, str, list[Part]]
"""The beginning of a group's keys, the JSON text of its first key, and what it consists of, in
order."""


class Partial(NamedTuple):
    """A group of rows, reduced: the beginning of its keys, the JSON text of its first key, and what
    the reducer made of it."""

    group: bytes
    k: str
    value: str


class Reduction:
    """Answers reduce queries on one view in one state of its index."""

    def __init__(self, conn: sqlite3.Connection, view: View, tree: Tree) -> None:
        self._conn = conn
        self._reducer = view.reducer
        self._tree = tree
        self._rows = f"rows_{view.number}"

    def rows(self, wanted: Range, options: ViewOptions) -> Iterator[Row]:
        """One row a group of the range, in order; a single one with key None when not grouped."""
        level = group_level(options)
        for found in self.partials(wanted, level, descending=options.descending):
            yield from shown(self._reducer, found, level)

    def partials(
        self, wanted: Range, level: int, *, descending: bool = False
    ) -> Iterator[list[Partial]]:
        """The groups of the range in order, about CALL of them at once."""
        for groups in self._groups(wanted, level, descending):
            values = self._partials(groups, descending)
            yield [
                Partial(group, k, value)
                for (group, k, _), value in zip(groups, values, strict=True)
            ]

    def _groups(self, wanted: Range, level: int, descending: bool) -> Iterator[list[_Group]]:
        """The groups in order, about CALL of them at once."""
        groups: list[_Group] = []
        last: bytes | None = None
        for prefix, k, part in self._parts(wanted, level, descending):
            if prefix == last:
                groups[-1][2].append(part)
                continue
            if len(groups) >= CALL:
                yield groups
                groups = []
            groups.append((prefix, k, [part]))
            last = prefix
        if groups:
            yield groups

    def _partials(self, groups: list[_Group], descending: bool) -> list[str]:
        """One for each of the groups."""
        chunks = [part for *_, parts in groups for part in parts if not isinstance(part, str)]
        reduced = iter(self._reducer.reduce(chunks))
        partials = [
            [part if isinstance(part, str) else next(reduced) for part in parts]
            for *_, parts in groups
        ]
        several = [parts[::-1] if descending else parts for parts in partials if len(parts) > 1]
        whole = iter(self._reducer.rereduce(several))
        return [parts[0] if len(parts) == 1 else next(whole) for parts in partials]

    def _parts(
        self, wanted: Range, level: int, descending: bool
    ) -> Iterator[tuple[bytes, str, Part]]:
        """Pieces of groups: the beginning of the group's keys, its key, what is of it."""
        group_of = _grouping(level)
        for piece in pieces(self._tree, wanted, group_of, descending=descending):
            if isinstance(piece, Node):
                yield group_of(piece.first), piece.k, piece.value
            else:
                yield from self._of_rows(piece, level, group_of, descending)

    def _of_rows(
        self, wanted: Range, level: int, group_of: GroupOf, descending: bool
    ) -> Iterable[tuple[bytes, str, Part]]:
        order = "DESC" if descending else "ASC"
        where = "WHERE (key, tail) >= (?, ?) AND (key, tail) < (?, ?)"
        values = (*wanted.start, *wanted.end)
        if level <= 0 and self._reducer.aggregate is not None:
            aggregate, gathered = self._reducer.aggregate
            key = "key" if level == EXACT else "x''"
            found = self._conn.execute(
                f"SELECT {key}, k, {aggregate} FROM {self._rows} {where}"
                f" GROUP BY 1 ORDER BY 1 {order}",
                values,
            )
            return ((key, k, gathered(all_of)) for key, k, all_of in found)
        found = self._conn.execute(
            f"SELECT key, tail, k, {self._reducer.reads} FROM {self._rows} {where}"
            f" ORDER BY key {order}, tail {order}",
            values,
        )
        return _chunks(found, group_of, descending)


def _chunks(
    found: sqlite3.Cursor, group_of: GroupOf, descending: bool
) -> Iterator[tuple[bytes, str, Part]]:
    """Rows by groups; a group may come in several chunks."""
    while rows := found.fetchmany(READ):
        at = 0
        while at < len(rows):
            prefix = group_of(rows[at][0])
            # A group's beginning is the beginning of its keys alone.
            if descending:
                end = bisect_left(rows, True, at, key=partial(_is_below, prefix))
            else:
                end = bisect_left(rows, prefix + HIGHEST, at, key=itemgetter(0))
            chunk = rows[at:end]
            yield prefix, chunk[0][2], chunk[::-1] if descending else chunk
            at = end


def _is_below(prefix: bytes, row: Stored) -> bool:
    return bool(row[0] < prefix)


def shown(reducer: Reducer, partials: Sequence[Partial], level: int) -> Iterator[Row]:
    """The rows that a client is given. Raises DesignError."""
    values = reducer.values([one.value for one in partials])
    if level:
        keys = json.loads(f"[{','.join([one.k for one in partials])}]")
    else:
        keys = [None] * len(values)
    for key, value in zip(keys, values, strict=True):
        if level > 0 and isinstance(key, list):
            del key[level:]
        yield _row(key, value)


def _row(key: Json, value: Json) -> Row:
    """A reduction that does not shrink its values is an error of its row, as in CouchDB."""
    if isinstance(value, dict) and "reduce_overflow_error" in value:
        reason = value["reduce_overflow_error"]
        return {"key": key, "error": "reduce_overflow_error", "reason": reason}
    return {"key": key, "value": value}


def _grouping(level: int) -> Callable[[bytes], bytes]:
    if level == 0:
        return lambda key: b""
    return (lambda key: key) if level == EXACT else partial(_first_members, level)


def _first_members(level: int, key: bytes) -> bytes:
    return group_key(key, level)
