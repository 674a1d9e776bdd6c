"""Several ranges of a view merged into one by asking for them piece by piece, where a backend has
no better way: `Database.merged`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from store.collation import TOP, sort_key
from store.errors import QueryParseError
from store.options import check_numbers
from store.types import ABSENT, Json, Row, ViewOptions

Answers = list[dict[str, Json]]
Ask = Callable[[Sequence[ViewOptions]], Answers]
"""Asks several queries of one view at once."""

Place = tuple[bytes, str]

LEAST = 3
"""The fewest rows that are asked for at once."""


def merged(ask: Ask, firsts: Sequence[Json], options: ViewOptions) -> list[Row]:
    """What `Database.merged` answers, by as few rounds of questions as may be: mostly two."""
    check(options)
    if not firsts or options.limit == 0:
        return []
    once = {sort_key(first): first for first in firsts}
    below = [_below(first, options) for first in once.values()]
    if options.reduce is not False:
        return _added(ask(below), options)
    return _rows(ask, below, options)


def check(options: ViewOptions) -> None:
    """Raise QueryParseError for what cannot be asked of several ranges at once."""
    if options.keys is not None or options.key is not ABSENT:
        raise QueryParseError("`key` and `keys` are not offered where ranges are merged")
    if options.include_docs or options.skip:
        raise QueryParseError("`include_docs` and `skip` are not offered where ranges are merged")
    check_numbers(options)
    for end in (options.startkey, options.endkey):
        if end is not ABSENT and not isinstance(end, list):
            raise QueryParseError("ranges are merged of keys that are arrays")


def _below(first: Json, options: ViewOptions) -> ViewOptions:
    """The same question of the rows whose keys begin with `first`."""
    low, high = [first], [first, TOP]
    start, end = (high, low) if options.descending else (low, high)
    if options.startkey is not ABSENT:
        start = [first, *options.startkey]
    if options.endkey is not ABSENT:
        end = [first, *options.endkey]
    level = options.group_level
    return replace(
        options,
        startkey=start,
        endkey=end,
        group_level=level + 1 if level else level,
        limit=None,
    )


@dataclass
class _Stream:
    """The rows of one range, as far as they are known."""

    options: ViewOptions
    rows: list[Row] = field(default_factory=list)
    ended: bool = False

    def next(self, piece: int) -> ViewOptions:
        """The question for the rows behind those that are known."""
        if not self.rows:
            return replace(self.options, limit=piece)
        last = self.rows[-1]
        same = sum(row["key"] == last["key"] and row["id"] == last["id"] for row in self.rows)
        return replace(
            self.options, startkey=last["key"], startkey_docid=last["id"], skip=same, limit=piece
        )


def _rows(ask: Ask, below: Sequence[ViewOptions], options: ViewOptions) -> list[Row]:
    wanted = options.limit
    piece = None if wanted is None else max(LEAST, 2 * wanted // len(below) + 1)
    streams = [_Stream(one) for one in below]
    waiting = streams
    while True:
        found = ask([stream.next(piece) if piece else stream.options for stream in waiting])
        for stream, answer in zip(waiting, found, strict=True):
            stream.rows += answer["rows"]
            stream.ended = piece is None or len(answer["rows"]) < piece
        placed = [(_place(row), row) for stream in streams for row in stream.rows]
        placed.sort(key=_first_of, reverse=options.descending)
        placed = placed[:wanted]
        waiting = [one for one in streams if not one.ended and _may_add(one, placed, options)]
        if not waiting:
            return [{**row, "key": row["key"][1:]} for _, row in placed]
        piece = piece * 2 if piece else None


def _may_add(stream: _Stream, placed: Sequence[tuple[Place, Row]], options: ViewOptions) -> bool:
    """Whether rows behind those that are known of a stream may belong into the answer."""
    if len(placed) < (options.limit or 0):
        return True
    known, last = _place(stream.rows[-1]), placed[-1][0]
    return known > last if options.descending else known < last


def _place(row: Row) -> Place:
    return sort_key(row["key"][1:]), row["id"]


def _first_of(entry: tuple[Any, Any]) -> Any:
    return entry[0]


def _added(answers: Answers, options: ViewOptions) -> list[Row]:
    """One row a group, the groups of all ranges together."""
    grouped = options.group or bool(options.group_level)
    groups: dict[bytes, tuple[Json, list[Json]]] = {}
    for answer in answers:
        for row in answer["rows"]:
            key = row["key"][1:] if grouped else None
            groups.setdefault(sort_key(key), (key, []))[1].append(row["value"])
    ordered = sorted(groups.items(), key=_first_of, reverse=options.descending)
    return [{"key": key, "value": added(values)} for _, (key, values) in ordered][: options.limit]


def added(values: Sequence[Json]) -> Json:
    """Numbers, or arrays of numbers place by place, added as `_sum` adds them."""
    if not any(isinstance(value, list) for value in values):
        return sum(values)
    result: list[float] = []
    for value in values:
        numbers = value if isinstance(value, list) else [value]
        result += [0] * (len(numbers) - len(result))
        for place, one in enumerate(numbers):
            result[place] += one
    return result
