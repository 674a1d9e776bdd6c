"""Rows of one index from several reader sets, merged into one order without reading ahead much."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from plugin.runtime.design import INDEX
from store.api import Database
from store.collation import sort_key
from store.types import Row, ViewOptions

END: dict[str, Any] = {}
"""Sorts after everything that keys hold (CouchDB: objects come last)."""
LAST = "\ufff0"
"""Sorts after every letter: the usual end of a range of texts with the same start."""


@dataclass(frozen=True)
class Range:
    """A range of keys without the reader set: from `low` to `high`, both included.

    `past` is a key and document id to begin behind, in the direction of reading.
    """

    low: tuple[Any, ...] = ()
    high: tuple[Any, ...] = (END,)
    past: tuple[tuple[Any, ...], str] | None = None

    def options(self, reader_set: str, *, descending: bool = False) -> ViewOptions:
        """The query of this range in one reader set."""
        start, end = (self.high, self.low) if descending else (self.low, self.high)
        docid = None
        if self.past:
            start, docid = self.past
        return ViewOptions(
            startkey=[reader_set, *start],
            endkey=[reader_set, *end],
            startkey_docid=docid,
            descending=descending,
            reduce=False,
        )


def under(prefix: Sequence[Any], starts_with: str = "") -> Range:
    """All keys that begin with `prefix`, and then with a text that starts so (case aside)."""
    if starts_with:
        return Range((*prefix, starts_with.lower()), (*prefix, starts_with.lower() + LAST, END))
    return Range(tuple(prefix), (*prefix, END))


def rows(
    db: Database,
    view: str,
    sets: Sequence[str],
    span: Range,
    *,
    wanted: int,
    descending: bool = False,
) -> Iterator[Row]:
    """The rows of all sets in the order of their keys, then ids; keys come without the set.

    `wanted` is how many the caller is likely to take: sets are read in pieces of a fair share.
    """
    if not sets:
        return
    piece = max(3, 2 * wanted // len(sets) + 1)
    options = [span.options(name, descending=descending) for name in sets]
    first = db.queries(INDEX, view, [replace(one, limit=piece) for one in options])
    streams = (
        _stream(db, view, one, answer["rows"], piece)
        for one, answer in zip(options, first, strict=True)
    )
    merged = heapq.merge(*streams, key=_place, reverse=descending)
    past = (sort_key(list(span.past[0])), span.past[1]) if span.past else None
    for row in merged:
        place = _place(row)
        if past and (place >= past if descending else place <= past):
            continue
        yield {**row, "key": row["key"][1:]}


def _place(row: Row) -> tuple[bytes, str]:
    return sort_key(row["key"][1:]), row["id"]


def _stream(
    db: Database, view: str, options: ViewOptions, found: list[Row], piece: int
) -> Iterator[Row]:
    """One set's rows; the next piece is asked for, twice as long, when they run out."""
    while True:
        yield from found
        if len(found) < piece:
            return
        last, piece = found[-1], piece * 2
        following = replace(
            options, startkey=last["key"], startkey_docid=last["id"], skip=1, limit=piece
        )
        found = db.view(INDEX, view, following)["rows"]


def totals(db: Database, view: str, sets: Sequence[str], span: Range) -> list[float]:
    """Count and sums over the range, all sets together; empty where there is nothing."""
    options = [replace(span.options(name), reduce=True) for name in sets]
    answers = db.queries(INDEX, view, options) if options else []
    return added(row["value"] for answer in answers for row in answer["rows"])


def grouped(
    db: Database, view: str, sets: Sequence[str], span: Range, depth: int
) -> list[tuple[tuple[Any, ...], list[float]]]:
    """Count and sums for each beginning of keys of length `depth`, in the order of keys."""
    options = [replace(span.options(name), reduce=True, group_level=depth + 1) for name in sets]
    answers = db.queries(INDEX, view, options) if options else []
    found: dict[bytes, tuple[tuple[Any, ...], list[list[float]]]] = {}
    for answer in answers:
        for row in answer["rows"]:
            key = row["key"][1:]
            found.setdefault(sort_key(key), (tuple(key), []))[1].append(row["value"])
    return [(key, added(values)) for _, (key, values) in sorted(found.items(), key=_by_key)]


def _by_key(entry: tuple[bytes, Any]) -> bytes:
    return entry[0]


def added(values: Iterable[Any]) -> list[float]:
    """The sums, place by place, of what `_sum` gave for arrays of numbers."""
    result: list[float] = []
    for value in values:
        numbers = value if isinstance(value, list) else [value]
        result += [0] * (len(numbers) - len(result))
        for place, one in enumerate(numbers):
            result[place] += one
    return result
