"""Ranges of document ids as conditions of SQL: `_all_docs`, `_design_docs`, `_local_docs`."""

from store.types import ABSENT, Json, ViewOptions


def chosen(options: ViewOptions) -> list[Json]:
    """Of `keys` those that are asked for, in order."""
    keys = list(options.keys or ())
    if options.descending:
        keys.reverse()
    end = None if options.limit is None else options.skip + options.limit
    return keys[options.skip : end]


def within(options: ViewOptions) -> tuple[str, list[str]]:
    """SQL for the ids of the range; the end that `endkey` gave may be exclusive."""
    low, high = options.startkey, options.endkey
    if options.descending:
        low, high = high, low
    conditions, values = [], []
    low_open = options.descending and not options.inclusive_end
    high_open = not options.descending and not options.inclusive_end
    for bound, sign, exclusive in ((low, ">", low_open), (high, "<", high_open)):
        place = _place(bound)
        if place is None:
            continue
        if place == 0:
            conditions.append(f"docid {sign}{'' if exclusive else '='} ?")
            values.append(storable(bound))
        elif (place < 0) is (sign == "<"):
            conditions.append("0")  # the bound lies beyond all ids: nothing can be inside
    return " AND ".join(conditions) or "1", values


def before(options: ViewOptions) -> tuple[str, list[str]]:
    """SQL for the rows that come before `startkey`, empty where there are none."""
    place = _place(options.startkey)
    if place is None:
        return "", []
    sign = ">" if options.descending else "<"
    if place == 0:
        return f"docid {sign} ?", [storable(options.startkey)]
    return ("1", []) if (place < 0) is options.descending else ("", [])


def _place(bound: Json) -> int | None:
    """Where a key lies: 0 among the ids, -1 before all strings, 1 after them; None if not given."""
    if bound is ABSENT:
        return None
    if isinstance(bound, str):
        return 0
    return 1 if isinstance(bound, list | tuple | dict) else -1


def storable(text: str) -> str:
    """A key that SQLite takes: half a surrogate, which no id can hold, becomes the last character
    before the surrogates."""
    return "".join("\ud7ff" if "\ud800" <= at <= "\udfff" else at for at in text)
