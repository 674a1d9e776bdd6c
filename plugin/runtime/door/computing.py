"""Items that the door computes at each save: brought items, Readers and Authors, bookkeeping."""

from collections.abc import Mapping
from typing import Any

from acl import authors_of, cleaned, reader_set, readers_of
from plugin.runtime.context import Context
from plugin.runtime.door import apart
from plugin.runtime.door.document import Raw
from plugin.runtime.door.links import Links
from plugin.runtime.forms.calculating import each_row, put
from plugin.runtime.forms.form import Form, Item, is_empty, items_of
from plugin.runtime.forms.names import resolve
from plugin.runtime.forms.rows import by_rows, reordered
from plugin.runtime.people.directory import EVERYONE
from store import revisions

MERGED_TOO = ("readers", "authors", "public")
"""What a merge takes from one branch or the other like an item: it has to know which changed it."""

UNDATED = ("steps", "handovers", "imported", "_attachments", apart.ITEM)
"""What else makes a new revision; when it changed can be told without `changed`."""


def bring(form: Form, new: Raw, links: Links) -> None:
    """Copy items of linked documents, in tables too; what cannot be read stays as it was copied
    before."""
    _bring(form.items, new, links)
    each_row(form, new, lambda table, row: _bring(table.columns, row, links))


def _bring(items: Mapping[str, Item], new: Raw, links: Links) -> None:
    for item in items.values():
        if not (item.brings or item.fills) or item.many:
            continue
        target = new.get(item.name)
        source = links.readable(item.database, target) if isinstance(target, str) else None
        for mine, theirs in item.brings.items():
            if is_empty(target):
                new.pop(mine, None)
            elif source is not None:
                put(new, mine, source.get(theirs))
        for mine, theirs in item.fills.items():
            if source is not None and is_empty(new.get(mine)):
                put(new, mine, source.get(theirs))


def publish(form: Form, new: Raw) -> None:
    """Mark the document as public, or not, as its form says."""
    if form.opens(new):
        new["public"] = True
    else:
        new.pop("public", None)


def restrict(ctx: Context, form: Form, new: Raw, old: Raw | None, links: Links) -> None:
    """Write the Readers and Authors items by the rules of the form."""
    parent = _parent(form, new, links)
    made = new if old is not None else {**new, "created": {"by": ctx.by}}
    for kind, rules in (("readers", form.readers), ("authors", form.authors)):
        before = (old or {}).get(kind) or {}
        values: dict[str, list[str]] = dict(new.get(kind) or {})
        for name, rule in rules.items():
            if "@parent" in rule and parent is None and name in before:
                values[name] = before[name]
                continue
            values[name] = resolve(rule, made, ctx.identity.name, _parents_names(kind, parent))
            if kind == "readers" and not values[name] and not _opened(ctx, rule, old):
                values[name] = cleaned(before.get(name) or (), before.get(name) or ())
        if values:
            new[kind] = values
        else:
            new.pop(kind, None)


def _opened(ctx: Context, rule: tuple[str, ...], old: Raw | None) -> bool:
    """Whether a person took the last reader away just now. A clean-up by the server opens nothing,
    and what it left restricted stays so at later edits."""
    return not ctx.system and old is not None and bool(resolve(rule, old, ctx.identity.name))


def _parent(form: Form, new: Mapping[str, Any], links: Links) -> Raw | None:
    item: Item | None = form.items.get(form.parent)
    value = new.get(form.parent)
    if item is None or not isinstance(value, str):
        return None
    return links.known(item.database, value)


def _parents_names(kind: str, parent: Raw | None) -> frozenset[str] | None:
    if parent is None:
        return None
    if kind == "authors":
        return authors_of(parent)
    return readers_of(parent) or frozenset([EVERYONE])


def book(ctx: Context, new: Raw, old: Raw | None) -> bool:
    """Write who changed which item when, and the reader sets left behind.

    Returns False where nothing but this bookkeeping would change.
    """
    if old is None:
        new["created"] = new["updated"] = {"at": ctx.now(), "by": ctx.by}
        return True
    before, after = by_rows(items_of(old)), by_rows(items_of(new))
    touched = reordered(items_of(old), items_of(new))
    touched += [k for k in {*before, *after} if before.get(k) != after.get(k)]
    touched += [k for k in MERGED_TOO if old.get(k) != new.get(k)]
    if not touched and all(old.get(key) == new.get(key) for key in UNDATED):
        return False
    at = ctx.now()
    generation = revisions.generation(old["_rev"]) + 1
    changed = dict(new.get("changed") or {})
    changed.update({item: [generation, at, ctx.by] for item in sorted(touched)})
    if changed:
        new["changed"] = changed
    new["updated"] = {"at": at, "by": ctx.by}
    _remember_readers(new, old)
    return True


def _remember_readers(new: Raw, old: Raw) -> None:
    """Replicas are told to drop a document that moved out of a set that they hold."""
    left, now = reader_set(_plain(old)), reader_set(_plain(new))
    former = list(new.get("former_readers") or [])
    if left != now and left not in former:
        former.append(left)
    if former:
        new["former_readers"] = former


def _plain(doc: Raw) -> Raw:
    return {key: value for key, value in doc.items() if key != "_conflicts"}
