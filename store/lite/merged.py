"""Rows below several first members of their keys as one range: `Database.merged`.

One statement finds the first row below each of them; only those whose first row comes soon enough
are read on, row by row. So a page costs one look into the index for each, and its own rows. What
is reduced is remembered below each of them (store.lite.remembered).
"""

import heapq
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from store.collation import ARRAY, HIGHEST, group_key
from store.lite.query import as_rows
from store.lite.ranges import Range, check, group_level, is_reduced, ranges
from store.lite.reduce import Partial, Reduction, shown
from store.lite.remembered import Remembered, What
from store.lite.tree import Tree
from store.lite.views import View
from store.merging import check as check_mergeable
from store.types import Json, Row, ViewOptions

MANY = 500
"""First members in one statement."""
LEAST = 3
"""The fewest rows that are read at once."""
DENSE = 20
"""So many nodes of the tree are read in the time that one more range takes."""

Stored = tuple[bytes, bytes, str, str]
"""Sort key without the first member, tail, JSON texts of key and value."""


class Merged:
    """Reads one view in one state of its index."""

    def __init__(self, conn: sqlite3.Connection, view: View, remembered: Remembered) -> None:
        self._conn = conn
        self._view = view
        self._remembered = remembered
        self._table = f"rows_{view.number}"

    def answer(self, firsts: Sequence[Json], options: ViewOptions) -> list[Row]:
        """The rows; keys come without the first member. Raises QueryParseError, DesignError."""
        check_mergeable(options)
        reduced = is_reduced(options, self._view)
        check(options, reduced=reduced)
        (wanted,) = ranges(options, self._rest)
        beginnings = list(dict.fromkeys(ARRAY + self._view.sort_key(first) for first in firsts))
        if reduced:
            return self._reduced(beginnings, wanted, options)
        found = as_rows((tail, k, v) for _, tail, k, v in self._stored(beginnings, wanted, options))
        return [_without_first(row) for row in found]

    def _rest(self, key: Json) -> bytes:
        """The sort key of the members that follow the first."""
        return self._view.sort_key(key)[len(ARRAY) :]

    def _stored(
        self, beginnings: Sequence[bytes], wanted: Range, options: ViewOptions
    ) -> Iterator[Stored]:
        limit = options.limit
        if limit is not None and limit < len(beginnings):
            beginnings = self._soonest(beginnings, wanted, limit, options.descending)
        piece = MANY if limit is None else max(LEAST, 2 * limit // max(1, len(beginnings)))
        streams = [self._below(one, wanted, options.descending, piece) for one in beginnings]
        return islice(heapq.merge(*streams, reverse=options.descending), limit)

    def _below(
        self, beginning: bytes, wanted: Range, descending: bool, piece: int
    ) -> Iterator[Stored]:
        """The rows below one first member, in pieces that grow, as they are asked for."""
        order = "key DESC, tail DESC" if descending else "key, tail"
        inside = _inside(beginning, wanted)
        start, end = inside.start, inside.end
        while True:
            found = self._conn.execute(
                f"SELECT key, tail, k, v FROM {self._table}"
                f" WHERE (key, tail) >= (?, ?) AND (key, tail) < (?, ?) ORDER BY {order} LIMIT ?",
                (*start, *end, piece),
            ).fetchall()
            for key, tail, k, v in found:
                yield key[len(beginning) :], tail, k, v
            if len(found) < piece:
                return
            key, tail = found[-1][:2]
            if descending:
                end = key, tail
            else:
                start = key, tail + b"\0"
            piece *= 2

    def _soonest(
        self, beginnings: Sequence[bytes], wanted: Range, limit: int, descending: bool
    ) -> list[bytes]:
        """Those to which the first `limit` rows belong: others begin behind as many."""

        def look(firsts: Sequence[bytes]) -> dict[bytes, list[bytes]]:
            found: dict[bytes, list[bytes]] = {one: [] for one in firsts}
            for head, one in self._heads(firsts, wanted, descending):
                found[one].append(head)
            return found

        if (wanted.end if descending else wanted.start)[1]:
            heads = look(beginnings)  # a place in the middle is not asked for again
        else:
            what = What[bytes](self._view.number, wanted, ("heads", descending))
            heads = self._remembered.below(self._conn, what, beginnings, look)
        some = [(head, one) for one, found in heads.items() for head in found]
        choose = heapq.nlargest if descending else heapq.nsmallest
        return [one for _, one in choose(limit, some)]

    def _heads(
        self, beginnings: Sequence[bytes], wanted: Range, descending: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """The place of the first row, and what it is below of, where there is one."""
        order = "DESC" if descending else "ASC"
        for at in range(0, len(beginnings), MANY):
            firsts = beginnings[at : at + MANY]
            marks = ",".join(["(?)"] * len(firsts))
            yield from self._conn.execute(
                f"WITH firsts(first) AS (VALUES {marks}), heads(head, first) AS (SELECT ("
                f"SELECT substr(CAST(key || tail AS BLOB), length(first) + 1) FROM {self._table}"
                " WHERE (key, tail) >= (CAST(first || ? AS BLOB), ?)"
                " AND (key, tail) < (CAST(first || ? AS BLOB), ?)"
                f" ORDER BY key {order}, tail {order} LIMIT 1), first FROM firsts)"
                " SELECT head, first FROM heads WHERE head IS NOT NULL",
                (*firsts, *wanted.start, *wanted.end),
            )

    def _reduced(
        self, beginnings: Sequence[bytes], wanted: Range, options: ViewOptions
    ) -> list[Row]:
        """The groups below each first member, put together where the rest of their keys is one."""
        level = group_level(options)
        deep = level + 1 if level > 0 else level
        what = What[Partial](self._view.number, wanted, deep)

        def look(firsts: Sequence[bytes]) -> dict[bytes, list[Partial]]:
            return self._reduce(firsts, wanted, deep)

        below = self._remembered.below(self._conn, what, beginnings, look)
        groups: dict[bytes, list[Partial]] = {}
        for beginning in beginnings:
            for one in below[beginning]:
                groups.setdefault(one.group[len(beginning) :], []).append(one)
        ordered = sorted(groups.items(), reverse=options.descending)[: options.limit]
        reducer = self._view.reducer
        whole = reducer.rereduce([[one.value for one in parts] for _, parts in ordered])
        put = [
            Partial(group, parts[0].k, value)
            for (group, parts), value in zip(ordered, whole, strict=True)
        ]
        return [_without_first(row) for row in shown(reducer, put, deep)]

    def _reduce(
        self, beginnings: Sequence[bytes], wanted: Range, level: int
    ) -> dict[bytes, list[Partial]]:
        """The groups below each first member: in one go where that is quicker, else only where
        there are rows."""
        found: dict[bytes, list[Partial]] = {one: [] for one in beginnings}
        if not beginnings:
            return found
        tree = Tree(self._conn, self._view.number)
        reduction = Reduction(self._conn, self._view, tree)
        whole = Range((min(beginnings), b""), (max(beginnings) + HIGHEST, b""))
        most = DENSE * len(beginnings)
        if (
            wanted == Range()
            and level >= 0
            and tree.has_leaves_at_most(most, whole.start, whole.end)
        ):
            for part in chain.from_iterable(reduction.partials(whole, max(level, 1))):
                found.get(group_key(part.group, 1), []).append(part)
            return found
        for _, one in self._heads(beginnings, wanted):
            found[one] += chain.from_iterable(reduction.partials(_inside(one, wanted), level))
        return found


def _inside(beginning: bytes, wanted: Range) -> Range:
    """The rows of the range below one first member."""
    (start, from_tail), (end, to_tail) = wanted.start, wanted.end
    return Range((beginning + start, from_tail), (beginning + end, to_tail))


def _without_first(row: Row) -> Row:
    return {**row, "key": row["key"] and row["key"][1:]}
