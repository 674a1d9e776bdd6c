"""Put changes made to an older revision onto the document as it is now, item by item."""

from collections.abc import Mapping
from typing import Any

from plugin.runtime.context import Context
from plugin.runtime.door.document import Raw
from plugin.runtime.errors import SaveConflict
from plugin.runtime.forms.form import Form, is_empty
from plugin.runtime.forms.rows import BETWEEN, by_rows, completed, joined, tidied
from store.errors import BadRequest, NotFound


def rebase(
    ctx: Context, form: Form, current: Raw, rev: str, items: Mapping[str, Any]
) -> dict[str, Any]:
    """Those of `items`, changes to revision `rev`, that are to be set in `current`.

    Of a table each row is looked at by itself. Raises SaveConflict where somebody else changed one
    of them to another value.
    """
    items = tidied(form, items)
    if current["_rev"] == rev:
        return completed(form, items, current)
    base = _revision(ctx, current["_id"], rev)
    items = completed(form, items, base or current)
    items = {name: None if is_empty(value) else value for name, value in items.items()}
    before, now = by_rows(base or {}), by_rows(current)
    wanted: dict[str, Any] = {}
    clashes: list[str] = []
    for name, value in _by_rows(items, current, base, rev).items():
        if base is not None and before.get(name) == value:
            continue
        if now.get(name) != value and _changed_since(name, now, before if base else None, rev):
            clashes.append(name)
        wanted[name] = value
    if clashes:
        mine = {**items, **_tables(wanted, current, items)}
        raise SaveConflict(mine, current, tuple(clashes))
    return {**_plain(wanted), **_tables(wanted, current, items)}


def _by_rows(items: Mapping[str, Any], current: Raw, base: Raw | None, rev: str) -> dict[str, Any]:
    """The items with each row of a table by itself; None for one that was taken away, which is
    one that stood in the table as it was read."""
    found = by_rows(items)
    then = by_rows(base or current)
    for path in then:
        name, row, _ = path.partition(BETWEEN)
        taken = row and name in items and path not in found
        if taken and (base is not None or not _changed_since(path, by_rows(current), None, rev)):
            found[path] = None
            if found.get(name, ()) is None:
                del found[name]  # all rows were taken away
    return found


def _plain(wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wanted.items() if BETWEEN not in name}


def _tables(wanted: Mapping[str, Any], current: Raw, items: Mapping[str, Any]) -> dict[str, Any]:
    """The tables with rows of `wanted`, and all other rows as they are now; in my order."""
    names = {name.partition(BETWEEN)[0] for name in wanted if BETWEEN in name}
    rows = {**by_rows({name: current.get(name) for name in names}), **wanted}
    whole = joined(rows, (items, current))
    return {name: whole.get(name) for name in sorted(names)}


def _revision(ctx: Context, docid: str, rev: str) -> Raw | None:
    """The body of the revision; None where it was compacted away or came from another machine."""
    try:
        return ctx.reading.get(docid, rev=rev)
    except (NotFound, BadRequest):
        return None


def _changed_since(name: str, current: Raw, base: Raw | None, rev: str) -> bool:
    if base is not None:
        return bool(base.get(name) != current.get(name))
    change = (current.get("changed") or {}).get(name)
    generation = rev.partition("-")[0]
    if not change or not generation.isdigit():
        return not generation.isdigit()
    return bool(change[0] > int(generation))
