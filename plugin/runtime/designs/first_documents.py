"""Documents that a module ships: keyword lists, numbering rules, groups.

They are written when the database is made. What a later version changes in them is merged with
what the company made of them, item by item and word by word of a list; what it adds is added. A
document that somebody deleted stays deleted.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from plugin.runtime.designs.threeway import merge, same
from plugin.runtime.forms.form import items_of
from plugin.runtime.module import Raw
from store import revisions
from store.api import Database
from store.types import ViewOptions

DOCUMENTS = "documents"
"""Where the record of what was shipped has their items."""


def items_by_id(shipped: Sequence[Raw]) -> dict[str, dict[str, Any]]:
    """What the record remembers: the items of each document."""
    return {doc["_id"]: items_of(doc) for doc in shipped if "_id" in doc} if shipped else {}


def due(
    db: Database, shipped: Sequence[Raw], base: Mapping[str, Any] | None, by: Mapping[str, str]
) -> Iterator[Raw]:
    """The documents to be written, with `_rev` where they replace one. None where nothing was ever
    recorded: then they were all written by the version that made the database."""
    if not shipped or base is None:
        return
    keys = tuple(str(doc["_id"]) for doc in shipped)
    rows = db.all_docs(ViewOptions(keys=keys, include_docs=True))["rows"]
    for doc, row in zip(shipped, rows, strict=True):
        was, current = base.get(doc["_id"]), row.get("doc")
        if was is None and "error" in row:
            yield {**doc, "created": dict(by), "updated": dict(by)}
        elif was is not None and current is not None:
            items = merge(was, items_of(current), items_of(doc)).value
            if not same(items, items_of(current)):
                yield _changed(current, items, by)


def _changed(current: Raw, items: Mapping[str, Any], by: Mapping[str, str]) -> Raw:
    """With the note of which items changed in which revision, as the door writes it."""
    before = items_of(current)
    names = [name for name in {*before, *items} if not same(before.get(name), items.get(name))]
    generation = revisions.generation(current["_rev"]) + 1
    notes = {name: [generation, by["at"], by["by"]] for name in sorted(names)}
    rest = {name: value for name, value in current.items() if name not in before}
    changed = {**(current.get("changed") or {}), **notes}
    return {**rest, **items, "changed": changed, "updated": dict(by)}
