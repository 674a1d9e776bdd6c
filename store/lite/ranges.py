"""Which rows a query asks for: options checked as CouchDB does, and made bounds of sort keys."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from store.errors import QueryParseError
from store.lite.mapping import of_document
from store.lite.tree import FIRST, LAST, Place
from store.lite.views import View
from store.options import check_numbers
from store.types import ABSENT, Json, ViewOptions

Key = Callable[[Json], bytes]

EXACT = -1

_LAST = b"\xff"
"""Above all tails of rows."""


@dataclass(frozen=True)
class Range:
    """The rows from `start` up to but not including `end`."""

    start: Place = FIRST
    end: Place = LAST


def settled(options: ViewOptions) -> ViewOptions:
    """The options as CouchDB reads them: one of `keys` is a `key`, and `key` is both ends."""
    key = options.key
    keys = options.keys
    if key is ABSENT and keys is None:
        return options
    if keys is not None and len(keys) == 1:
        (key,), keys = keys, None
    start = key if options.startkey is ABSENT else options.startkey
    end = key if options.endkey is ABSENT else options.endkey
    return replace(options, key=ABSENT, keys=keys, startkey=start, endkey=end)


def is_reduced(options: ViewOptions, view: View) -> bool:
    return view.is_reduced and options.reduce is not False


def group_level(options: ViewOptions) -> int:
    """0 for all in one, EXACT for whole keys."""
    if options.group_level is not None:
        return options.group_level
    return EXACT if options.group else 0


def check(options: ViewOptions, *, reduced: bool) -> None:
    """Raise QueryParseError where CouchDB refuses the settled options for a view, reduced or
    not."""
    if options.reduce and not reduced:
        raise QueryParseError("Reduce is invalid for map-only views.")
    if options.keys is not None and reduced and group_level(options) != EXACT:
        raise QueryParseError("Multi-key fetches for reduce views must use `group=true`")
    if options.keys and (options.startkey is not ABSENT or options.endkey is not ABSENT):
        raise QueryParseError("`keys` is incompatible with `key`, `start_key` and `end_key`")
    check_numbers(options)
    if group_level(options) and not reduced:
        raise QueryParseError("Invalid use of grouping on a map view.")
    if options.include_docs and reduced:
        raise QueryParseError("`include_docs` is invalid for reduce")
    if options.conflicts and reduced:
        raise QueryParseError("`conflicts` is invalid for reduce views.")


def ranges(options: ViewOptions, key: Key) -> Iterator[Range]:
    """The ranges in the order in which their rows are asked for: one, or one for each of `keys`.

    `key` makes sort keys; the options are settled. Raises QueryParseError where the ends are the
    wrong way round.
    """
    if options.keys is None:
        yield _range(options, options.startkey, options.endkey, key)
        return
    keys: Sequence[Json] = options.keys
    for one in reversed(keys) if options.descending else keys:
        yield _range(options, one, one, key)


def _range(options: ViewOptions, start: Json, end: Json, key: Key) -> Range:
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
