"""Reduced answers of a view: from totals where they serve, else from a stream of rows."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice

from store.collation import HIGHEST, group_key
from store.errors import DesignError
from store.lite import builtins
from store.lite.exact import plain
from store.lite.js.pool import JsPool
from store.lite.ranges import Range
from store.lite.tally import Tallies, Tally
from store.lite.totals import RAGGED, ViewState
from store.lite.views import DesignViews, View
from store.types import Json, Row, ViewOptions

CHUNK = 200
"""Rows a call of a reduce function gets at once."""
QUEUE = 100
PARTS = 50

EXACT = -1

_Stored = tuple[bytes, str, str, str]
"""Sort key, document id, JSON texts of key and value."""


@dataclass
class _Group:
    k: str
    parts: list[str] = field(default_factory=list)


class Reduction:
    """Answers reduce queries on one view in one state of its index."""

    def __init__(
        self,
        conn: sqlite3.Connection,
        design: DesignViews,
        view: View,
        state: ViewState,
        pool: JsPool,
    ) -> None:
        self._conn = conn
        self._design = design
        self._view = view
        self._state = state
        self._pool = pool

    def rows(self, wanted: Range, options: ViewOptions) -> Iterator[Row]:
        """One row a group of the range, in order; a single one with key None when not grouped."""
        level = _level(options)
        tallies = self._tallies(wanted, level)
        if tallies is None:
            found = self._stream(wanted, level, options.descending)
        else:
            found = self._from_totals(tallies, wanted, level, options.descending)
        for k, value in found:
            key = json.loads(k) if level else None
            if level > 0 and isinstance(key, list):
                key = key[:level]
            yield {"key": key, "value": value}

    def _tallies(self, wanted: Range, level: int) -> Tallies | None:
        """The totals, if they can answer: complete as deep as needed, and of values that add up."""
        depth = self._state.depth or 0
        shallow = self._state.longest <= depth if level == EXACT else level <= depth
        summed = self._view.reduce == "_sum"
        fits = not summed or self._state.shape not in (None, RAGGED)
        if self._view.reduce not in ("_sum", "_count") or wanted.docids:
            return None
        return (
            Tallies(self._conn, self._view, depth, summed) if depth and shallow and fits else None
        )

    def _from_totals(
        self, tallies: Tallies, wanted: Range, level: int, descending: bool
    ) -> Iterator[tuple[str, Json]]:
        low, high = wanted.low or b"", wanted.high or HIGHEST
        if level == 0:
            tally = tallies.over(low, high)
            if tally.rows:
                yield "null", self._value(tally)
            return
        depth = self._state.longest if level == EXACT else level
        for k, tally in tallies.groups(low, high, depth, descending):
            yield k, self._value(tally)

    def _value(self, tally: Tally) -> Json:
        if self._view.reduce == "_count":
            return tally.rows
        sums = [plain(number) for number in tally.sums]
        return sums[0] if self._state.shape == "n" else sums

    def _stream(self, wanted: Range, level: int, descending: bool) -> Iterator[tuple[str, Json]]:
        order = "key DESC, docid DESC, n DESC" if descending else "key, docid, n"
        condition, values = wanted.where()
        if self._view.reduce == "_count" and level == EXACT:
            yield from self._conn.execute(
                f"SELECT k, count(*) FROM rows_{self._view.number} WHERE {condition}"
                f" GROUP BY key ORDER BY key {'DESC' if descending else ''}",
                values,
            )
            return
        found = self._conn.execute(
            f"SELECT key, docid, k, v FROM rows_{self._view.number} WHERE {condition}"
            f" ORDER BY {order}",
            values,
        )
        groups = groupby(found, lambda row: _group_of(row[0], level))
        name = self._view.reduce or ""
        if not name.startswith("_"):
            yield from self._by_function(groups)
            return
        for _, rows in groups:
            first = next(rows)
            values_of = (row[3] for row in _chain(first, rows))
            yield first[2], builtins.reduced(name, values_of)

    def _by_function(
        self, groups: Iterator[tuple[bytes, Iterator[_Stored]]]
    ) -> Iterator[tuple[str, Json]]:
        """By a JavaScript function: many small groups in one call, large ones in parts."""
        queue: list[tuple[_Group, str]] = []
        complete: list[_Group] = []
        for _, rows in groups:
            group: _Group | None = None
            while chunk := list(islice(rows, CHUNK)):
                group = group or _Group(chunk[0][2])
                queue.append((group, _line(chunk)))
                if len(queue) >= QUEUE:
                    self._run(queue)
            if group is not None:
                complete.append(group)
            if len(complete) >= QUEUE:
                self._run(queue)
            if not queue:
                yield from map(self._finished, complete)
                complete = []
        self._run(queue)
        yield from map(self._finished, complete)

    def _run(self, queue: list[tuple[_Group, str]]) -> None:
        lines = [line for _, line in queue]
        answers = self._pool.run(self._design.program, "reduce", lines, self._view.name)
        for (group, _), answer in zip(queue, answers, strict=True):
            group.parts.append(answer)
            if len(group.parts) >= PARTS:
                group.parts = [self._again(group.parts)]
        queue.clear()

    def _finished(self, group: _Group) -> tuple[str, Json]:
        value = group.parts[0] if len(group.parts) == 1 else self._again(group.parts)
        try:
            return group.k, json.loads(value)
        except RecursionError as error:
            raise DesignError("the reduce function's value is nested too deep") from error

    def _again(self, parts: list[str]) -> str:
        line = f"[{','.join(parts)}]"
        return self._pool.run(self._design.program, "rereduce", [line], self._view.name)[0]


def _level(options: ViewOptions) -> int:
    """The group level: 0 for all in one, EXACT for whole keys."""
    if options.group_level is not None:
        return options.group_level
    return EXACT if options.group else 0


def _group_of(key: bytes, level: int) -> bytes:
    if level == 0:
        return b""
    return key if level == EXACT else group_key(key, level)


def _chain(first: _Stored, rest: Iterator[_Stored]) -> Iterator[_Stored]:
    yield first
    yield from rest


def _line(chunk: list[_Stored]) -> str:
    keys = ",".join(f"[{k},{json.dumps(docid)}]" for _, docid, k, _ in chunk)
    return f"[[{keys}],[{','.join(v for _, _, _, v in chunk)}]]"
