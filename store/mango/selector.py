"""Selectors in one normal form, as CouchDB brings them into it before it looks for an index.

Every object has one member. Operators are explicit, field names whole paths, and negations stand
as deep as they can: `{"a": {"b": 1}, "$not": {"c": {"$gt": 2}}}` becomes
`{"$and": [{"a.b": {"$eq": 1}}, {"c": {"$lte": 2}}]}`. An empty selector stays as it is.
"""

from collections.abc import Callable

from store.errors import BadQuery
from store.mango import patterns
from store.mango.errors import bad_arg, no_search, shown
from store.types import Json

Selector = dict[str, Json]

LISTS = ("$and", "$or", "$nor")
MATCHES = ("$elemMatch", "$allMatch", "$keyMapMatch")
DEEPEST = 150
"""Levels of a selector. CouchDB has no limit; a deeper one could exhaust Python's stack."""

_NEGATED = {
    "$lt": "$gte", "$gte": "$lt", "$gt": "$lte", "$lte": "$gt",
    "$eq": "$ne", "$ne": "$eq", "$in": "$nin", "$nin": "$in",
}  # fmt: skip
_UNSUPPORTED = ("$where", "$geoWithin", "$geoIntersects", "$near", "$nearSphere")


def normalize(selector: Json) -> Selector:
    """The normal form; that of a normal form is itself. Raises BadQuery, SearchUnavailable."""
    if not isinstance(selector, dict):
        reason = f"Selector must be a JSON object, not: {shown(selector)}"
        raise BadQuery("invalid_selector_json", reason)
    if not selector:
        return {}
    _check_depth(selector)
    normal = _negations(_fields(_operators(selector), ""))
    if "" in normal:
        raise BadQuery("invalid_selector", "One or more conditions is missing a field name.")
    return normal


def fields(selector: Selector) -> list[str]:
    """The field names of a normal form, in order."""
    found = []
    for name, value in selector.items():
        if name.startswith("$"):
            found += [field for part in value for field in fields(part)]
        else:
            found.append(name)
    return found


def _check_depth(value: Json, level: int = 0) -> None:
    if level > DEEPEST:
        raise BadQuery("bad_selector", f"The selector has more than {DEEPEST} levels.")
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            _check_depth(member, level + 1)


def _operators(selector: Json) -> Selector:
    """All operators explicit and their arguments checked."""
    if not isinstance(selector, dict) or not selector:
        return {"$eq": selector}
    if len(selector) > 1:
        return {"$and": [_operators({name: value}) for name, value in selector.items()]}
    name, value = _only(selector)
    if name in LISTS:
        if not isinstance(value, list):
            raise bad_arg(name, value)
        return {name: [_operators(part) for part in value]}
    if name == "$not" or name in MATCHES:
        if not isinstance(value, dict):
            raise bad_arg(name, value)
        return {name: _operators(value)}
    if name.startswith("$"):
        _check(name, value)
        return {name: value}
    return {name: _operators(value)}


def _check(operator: str, argument: Json) -> None:
    if operator in _UNSUPPORTED:
        raise BadQuery("not_supported", f"Unsupported operator: {operator}")
    if operator in ("$regex", "$beginsWith"):
        known = isinstance(argument, str)
    else:
        known = operator in _ARGUMENTS
    if not known:
        raise BadQuery("invalid_operator", f"Invalid operator: {operator}")
    if not _ARGUMENTS[operator](argument):
        raise bad_arg(operator, argument)
    if operator == "$regex":
        patterns.check(argument)
    if operator == "$text":
        raise no_search()


def _any(argument: Json) -> bool:
    return True


def _list(argument: Json) -> bool:
    return isinstance(argument, list)


def _string(argument: Json) -> bool:
    return isinstance(argument, str)


def _whole(argument: Json) -> bool:
    return type(argument) is int


_ARGUMENTS: dict[str, Callable[[Json], bool]] = {
    "$lt": _any,
    "$lte": _any,
    "$eq": _any,
    "$ne": _any,
    "$gte": _any,
    "$gt": _any,
    "$in": _list,
    "$nin": _list,
    "$all": _list,
    "$exists": lambda argument: isinstance(argument, bool),
    "$type": _string,
    # CouchDB takes a divisor of 0 and fails once it meets a number.
    "$mod": lambda argument: (
        _list(argument) and len(argument) == 2 and all(map(_whole, argument)) and argument[0] != 0
    ),
    "$size": lambda argument: _whole(argument) and argument >= 0,
    "$regex": _string,
    "$beginsWith": _string,
    "$text": lambda argument: isinstance(argument, str | int | float),
}


def _fields(selector: Selector, path: str) -> Selector:
    """Field names moved down to their conditions, as whole paths."""
    name, value = _only(selector)
    if name in LISTS:
        return {name: [_fields(part, path) for part in value]}
    if name == "$not":
        return {name: _fields(value, path)}
    if name in MATCHES:
        return {path: {name: _fields(value, "")}}
    if name.startswith("$"):
        return {path: {name: value}}
    return _fields(value, f"{path}.{name}" if path else name)


def _negations(selector: Selector) -> Selector:
    """Negations moved down to where an index can see them."""
    name, value = _only(selector)
    if name == "$not":
        return _negate(value)
    if name == "$nor":
        return {"$and": [_negate(part) for part in value]}
    if name in LISTS:
        return {name: [_negations(part) for part in value]}
    return selector


def _negate(selector: Selector) -> Selector:
    name, value = _only(selector)
    if name == "$not":
        return _negations(value)
    if name == "$nor":
        return {"$or": [_negations(part) for part in value]}
    if name in LISTS:
        return {"$or" if name == "$and" else "$and": [_negate(part) for part in value]}
    if name in _NEGATED:
        return {_NEGATED[name]: value}
    if name == "$exists":
        return {"$exists": not value}
    if name.startswith("$"):
        return {"$not": selector}
    return {name: _negate(value)}


def _only(selector: Selector) -> tuple[str, Json]:
    ((name, value),) = selector.items()
    return name, value
