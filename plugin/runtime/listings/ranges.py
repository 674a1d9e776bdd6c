"""Ranges of keys of one index, over several reader sets as if they were one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plugin.runtime.designs.design import INDEX
from store.api import Database
from store.collation import TOP, sort_key
from store.types import ABSENT, Row, ViewOptions

LAST = "\ufff0"
"""Sorts after every letter: the usual end of a range of texts with the same start."""


@dataclass(frozen=True)
class Range:
    """A range of keys without the reader set: from `low` to `high`, both included.

    `past` is a key and document id to begin behind, in the direction of reading.
    """

    low: tuple[Any, ...] = ()
    high: tuple[Any, ...] = (TOP,)
    past: tuple[tuple[Any, ...], str] | None = None

    def options(self, *, descending: bool = False, **more: Any) -> ViewOptions:
        """The query of this range."""
        low = list(self.low) if self.low else ABSENT
        high = ABSENT if self.high == (TOP,) else list(self.high)
        start, end = (high, low) if descending else (low, high)
        docid = None
        if self.past:
            start, docid = list(self.past[0]), self.past[1]
        return ViewOptions(
            startkey=start,
            endkey=end,
            startkey_docid=docid,
            descending=descending,
            **more,
        )


def under(prefix: Sequence[Any], starts_with: str = "") -> Range:
    """All keys that begin with `prefix`, and then with a text that starts so (case aside)."""
    if starts_with:
        return Range((*prefix, starts_with.lower()), (*prefix, starts_with.lower() + LAST, TOP))
    return Range(tuple(prefix), (*prefix, TOP))


def rows(
    db: Database,
    view: str,
    sets: Sequence[str],
    span: Range,
    wanted: int,
    descending: bool = False,
) -> list[Row]:
    """The first rows of all sets in the order of keys, then ids; keys come without the set."""
    limit = wanted + 1 if span.past else wanted
    while True:
        options = span.options(descending=descending, reduce=False, limit=limit)
        found = db.merged(INDEX, view, sets, options)
        kept = [row for row in found if not _is_past(row, span.past, descending)]
        if len(kept) >= wanted or len(found) < limit:
            return kept[:wanted]
        limit *= 2  # one document has many rows with the same key


def _is_past(row: Row, past: tuple[tuple[Any, ...], str] | None, descending: bool) -> bool:
    """Whether a row stands where the reading begins, and not behind it."""
    if past is None:
        return False
    place, start = (sort_key(row["key"]), row["id"]), (sort_key(list(past[0])), past[1])
    return place >= start if descending else place <= start


def totals(db: Database, view: str, sets: Sequence[str], span: Range) -> list[float]:
    """Count and sums over the range, all sets together; empty where there is nothing."""
    found = db.merged(INDEX, view, sets, span.options())
    return as_list(found[0]["value"]) if found else []


def grouped(
    db: Database, view: str, sets: Sequence[str], span: Range, depth: int
) -> list[tuple[tuple[Any, ...], list[float]]]:
    """Count and sums for each beginning of keys of length `depth`, in the order of keys."""
    found = db.merged(INDEX, view, sets, span.options(group_level=depth))
    return [(tuple(row["key"]), as_list(row["value"])) for row in found]


def as_list(value: Any) -> list[float]:
    """What `_sum` gives for an array of numbers, or for a number."""
    return value if isinstance(value, list) else [value]
