"""Reduced answers of a view: the nodes of its tree where they serve, rows at their edges."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from store.collation import group_key
from store.lite.pieces import GroupOf, pieces
from store.lite.ranges import EXACT, Range, group_level
from store.lite.reducers import Stored
from store.lite.tree import MOST, Node, Tree
from store.lite.views import View
from store.types import Json, Row, ViewOptions

CALL = 100
"""Stretches of rows that are reduced in one call."""

Part = str | list[Stored]
"""What is reduced already, or rows."""


@dataclass
class _Group:
    """One group: the JSON text of its first key, and what it consists of, in order."""

    k: str
    parts: list[str] = field(default_factory=list)


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
        for group in self._groups(wanted, level, options.descending):
            key = json.loads(group.k) if level else None
            if level > 0 and isinstance(key, list):
                key = key[:level]
            yield {"key": key, **_outcome(self._reducer.value(group.parts[0]))}

    def _groups(self, wanted: Range, level: int, descending: bool) -> Iterator[_Group]:
        """The groups in order, each with one part."""
        queue: list[tuple[_Group, Part]] = []
        last: bytes | None = None
        for prefix, k, part in self._parts(wanted, level, descending):
            if prefix != last and len(queue) >= CALL:
                yield from self._reduced(queue, descending)
                queue = []
            group = queue[-1][0] if prefix == last else _Group(k)
            queue.append((group, part))
            last = prefix
        yield from self._reduced(queue, descending)

    def _reduced(self, queue: list[tuple[_Group, Part]], descending: bool) -> list[_Group]:
        chunks = [part for _, part in queue if not isinstance(part, str)]
        values = iter(self._reducer.reduce(chunks))
        groups: list[_Group] = []
        for group, part in queue:
            if not groups or groups[-1] is not group:
                groups.append(group)
            group.parts.append(part if isinstance(part, str) else next(values))
        several = [group for group in groups if len(group.parts) > 1]
        parts = [group.parts[::-1] if descending else group.parts for group in several]
        for group, value in zip(several, self._reducer.rereduce(parts), strict=True):
            group.parts = [value]
        return groups

    def _parts(
        self, wanted: Range, level: int, descending: bool
    ) -> Iterator[tuple[bytes, str, Part]]:
        """Pieces of groups: the beginning of the group's keys, its key, what is of it."""
        group_of = _grouping(level)
        last: bytes | None = None
        for piece in pieces(self._tree, wanted, group_of, descending=descending):
            if isinstance(piece, Node):
                prefix = group_of(piece.start[0])
                k = self._key_of(piece) if level and prefix != last else ""
                yield prefix, k, piece.value
                last = prefix
                continue
            for prefix, k, part in self._of_rows(piece, level, group_of, descending):
                yield prefix, k, part
                last = prefix

    def _key_of(self, node: Node) -> str:
        found: tuple[str] = self._conn.execute(
            f"SELECT k FROM {self._rows} WHERE (key, tail) >= (?, ?) ORDER BY key, tail LIMIT 1",
            node.start,
        ).fetchone()
        return found[0]

    def _of_rows(
        self, wanted: Range, level: int, group_of: GroupOf, descending: bool
    ) -> Iterable[tuple[bytes, str, Part]]:
        order = "DESC" if descending else "ASC"
        where = "WHERE (key, tail) >= (?, ?) AND (key, tail) < (?, ?)"
        values = (*wanted.start, *wanted.end)
        if level == EXACT and self._reducer.aggregate is not None:
            aggregate, gathered = self._reducer.aggregate
            found = self._conn.execute(
                f"SELECT key, k, {aggregate} FROM {self._rows} {where}"
                f" GROUP BY key ORDER BY key {order}",
                values,
            )
            return ((key, k, gathered(all_of)) for key, k, all_of in found)
        found = self._conn.execute(
            f"SELECT key, tail, {self._reducer.columns}, k FROM {self._rows} {where}"
            f" ORDER BY key {order}, tail {order}",
            values,
        )
        return _chunks(found, group_of, descending)


def _chunks(
    found: Iterable[Stored], group_of: GroupOf, descending: bool
) -> Iterator[tuple[bytes, str, Part]]:
    chunk: list[Stored] = []
    prefix = None
    for row in found:
        # A group's beginning is the beginning of its keys alone, which is quickly seen.
        inside = prefix is not None and row[0].startswith(prefix)
        if chunk and (not inside or len(chunk) == MOST):
            yield prefix or b"", chunk[0][4], chunk[::-1] if descending else chunk
            chunk = []
        if not inside:
            prefix = group_of(row[0])
        chunk.append(row)
    if chunk:
        yield prefix or b"", chunk[0][4], chunk[::-1] if descending else chunk


def _outcome(value: Json) -> dict[str, Json]:
    """A reduction that does not shrink its values is an error of its row, as in CouchDB."""
    if isinstance(value, dict) and "reduce_overflow_error" in value:
        return {"error": "reduce_overflow_error", "reason": value["reduce_overflow_error"]}
    return {"value": value}


def _grouping(level: int) -> Callable[[bytes], bytes]:
    if level == 0:
        return lambda key: b""
    return (lambda key: key) if level == EXACT else partial(_first_members, level)


def _first_members(level: int, key: bytes) -> bytes:
    return group_key(key, level)
