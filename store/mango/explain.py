"""`POST /db/_explain`: which index serves a query and why, as CouchDB 3.5 tells it."""

from collections.abc import Iterator

from store.mango import bookmark
from store.mango.choice import Choice, Fit, covers
from store.mango.indexes import JSON, Index
from store.mango.options import Query
from store.mango.ranges import end_key, indexable, of_ids, start_key
from store.mango.selector import fields
from store.types import ABSENT, Json

MAX = "<MAX>"

_Reasons = Iterator[tuple[Index, bool, str, int]]
"""An index, whether it is usable, why it was not taken, and its rank."""


def explained(dbname: str, choice: Choice) -> dict[str, Json]:
    query, best = choice.query, choice.best
    answer: dict[str, Json] = {
        "dbname": dbname,
        "index": None if best is None else best.index.to_json(),
        "partitioned": False,
        "selector": query.selector,
        "opts": _options(query),
        "limit": query.limit,
        "skip": query.skip,
        "fields": list(query.fields),
        "index_candidates": _candidates(choice),
        "selector_hints": [_hints(query)],
    }
    if best is not None:
        answer["mrargs"] = _view_arguments(choice, best)
        answer["covering"] = choice.covering
    return answer


def _options(query: Query) -> dict[str, Json]:
    return {
        "use_index": list(query.use_index),
        "bookmark": query.bookmark or bookmark.NONE,
        "limit": query.limit,
        "skip": query.skip,
        "sort": dict(query.sort),
        "fields": list(query.fields),
        "partition": query.partition,
        "r": query.r,
        "conflicts": query.conflicts,
        "stale": "ok" if query.stale else False,
        "update": query.update,
        "stable": query.stable,
        "execution_stats": query.execution_stats,
        "allow_fallback": query.allow_fallback,
    }


def _hints(query: Query) -> dict[str, Json]:
    found = indexable(query.selector)
    others = sorted({*fields(query.selector)}.difference(found))
    return {"type": JSON, "indexable_fields": found, "unindexable_fields": others}


def _candidates(choice: Choice) -> list[dict[str, Json]]:
    """The indexes that were not taken, last first, as CouchDB lists them."""
    wanted = choice.query.fields
    found = sorted(_reasons(choice), key=lambda reason: reason[0].place, reverse=True)
    return [
        {
            "index": index.to_json(),
            "analysis": {
                "usable": usable,
                "reasons": [{"name": reason}],
                "ranking": ranking,
                "covering": bool(wanted) and covers(index, wanted) if index.kind == JSON else None,
            },
        }
        for index, usable, reason, ranking in found
    ]


def _reasons(choice: Choice) -> _Reasons:
    for rank, fit in enumerate(choice.fits[1:], 1):
        yield fit.index, True, _why_worse(choice.fits[0], fit), rank
    rank = max(1, len(choice.fits))
    groups: tuple[list[tuple[Index, bool, str]], ...] = (
        [(index, True, "unfavored_type") for index in choice.unfavored],
        [(index, True, "excluded_by_user") for index in choice.excluded],
        [(index, False, reason) for index, reason in choice.unusable],
        [(index, False, "is_partial") for index in choice.partial],
    )
    for group in groups:
        for index, usable, reason in group:
            yield index, usable, reason, rank
        rank += bool(group)


def _why_worse(best: Fit, fit: Fit) -> str:
    if fit.left > 0:
        return "less_overlap"
    if len(fit.index.columns) > len(best.index.columns):
        return "too_many_fields"
    return "alphabetically_comes_after"


def _view_arguments(choice: Choice, best: Fit) -> dict[str, Json]:
    query = choice.query
    start, end = (None, None) if choice.nothing else _keys(choice, best)
    if query.descending:
        start, end = end, start
    return {
        "include_docs": query.r == 1 and not choice.covering,
        "view_type": "map",
        "reduce": False,
        "partition": None,
        "start_key": start,
        "end_key": end,
        "direction": "rev" if query.descending else "fwd",
        "stable": query.stable or query.stale,
        "update": query.fresh,
        "conflicts": query.conflicts or "undefined",
    }


def _keys(choice: Choice, best: Fit) -> tuple[Json, Json]:
    if best.index.kind == JSON:
        return start_key(best.ranges), [*end_key(best.ranges), MAX]
    ids = of_ids(choice.query.selector)
    if ids.low is ABSENT and ids.high is ABSENT and not best.ranges:
        return None, MAX
    return "" if ids.low is ABSENT else ids.low, MAX if ids.high is ABSENT else ids.high
