"""Which rows a query asks for: options checked as CouchDB does, and made bounds of sort keys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from store.collation import sort_key
from store.errors import QueryParseError
from store.lite.views import View
from store.types import ABSENT, Json, ViewOptions

_AFTER = b"\x00"
"""Behind a sort key: above it and below the next, since no sort key begins with another."""


@dataclass(frozen=True)
class Range:
    """Rows with `low <= key < high`, less those that conditions on document ids leave out.

    None is no bound. `docids` is SQL over `key` and `docid` with its values.
    """

    low: bytes | None = None
    high: bytes | None = None
    docids: tuple[tuple[str, bytes, str], ...] = ()

    def where(self) -> tuple[str, list[bytes | str]]:
        """SQL condition and its values."""
        conditions: list[str] = []
        values: list[bytes | str] = []
        if self.low is not None:
            conditions.append("key >= ?")
            values.append(self.low)
        if self.high is not None:
            conditions.append("key < ?")
            values.append(self.high)
        for sign, key, docid in self.docids:
            conditions.append(f"(key, docid) {sign} (?, ?)")
            values += [key, docid]
        return " AND ".join(conditions) or "1", values


def is_reduced(options: ViewOptions, view: View) -> bool:
    return view.reduce is not None and options.reduce is not False


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


def ranges(options: ViewOptions) -> Iterator[Range]:
    """The ranges in the order in which their rows are asked for: one, or one for each of `keys`.

    Raises QueryParseError where the ends are the wrong way round.
    """
    if options.keys is None:
        yield _range(options, options.key, options.key)
        return
    keys: Sequence[Json] = options.keys
    for key in reversed(keys) if options.descending else keys:
        yield _range(options, key, key)


def _range(options: ViewOptions, start: Json, end: Json) -> Range:
    start = options.startkey if start is ABSENT else start
    end = options.endkey if end is ABSENT else end
    try:
        first = None if start is ABSENT else sort_key(start)
        last = first if end is start else None if end is ABSENT else sort_key(end)
    except (RecursionError, TypeError) as error:
        raise QueryParseError(f"a key is not one that can be ordered: {error}") from error
    if options.descending:
        return _descending(options, first, last)
    return _ascending(options, first, last)


def _ascending(options: ViewOptions, first: bytes | None, last: bytes | None) -> Range:
    if first is not None and last is not None and first > last:
        raise QueryParseError(_WRONG_WAY.format("true"))
    docids = []
    if first is not None and options.startkey_docid is not None:
        docids.append((">=", first, options.startkey_docid))
    high = None if last is None else last + _AFTER
    if last is not None and options.endkey_docid is not None:
        docids.append(("<=" if options.inclusive_end else "<", last, options.endkey_docid))
    elif last is not None and not options.inclusive_end:
        high = last
    return Range(first, high, tuple(docids))


def _descending(options: ViewOptions, first: bytes | None, last: bytes | None) -> Range:
    if first is not None and last is not None and first < last:
        raise QueryParseError(_WRONG_WAY.format("false"))
    docids = []
    if first is not None and options.startkey_docid is not None:
        docids.append(("<=", first, options.startkey_docid))
    low = last
    if last is not None and options.endkey_docid is not None:
        docids.append((">=" if options.inclusive_end else ">", last, options.endkey_docid))
    elif last is not None and not options.inclusive_end:
        low = last + _AFTER
    return Range(low, None if first is None else first + _AFTER, tuple(docids))


_WRONG_WAY = (
    "No rows can match your key range, reverse your start_key and end_key or set descending={}"
)
