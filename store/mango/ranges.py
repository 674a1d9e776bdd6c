"""Which part of an index a selector needs: the conditions on each field, drawn together."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from store.collation import ARRAY, HIGHEST, sort_key
from store.mango.matching import raw_key
from store.mango.selector import Selector
from store.types import ABSENT, Json

INDEXABLE = ("$lt", "$lte", "$eq", "$gt", "$gte", "$beginsWith", "$exists")
LAST = "\uffff"
"""The character after all others in CouchDB's order; in the order of bytes there are others."""


@dataclass(frozen=True)
class Range:
    """Values from `low` to `high` in the order of `key`; ABSENT is no bound."""

    key: Callable[[Json], bytes]
    low: Json = ABSENT
    low_open: bool = False
    high: Json = ABSENT
    high_open: bool = False

    @property
    def empty(self) -> bool:
        if self.low is ABSENT or self.high is ABSENT:
            return False
        low, high = self.key(self.low), self.key(self.high)
        return low > high or (low == high and (self.low_open or self.high_open))

    def narrowed(self, operator: str, argument: Json) -> "Range":
        """What is left of the range under one more condition."""
        if operator == "$beginsWith":
            return self._above(argument, False)._below(argument + LAST, False)
        if operator == "$eq":
            return self._above(argument, False)._below(argument, False)
        if operator in ("$gt", "$gte"):
            return self._above(argument, operator == "$gt")
        if operator in ("$lt", "$lte"):
            return self._below(argument, operator == "$lt")
        return self

    def _above(self, low: Json, low_open: bool) -> "Range":
        if self.low is not ABSENT and (
            (self.key(low), low_open) <= (self.key(self.low), self.low_open)
        ):
            return self
        return replace(self, low=low, low_open=low_open)

    def _below(self, high: Json, high_open: bool) -> "Range":
        if self.high is not ABSENT and (
            (self.key(high), not high_open) >= (self.key(self.high), not self.high_open)
        ):
            return self
        return replace(self, high=high, high_open=high_open)


def indexable(selector: Selector) -> list[str]:
    """The fields with a condition that a range can express, each once, in order of their names.

    Only what all matching documents must meet counts: CouchDB looks through `$and` alone.
    """
    return sorted({field for field, operator, _ in conditions(selector) if operator in INDEXABLE})


def of_field(selector: Selector, field: str) -> Range:
    """The range of one field in a JSON index. CouchDB orders `_id`s there as it orders other
    strings, while selectors compare them by bytes: only equality is a range in both."""
    operators = ("$eq",) if field == "_id" else INDEXABLE
    return _narrowed(Range(sort_key), selector, field, operators)


def of_ids(selector: Selector) -> Range:
    """The range of `_id` in `_all_docs`."""
    return _narrowed(Range(raw_key), selector, "_id", INDEXABLE)


def _narrowed(found: Range, selector: Selector, field: str, operators: Sequence[str]) -> Range:
    for name, operator, argument in conditions(selector):
        if name == field and operator in operators:
            found = found.narrowed(operator, argument)
    return found


def conditions(selector: Selector) -> Iterator[tuple[str, str, Json]]:
    """Field, operator and argument of every condition under no other operator than `$and`."""
    for name, value in selector.items():
        if name == "$and":
            for part in value:
                yield from conditions(part)
        elif not name.startswith("$"):
            ((operator, argument),) = value.items()
            yield name, operator, argument


def start_key(ranges: Sequence[Range]) -> list[Json]:
    """The key to begin with, in CouchDB's form: up to the first field without a lower bound."""
    key = []
    for one in ranges:
        if one.low is ABSENT:
            break
        key.append(one.low)
    return key


def end_key(ranges: Sequence[Range]) -> list[Json]:
    """The beginning of the last keys."""
    key = []
    for one in ranges:
        if one.high is ABSENT:
            break
        key.append(one.high)
    return key


def bounds(ranges: Sequence[Range]) -> tuple[bytes, bytes]:
    """Sort keys of an index: `low <= key < high` holds for all that the ranges allow."""
    return ARRAY + _lowest(ranges), ARRAY + _highest(ranges)


def _lowest(ranges: Sequence[Range]) -> bytes:
    key = b""
    for one in ranges:
        if one.low is ABSENT:
            break
        key += sort_key(one.low)
        if one.low_open:
            return key + HIGHEST
    return key


def _highest(ranges: Sequence[Range]) -> bytes:
    key = b""
    for one in ranges:
        if one.high is ABSENT:
            break
        key += sort_key(one.high)
        if one.high_open:
            return key
    return key + HIGHEST


def id_bounds(selector: Selector) -> tuple[bytes, bytes]:
    """Bytes of ids in `_all_docs`: `low <= id < high` holds for all that the selector allows."""
    asked = of_ids(selector)
    # Every id is above whatever is no string.
    low, high = b"", b"\xff" if asked.high is ABSENT else b""
    if isinstance(asked.low, str):
        low = raw_key(asked.low)[1:] + (b"\0" if asked.low_open else b"")
    if isinstance(asked.high, str):
        beyond = asked.high.endswith(LAST)  # there are ids that only begin like it
        bound = raw_key(asked.high.removesuffix(LAST))[1:]
        high = bound + (b"\xff" if beyond else b"" if asked.high_open else b"\0")
    return low, high
