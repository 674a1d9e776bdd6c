"""Put changes made to an older revision onto the document as it is now, item by item."""

from collections.abc import Mapping
from typing import Any

from plugin.runtime.context import Context
from plugin.runtime.door.document import Raw
from plugin.runtime.errors import SaveConflict
from plugin.runtime.forms.form import is_empty
from store.errors import BadRequest, NotFound


def rebase(ctx: Context, current: Raw, rev: str, items: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `items`, changes to revision `rev`, that are to be set in `current`.

    Raises SaveConflict where somebody else changed one of them to another value.
    """
    if current["_rev"] == rev:
        return dict(items)
    items = {name: None if is_empty(value) else value for name, value in items.items()}
    base = _revision(ctx, current["_id"], rev)
    wanted: dict[str, Any] = {}
    clashes: list[str] = []
    for name, value in items.items():
        if base is not None and base.get(name) == value:
            continue
        if current.get(name) != value and _changed_since(name, current, base, rev):
            clashes.append(name)
        wanted[name] = value
    if clashes:
        raise SaveConflict(dict(items), current, tuple(clashes))
    return wanted


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
