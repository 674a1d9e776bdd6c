"""Random documents and selectors, and a slow model of what selectors mean, written apart from the
store: it walks a selector as it stands, while the store brings it into a normal form first."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

NAMES = ("a", "b", "c", "a.a", "a.b", "b.0", "c.a.b")
MISSING = object()
NOWHERE = object()

scalars = (
    st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from([0.5, 2.0, "", "a", "ab", "b"])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("ab"), inner, min_size=1, max_size=2)
    ),
    max_leaves=4,
)
documents = st.lists(
    st.dictionaries(st.sampled_from("abc"), values, min_size=1), min_size=1, max_size=12
).map(lambda docs: [{"_id": f"{'xyz'[at % 3]}{at}", **doc} for at, doc in enumerate(docs)])

lists = st.lists(values, max_size=3)
plain_conditions = st.one_of(
    st.tuples(st.sampled_from(["$lt", "$lte", "$eq", "$ne", "$gte", "$gt"]), values),
    st.tuples(st.just("$exists"), st.booleans()),
    st.tuples(st.just("$type"), st.sampled_from(["null", "number", "string", "array", "object"])),
    st.tuples(st.sampled_from(["$in", "$nin", "$all"]), lists),
    st.tuples(st.just("$size"), st.integers(0, 3)),
    st.tuples(st.just("$mod"), st.tuples(st.sampled_from([1, 2, -2]), st.integers(0, 1)).map(list)),
    st.tuples(st.just("$regex"), st.sampled_from(["^a", "b$", "."])),
    st.tuples(st.just("$beginsWith"), st.sampled_from(["", "a", "ab"])),
)


def _selectors(conditions: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    fields = st.dictionaries(st.sampled_from(NAMES), conditions, min_size=1, max_size=3)
    return st.recursive(
        fields,
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(["$and", "$or", "$nor"]), st.lists(inner, max_size=3))
            .map(lambda pair: dict([pair])),
            inner.map(lambda one: {"$not": one}),
            st.tuples(inner, fields).map(lambda pair: {**pair[0], **pair[1]}),
        ),
        max_leaves=4,
    )  # fmt: skip


def _conditions() -> st.SearchStrategy[Any]:
    simple = scalars | st.lists(plain_conditions, min_size=1, max_size=2).map(dict)
    operators = st.lists(plain_conditions, min_size=1, max_size=2).map(dict)
    nested = st.one_of(
        st.tuples(
            st.sampled_from(["$elemMatch", "$allMatch", "$keyMapMatch"]),
            operators | _selectors(simple),
        ),
        st.tuples(st.just("$not"), operators),
        st.tuples(st.sampled_from(["$and", "$or", "$nor"]), st.lists(operators, max_size=2)),
    ).map(lambda pair: dict([pair]))
    return st.one_of(simple, nested)


selectors = _selectors(_conditions())


def meets(doc: Any, selector: Any, path: str = "", negated: bool = False) -> bool:
    """What CouchDB says of a document: a condition on what is missing is never met, not even a
    negated one; an empty list of `$and`, `$or` or `$nor` is always met."""
    if not isinstance(selector, dict) or not selector:
        return _condition(doc, path, "$eq", selector, negated)
    found = [_member(doc, name, value, path, negated) for name, value in selector.items()]
    return any(found) if negated and len(found) > 1 else all(found)


def _member(doc: Any, name: str, value: Any, path: str, negated: bool) -> bool:
    if name in ("$and", "$or", "$nor"):
        negated = negated != (name == "$nor")
        found = [meets(doc, part, path, negated) for part in value]
        every = (name == "$and") != negated
        return not found or (all(found) if every else any(found))
    if name == "$not":
        return meets(doc, value, path, not negated)
    if name.startswith("$"):
        return _condition(doc, path, name, value, negated)
    return meets(doc, value, f"{path}.{name}" if path else name, negated)


def _condition(doc: Any, path: str, operator: str, argument: Any, negated: bool) -> bool:
    value = look_up(doc, path) if path else doc
    if operator == "$exists" and value is MISSING:
        return bool(argument) == negated
    if value is MISSING or value is NOWHERE:
        return False
    return OPERATORS[operator](value, argument) != negated


def inside(value: Any, selector: Any) -> bool:
    """The same for members of arrays, where `$not` is a plain "not"."""
    if not isinstance(selector, dict) or not selector:
        return order(value) == order(selector)
    return all(_inner(value, name, argument, "") for name, argument in selector.items())


def _inner(value: Any, name: str, argument: Any, path: str) -> bool:
    if name in ("$and", "$or", "$nor"):
        found = [_inside_at(value, part, path) for part in argument]
        return (
            all(found) if name == "$and" else not any(found) if name == "$nor"
            else any(found) or not found
        )  # fmt: skip
    if name == "$not":
        return not _inside_at(value, argument, path)
    if name.startswith("$"):
        return _condition(value, path, name, argument, False)
    return _inside_at(value, argument, f"{path}.{name}" if path else name)


def _inside_at(value: Any, selector: Any, path: str) -> bool:
    if not isinstance(selector, dict) or not selector:
        return _condition(value, path, "$eq", selector, False)
    return all(_inner(value, name, argument, path) for name, argument in selector.items())


def look_up(value: Any, path: str) -> Any:
    for name in path.split("."):
        if isinstance(value, dict):
            if name not in value:
                return MISSING
            value = value[name]
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return NOWHERE
    return value


def order(value: Any) -> Any:
    """CouchDB's order for the values made here, as something that Python compares."""
    if value is None or isinstance(value, bool):
        return (0, (None, False, True).index(value) if value is not None else 0)
    if isinstance(value, int | float):
        return (1, float(value))
    if isinstance(value, str):
        return (2, value)
    if isinstance(value, list):
        return (3, [order(member) for member in value])
    return (4, [(name, order(member)) for name, member in value.items()])


