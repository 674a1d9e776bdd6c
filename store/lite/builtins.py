"""CouchDB's built-in reduce functions (3.5, "Built-in Reduce Functions").

A partial is JSON; numbers in it are packed (store.lite.exact), so that the outcome does not depend
on how the rows were cut into stretches.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from store.collation import sort_key
from store.errors import FunctionError
from store.lite import distinct
from store.lite.exact import exact, is_number, pack, plain, total, unpack
from store.types import Json

Stored = Sequence[Any]
Aggregate = tuple[str, Callable[[Any], str]]

MOST_RANKS = 100
STATS = ("sum", "count", "min", "max", "sumsqr")
OVERFLOW, RATIO = 5000, 2.0
"""From which size on, in characters, a sum must be so many times smaller than its values."""

_SUM_NEEDS = (
    "The _sum function requires that map values be numbers, arrays of numbers, or objects. Objects"
    " cannot be mixed with other data structures. Objects can be arbitrarily nested, provided that"
    " the values for all fields are themselves numbers, arrays of numbers, or objects."
)


class Builtin(Protocol):
    """One function. Neither chunks nor partials are empty."""

    @property
    def reads(self) -> str:
        """SQL for what it wants of a row's value."""
        ...

    @property
    def aggregate(self) -> "Aggregate | None":
        """SQL over the rows of a whole group, and what makes a partial of its outcome."""
        ...

    def reduce(self, rows: Sequence[Stored]) -> Json: ...

    def rereduce(self, partials: Sequence[Json]) -> Json: ...

    def value(self, partial: Json) -> Json: ...


def builtin(name: str) -> Builtin | None:
    """The function of that name, as CouchDB reads it: by its beginning. None where there is none;
    raises ValueError for a rank that is out of bounds."""
    for start, make in _BY_NAME.items():
        if name.startswith(start):
            return make(name.removeprefix(start))
    return None


@dataclass(frozen=True)
class Count:
    reads = "''"

    @property
    def aggregate(self) -> Aggregate:
        return "count(*)", str

    def reduce(self, rows: Sequence[Stored]) -> Json:
        return len(rows)

    def rereduce(self, partials: Sequence[Json]) -> Json:
        return sum(partials)

    def value(self, partial: Json) -> Json:
        return partial


@dataclass(frozen=True)
class Sum:
    """What cannot be added gives an error in place of the sum, as in CouchDB."""

    reads = "v"

    @property
    def aggregate(self) -> Aggregate:
        return "group_concat(v)", lambda found: json.dumps(self._gathered(found))

    def _gathered(self, found: Any) -> Json:
        return _checked(_summed(json.loads(f"[{found}]")), len(found))

    def reduce(self, rows: Sequence[Stored]) -> Json:
        return self._gathered(_values(rows))

    def rereduce(self, partials: Sequence[Json]) -> Json:
        failed = [one for one in partials if _is_error(one)]
        return failed[0] if failed else _summed([_mapped(unpack, one) for one in partials])

    def value(self, partial: Json) -> Json:
        return partial if _is_error(partial) else _mapped(_rounded, partial)


def _rounded(packed: Any) -> Any:
    return plain(unpack(packed))


def _values(rows: Sequence[Stored]) -> str:
    return ",".join([row[3] for row in rows])


class _NoSum(Exception):
    """Raised with the value that cannot be added."""


def _summed(values: Sequence[Any]) -> Json:
    try:
        return _mapped(pack, _sum(values))
    except _NoSum as failed:
        (cause,) = failed.args
        if _is_error(cause):
            return cause
        return {"error": "builtin_reduce_error", "reason": _SUM_NEEDS, "caused_by": cause}


def _sum(values: Sequence[Any]) -> Any:
    """Numbers add up, arrays and objects member by member; a number counts as an array of one."""
    kinds = set(map(type, values))
    if kinds == {int}:  # what most columns hold
        return sum(values)
    if kinds <= {int, float, tuple}:
        return total(values)
    if kinds <= {list, int, float, tuple}:
        lists = [value if isinstance(value, list) else [value] for value in values]
        longest = max(map(len, lists))
        columns = [[one[at] for one in lists if at < len(one)] for at in range(longest)]
        for column in columns:
            _refuse(column, {int, float, tuple})
        return [total(column) for column in columns]
    _refuse(values, {dict})
    return _sum_objects(values)


def _sum_objects(values: Sequence[dict[str, Any]]) -> dict[str, Any]:
    members: dict[str, list[Any]] = {}
    for value in values:
        if _is_error(value):
            raise _NoSum(value)
        for name, member in value.items():
            members.setdefault(name, []).append(member)
    return {name: found[0] if len(found) == 1 else _sum(found) for name, found in members.items()}


def _refuse(values: Sequence[Any], kinds: set[type]) -> None:
    for value in values:
        if type(value) not in kinds:
            raise _NoSum(value)


def _is_error(value: Json) -> bool:
    return isinstance(value, dict) and value.get("error") == "builtin_reduce_error"


def _checked(partial: Json, size: int) -> Json:
    grown = isinstance(partial, dict | list) and len(json.dumps(partial))
    if grown and grown > OVERFLOW and grown * RATIO > size:
        reason = f"Reduce output must shrink more rapidly: input size: {size} output size: {grown}"
        return {"error": "builtin_reduce_error", "reason": reason}
    return partial


