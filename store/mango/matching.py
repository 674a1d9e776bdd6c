"""Whether a document meets a selector, as CouchDB decides it.

Values compare in the order of view keys (store.collation), but `_id`s by their bytes. A field that
a document lacks meets no condition but `{"$exists": false}`, not even `$ne` or `$nin`.
"""

import json
import operator
import unicodedata
from collections.abc import Callable
from functools import partial

from store.collation import sort_key
from store.mango import paths
from store.mango.patterns import Pattern
from store.mango.selector import Selector
from store.types import ABSENT, Json

Test = Callable[[Json], bool]
Key = Callable[[Json], bytes]

_MISSING = {"$exists": False}
_COMPARISONS: dict[str, Callable[[bytes, bytes], bool]] = {
    "$lt": operator.lt,
    "$lte": operator.le,
    "$eq": operator.eq,
    "$ne": operator.ne,
    "$gte": operator.ge,
    "$gt": operator.gt,
}
_TYPES = {
    type(None): "null", bool: "boolean", int: "number", float: "number",
    str: "string", list: "array", dict: "object",
}  # fmt: skip


def matcher(selector: Selector) -> Test:
    """A test of documents by a normal form.

    It holds a clock: `$regex` may take `patterns.SECONDS` over all documents together, then the
    test raises BadQuery. So one is made for each query. Raises BadQuery for a bad field name.
    """
    return _test(selector, sort_key) if selector else _always


def raw_key(value: Json) -> bytes:
    """The order of `_id`s: by bytes, anything else before them."""
    if isinstance(value, str):
        return b"\x01" + value.encode("utf-8", "surrogatepass")
    return b"\x00" + sort_key(value)


def _always(value: Json) -> bool:
    return True


def _test(selector: Selector, key: Key) -> Test:
    ((name, argument),) = selector.items()
    if name.startswith("$"):
        return _OPERATORS[name](argument, key)
    return _field(name, argument, key)


def _field(name: str, condition: Selector, key: Key) -> Test:
    if not name:  # of `$elemMatch` and its like: the member itself
        return _test(condition, key)
    path = paths.parse(name)
    if condition == _MISSING:
        return lambda value: paths.get(value, path) is ABSENT
    test = _test(condition, raw_key if name == "_id" else key)

    def holds(value: Json) -> bool:
        found = paths.get(value, path)
        return found is not ABSENT and found is not paths.BLOCKED and test(found)

    return holds


def _compared(holds: Callable[[bytes, bytes], bool], argument: Json, key: Key) -> Test:
    bound = key(argument)
    return lambda value: holds(key(value), bound)


def _and(argument: list[Selector], key: Key) -> Test:
    tests = [_test(part, key) for part in argument]
    return lambda value: all(test(value) for test in tests)


def _or(argument: list[Selector], key: Key) -> Test:
    """An empty list is true, as in CouchDB."""
    tests = [_test(part, key) for part in argument] or [_always]
    return lambda value: any(test(value) for test in tests)


def _nor(argument: list[Selector], key: Key) -> Test:
    tests = [_test(part, key) for part in argument]
    return lambda value: not any(test(value) for test in tests)


def _not(argument: Selector, key: Key) -> Test:
    test = _test(argument, key)
    return lambda value: not test(value)


def _in(argument: list[Json], key: Key) -> Test:
    """Of an array its members are looked at."""
    wanted = set(map(key, argument))
    return lambda value: (
        not wanted.isdisjoint(map(key, value) if isinstance(value, list) else (key(value),))
    )


def _nin(argument: list[Json], key: Key) -> Test:
    test = _in(argument, key)
    return lambda value: not test(value)


def _exists(argument: bool, key: Key) -> Test:
    return lambda value: argument


def _type(argument: str, key: Key) -> Test:
    return lambda value: _TYPES[type(value)] == argument


def _mod(argument: list[int], key: Key) -> Test:
    """The rest has the sign of the number, as in Erlang; only whole numbers have one."""
    divisor, rest = abs(argument[0]), argument[1]

    def holds(value: Json) -> bool:
        if type(value) is not int:
            return False
        return (value % divisor if value >= 0 else -(-value % divisor)) == rest

    return holds


def _size(argument: int, key: Key) -> Test:
    return lambda value: isinstance(value, list) and len(value) == argument


def _begins_with(argument: str, key: Key) -> Test:
    """By whole characters: "e" does not begin an "e" with an accent that follows it."""

    def holds(value: Json) -> bool:
        if not isinstance(value, str) or not value.startswith(argument):
            return False
        return not unicodedata.combining(value[len(argument) : len(argument) + 1] or " ")

    return holds


def _regex(argument: str, key: Key) -> Test:
    pattern = Pattern(argument)
    return lambda value: isinstance(value, str) and pattern.found_in(value)


def _all(argument: list[Json], key: Key) -> Test:
    """All are members, or the one is the array itself; 1 and 1.0 are different here."""
    wanted = set(map(json.dumps, argument))
    itself = json.dumps(argument[0]) if len(argument) == 1 else None

    def holds(value: Json) -> bool:
        if not isinstance(value, list) or not wanted:
            return False
        return wanted.issubset(map(json.dumps, value)) or json.dumps(value) == itself

    return holds


def _elem_match(argument: Selector, key: Key) -> Test:
    test = _test(argument, key)
    return lambda value: isinstance(value, list) and any(map(test, value))


def _all_match(argument: Selector, key: Key) -> Test:
    test = _test(argument, key)
    return lambda value: isinstance(value, list) and bool(value) and all(map(test, value))


def _key_map_match(argument: Selector, key: Key) -> Test:
    test = _test(argument, key)
    return lambda value: isinstance(value, dict) and any(map(test, value))


_OPERATORS: dict[str, Callable[[Json, Key], Test]] = {
    **{name: partial(_compared, holds) for name, holds in _COMPARISONS.items()},
    "$and": _and,
    "$or": _or,
    "$nor": _nor,
    "$not": _not,
    "$in": _in,
    "$nin": _nin,
    "$exists": _exists,
    "$type": _type,
    "$mod": _mod,
    "$size": _size,
    "$beginsWith": _begins_with,
    "$regex": _regex,
    "$all": _all,
    "$elemMatch": _elem_match,
    "$allMatch": _all_match,
    "$keyMapMatch": _key_map_match,
}