def _same(one: Any, other: Any) -> bool:
    return repr(one) == repr(other)


def _is_in(value: Any, wanted: list[Any]) -> bool:
    candidates = value if isinstance(value, list) else [value]
    return any(order(one) == order(other) for one in candidates for other in wanted)


def _has_all(value: Any, wanted: list[Any]) -> bool:
    if not isinstance(value, list) or not wanted:
        return False
    has = all(any(_same(one, other) for other in value) for one in wanted)
    return has or (len(wanted) == 1 and _same(wanted[0], value))


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    names = {int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$lt": lambda value, other: order(value) < order(other),
    "$lte": lambda value, other: order(value) <= order(other),
    "$eq": lambda value, other: order(value) == order(other),
    "$ne": lambda value, other: order(value) != order(other),
    "$gte": lambda value, other: order(value) >= order(other),
    "$gt": lambda value, other: order(value) > order(other),
    "$exists": lambda value, wanted: bool(wanted),
    "$type": lambda value, name: _kind(value) == name,
    "$in": _is_in,
    "$nin": lambda value, wanted: not _is_in(value, wanted),
    "$all": _has_all,
    "$size": lambda value, size: isinstance(value, list) and len(value) == size,
    "$mod": lambda value, by: type(value) is int and value - int(value / by[0]) * by[0] == by[1],
    "$regex": lambda value, pattern: (
        isinstance(value, str)
        and {"^a": value[:1] == "a", "b$": value[-1:] == "b", ".": value != ""}[pattern]
    ),
    "$beginsWith": lambda value, start: isinstance(value, str) and value[: len(start)] == start,
    "$elemMatch": lambda value, part: (
        isinstance(value, list) and any(inside(one, part) for one in value)
    ),
    "$allMatch": lambda value, part: (
        isinstance(value, list) and value != [] and all(inside(one, part) for one in value)
    ),
    "$keyMapMatch": lambda value, part: (
        isinstance(value, dict) and any(inside(name, part) for name in value)
    ),
}