def _mapped(change: Callable[[Any], Any], value: Any) -> Any:
    """`value` with `change` at each of its numbers."""
    if isinstance(value, list):
        return [_mapped(change, member) for member in value]
    if isinstance(value, dict):
        return {name: _mapped(change, member) for name, member in value.items()}
    return change(value)


@dataclass(frozen=True)
class Stats:
    """Sum, count, least, greatest, sum of squares of numbers, or of each place of arrays."""

    reads = "v"

    @property
    def aggregate(self) -> Aggregate:
        return "group_concat(v)", lambda found: json.dumps(self._gathered(found))

    def _gathered(self, found: Any) -> Json:
        return _together([_prepared(value) for value in json.loads(f"[{found}]")])

    def reduce(self, rows: Sequence[Stored]) -> Json:
        return self._gathered(_values(rows))

    def rereduce(self, partials: Sequence[Json]) -> Json:
        return _together(partials)

    def value(self, partial: Json) -> Json:
        if isinstance(partial, list):
            return [self.value(member) for member in partial]
        return {name: plain(unpack(partial[name])) for name in STATS}


def _prepared(value: Json) -> Json:
    if isinstance(value, list):
        return [_prepared(member) for member in value]
    if is_number(value):
        square = pack(exact(value * value))
        return {"sum": pack(exact(value)), "count": 1, "min": value, "max": value, "sumsqr": square}
    if not isinstance(value, dict):
        raise FunctionError("invalid_value", f"non-numeric _stats input: {json.dumps(value)}")
    for name in STATS:
        if name not in value:
            reason = f"user _stats input missing required field {name} ({json.dumps(value)})"
            raise FunctionError("invalid_value", reason)
        if not is_number(value[name]):
            reason = f"non-numeric _stats input received for {name}: {json.dumps(value[name])}"
            raise FunctionError("invalid_value", reason)
    return {name: pack(exact(value[name])) if name in ("sum", "sumsqr") else value[name]
            for name in STATS}  # fmt: skip


def _together(partials: Sequence[Json]) -> Json:
    first = partials[0]
    if isinstance(first, list):
        if any(not isinstance(one, list) or len(one) != len(first) for one in partials):
            raise FunctionError("invalid_value", "_stats of arrays that are not equally long")
        return [_together(members) for members in zip(*partials, strict=True)]
    if any(isinstance(one, list) for one in partials):
        raise FunctionError("invalid_value", "_stats of arrays and numbers together")
    return {
        "sum": pack(total([unpack(one["sum"]) for one in partials])),
        "count": sum(one["count"] for one in partials),
        "min": min(one["min"] for one in partials),
        "max": max(one["max"] for one in partials),
        "sumsqr": pack(total([unpack(one["sumsqr"]) for one in partials])),
    }


@dataclass(frozen=True)
class Distinct:
    """About how many different keys there are."""

    reads = "''"
    aggregate = None

    def reduce(self, rows: Sequence[Stored]) -> Json:
        return distinct.sketch(row[0] for row in rows)

    def rereduce(self, partials: Sequence[Json]) -> Json:
        return distinct.union(partials)

    def value(self, partial: Json) -> Json:
        return distinct.estimate(partial)


@dataclass(frozen=True)
class Rank:
    """The `most` greatest or least different values, in CouchDB's order."""

    most: int
    greatest: bool
    reads = "v"

    @property
    def aggregate(self) -> Aggregate:
        return "group_concat(v)", lambda found: json.dumps(self._gathered(found))

    def _gathered(self, found: Any) -> Json:
        return self._ranked(json.loads(f"[{found}]"))

    def reduce(self, rows: Sequence[Stored]) -> Json:
        return self._gathered(_values(rows))

    def rereduce(self, partials: Sequence[Json]) -> Json:
        return self._ranked([value for partial in partials for value in partial])

    def _ranked(self, values: Sequence[Json]) -> list[Json]:
        by_key = {sort_key(value): value for value in reversed(values)}
        return [by_key[key] for key in sorted(by_key, reverse=self.greatest)[: self.most]]

    def value(self, partial: Json) -> Json:
        return partial


@dataclass(frozen=True)
class End:
    """The value of the first or the last row."""

    place: int
    reads = "v"
    aggregate = None

    def reduce(self, rows: Sequence[Stored]) -> Json:
        return json.loads(rows[self.place][3])

    def rereduce(self, partials: Sequence[Json]) -> Json:
        return partials[self.place]

    def value(self, partial: Json) -> Json:
        return partial


def _rank(text: str, greatest: bool) -> Rank:
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise ValueError("invalid rank reducer")
    if len(text) > 9 or not 1 <= int(text) <= MOST_RANKS:
        raise ValueError(f"rank value must be between 1 and {MOST_RANKS}")
    return Rank(int(text), greatest)


_BY_NAME: dict[str, Callable[[str], Builtin]] = {
    "_sum": lambda _: Sum(),
    "_count": lambda _: Count(),
    "_stats": lambda _: Stats(),
    "_approx_count_distinct": lambda _: Distinct(),
    "_top_": lambda text: _rank(text, greatest=True),
    "_bottom_": lambda text: _rank(text, greatest=False),
    "_first": lambda _: End(0),
    "_last": lambda _: End(-1),
}
