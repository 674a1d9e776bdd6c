"""Which rows a query asks for: options checked as CouchDB does, and made bounds of sort keys."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from store.errors import QueryParseError
from store.lite.mapping import of_document
from store.lite.tree import FIRST, LAST, Place
from store.lite.views import View
from store.types import ABSENT, Json, ViewOptions

Key = Callable[[Json], bytes]

_LAST = b"\xff"
"""Above all tails of rows."""


@dataclass(frozen=True)
class Range:
    """The rows from `start` up to but not including `end`."""

    start: Place = FIRST
    end: Place = LAST


def is_reduced(options: ViewOptions, view: View) -> bool:
    return view.is_reduced and options.reduce is not False


def check(options: ViewOptions, view: View) -> None:
    """Raise QueryParseError where CouchDB refuses the options for this view."""
    grouped = options.group or options.group_level is not None
    if is_reduced(options, view):
        if options.include_docs:
            raise QueryParseError("`include_docs` is invalid for reduce")
        if options.conflicts:
            raise QueryParseError("`conflicts` is invalid for reduce views.")
        if options.keys is not None and not options.group:
            raise QueryParseError("Multi-key fetches for reduce views must use `group=true`")
    else:
        if options.reduce:
            raise QueryParseError("Reduce is invalid for map-only views.")
        if grouped:
            raise QueryParseError("Invalid use of grouping on a map view.")
    ends = (options.key, options.startkey, options.endkey)
    if options.keys is not None and any(end is not ABSENT for end in ends):
        raise QueryParseError("`keys` is incompatible with `key`, `start_key` and `end_key`")
    numbers = (options.skip, options.limit, options.group_level)
    if any(number is not None and number < 0 for number in numbers):
        raise QueryParseError("`skip`, `limit` and `group_level` must not be negative")


def ranges(options: ViewOptions, key: Key) -> Iterator[Range]:
    """The ranges in the order in which their rows are asked for: one, or one for each of `keys`.

    `key` makes sort keys. Raises QueryParseError where the ends are the wrong way round.
    """
    if options.keys is None:
        yield _range(options, options.key, options.key, key)
        return
    keys: Sequence[Json] = options.keys
    for one in reversed(keys) if options.descending else keys:
        yield _range(options, one, one, key)


def _range(options: ViewOptions, start: Json, end: Json, key: Key) -> Range:
    start = options.startkey if start is ABSENT else start
    end = options.endkey if end is ABSENT else end
    try:
        first = None if start is ABSENT else key(start)
        last = first if end is start else None if end is ABSENT else key(end)
    except (RecursionError, TypeError) as error:
        raise QueryParseError(f"a key is not one that can be ordered: {error}") from error
    if _is_wrong_way(first, last, options.descending):
        raise QueryParseError(_WRONG_WAY.format("false" if options.descending else "true"))
    if options.descending:
        low = _below(last, options.endkey_docid, inside=options.inclusive_end)
        high = _above(first, options.startkey_docid, inside=True)
    else:
        low = _below(first, options.startkey_docid, inside=True)
        high = _above(last, options.endkey_docid, inside=options.inclusive_end)
    return Range(low or FIRST, high or LAST)


def _is_wrong_way(first: bytes | None, last: bytes | None, descending: bool) -> bool:
    if first is None or last is None:
        return False
    return first < last if descending else first > last


def _below(key: bytes | None, docid: str | None, *, inside: bool) -> Place | None:
    """Before the rows with this key from this document on, or behind them."""
    if key is None:
        return None
    if docid is None:
        return (key, b"") if inside else (key, _LAST)
    return key, of_document(docid)[0 if inside else 1]


def _above(key: bytes | None, docid: str | None, *, inside: bool) -> Place | None:
    """Behind the rows with this key up to this document, or before them."""
    if key is None:
        return None
    if docid is None:
        return (key, _LAST) if inside else (key, b"")
    return key, of_document(docid)[1 if inside else 0]


_WRONG_WAY = (
    "No rows can match your key range, reverse your start_key and end_key or set descending={}"
)
