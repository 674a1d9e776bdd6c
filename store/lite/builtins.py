"""CouchDB's built-in reduce functions over a stream of values (3.5, "Built-in Reduce")."""

import json
from collections.abc import Iterable
from typing import Any

from store.errors import DesignError
from store.lite.exact import Exact, add, exact, is_number, plain
from store.types import Json

_SUM_NEEDS = "The _sum function requires that map values be numbers, arrays of numbers, or objects"
_STATS_NEEDS = "The _stats function requires that map values be numbers or statistics"
_STATS = ("sum", "count", "min", "max", "sumsqr")


def reduced(name: str, values: Iterable[str]) -> Json:
    """The value of the built-in function `name` over JSON texts, at least one.

    Raises DesignError where the values do not fit.
    """
    if name == "_count":
        return sum(1 for _ in values)
    fold, total = (_sum, None) if name == "_sum" else (_stats, None)
    for text in values:
        total = fold(total, json.loads(text))
    return _plain(total)


def _sum(total: Any, value: Json) -> Any:
    """Numbers add up, arrays and objects member by member; a number counts as an array of one."""
    if is_number(value):
        if isinstance(total, list):
            return _sum(total, [value])
        if isinstance(total, dict):
            raise DesignError(_SUM_NEEDS)
        number = exact(value)
        return number if total is None else add(total, number)
    if isinstance(value, list):
        return _sum_arrays(total, value)
    if isinstance(value, dict) and (total is None or isinstance(total, dict)):
        members = dict(total or {})
        for name, member in value.items():
            members[name] = _sum(members.get(name), member)
        return members
    raise DesignError(f"{_SUM_NEEDS}: {json.dumps(value)[:100]}")


def _sum_arrays(total: Any, value: list[Json]) -> list[Any]:
    if isinstance(total, dict) or not all(map(is_number, value)):
        raise DesignError(f"{_SUM_NEEDS}: {json.dumps(value)[:100]}")
    members: list[Exact] = list(total) if isinstance(total, list) else []
    if isinstance(total, int | tuple):
        members = [total]
    members += [0] * (len(value) - len(members))
    for at, number in enumerate(value):
        members[at] = add(members[at], exact(number))
    return members


def _stats(total: Any, value: Json) -> Any:
    if isinstance(value, list):
        known = total if isinstance(total, list) else []
        known = known + [None] * (len(value) - len(known))
        return [_stats(one, member) for one, member in zip(known, value, strict=False)]
    if is_number(value):
        number = exact(value)
        value = {"sum": number, "count": 1, "min": value, "max": value}
        value["sumsqr"] = exact(plain(number) ** 2)
    elif isinstance(value, dict) and all(is_number(value.get(name)) for name in _STATS):
        value = {n: exact(value[n]) if n in ("sum", "sumsqr") else value[n] for n in _STATS}
    else:
        raise DesignError(f"{_STATS_NEEDS}: {json.dumps(value)[:100]}")
    if total is None:
        return value
    return {
        "sum": add(total["sum"], value["sum"]),
        "count": total["count"] + value["count"],
        "min": min(total["min"], value["min"]),
        "max": max(total["max"], value["max"]),
        "sumsqr": add(total["sumsqr"], value["sumsqr"]),
    }


def _plain(total: Any) -> Json:
    """With every exact number rounded."""
    if isinstance(total, list):
        return [_plain(member) for member in total]
    if isinstance(total, dict):
        return {name: _plain(member) for name, member in total.items()}
    return plain(total) if isinstance(total, int | tuple) else total
