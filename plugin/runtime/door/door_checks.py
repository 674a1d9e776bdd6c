"""Checks that need more than the document: linked documents, names, keyword lists.

Only what changed is asked, so that an old document with a name since gone can still be saved.
"""

from collections.abc import Mapping
from typing import Any

from plugin.runtime.context import Context
from plugin.runtime.door.document import Raw
from plugin.runtime.door.links import Links
from plugin.runtime.forms.form import META, Choice, Form, Item, is_empty
from plugin.runtime.forms.formulas import rows_of
from plugin.runtime.messages import Message
from plugin.runtime.people.directory import SETTINGS

KEYWORDS = "keywords:"


def all_problems(
    ctx: Context, form: Form, new: Raw, old: Raw | None, links: Links
) -> dict[str, Message]:
    """Problems by item among the items that differ from `old`."""
    return _problems(ctx, form.items, new, old, "", links)


def _problems(
    ctx: Context, items: Mapping[str, Item], new: Raw, old: Raw | None, path: str, links: Links
) -> dict[str, Message]:
    """Those of a document, or of one row."""
    found: dict[str, Message] = {}
    for name, item in items.items():
        value = new.get(name)
        if is_empty(value) or (old is not None and old.get(name) == value):
            continue
        if item.kind == "table":
            before = {row.get("id"): row for row in rows_of((old or {}).get(name))}
            for row in rows_of(value):
                here = f"{path}{name}/{row.get('id')}/"
                was = before.get(row.get("id"))
                found |= _problems(ctx, item.columns, row, was, here, links)
            continue
        problem = _problem(ctx, item, value if isinstance(value, list) else [value], links)
        if problem:
            found[path + name] = problem
    return found


def _problem(ctx: Context, item: Item, values: list[Any], links: Links) -> Message | None:
    if item.kind == "link":
        if any(links.readable(item.database, one) is None for one in values):
            return Message("There is no such document.")
    elif item.kind == "names":
        return _name_problem(ctx, item, values)
    elif item.kind == "keyword" and item.keywords and not item.open:
        offered = {choice.value for choice in choices(ctx, item)}
        if offered and not offered.issuperset(values):
            return Message("Please choose one of the keywords.")
    return None


def _name_problem(ctx: Context, item: Item, values: list[Any]) -> Message | None:
    directory = ctx.office.directory
    for name in values:
        if not directory.exists(name):
            return Message("Nobody is called {name}.", {"name": name})
        if item.types and directory.kind(name) not in item.types:
            return Message("{name} cannot be chosen here.", {"name": name})
    return None


def choices(ctx: Context, item: Item) -> tuple[Choice, ...]:
    """The keywords offered for an item: the form's, or those of a list in the settings."""
    if not item.keywords:
        return item.choices
    links = Links(ctx)
    doc = links.known(SETTINGS, KEYWORDS + item.keywords)
    values = doc.get("values") if doc else None
    return tuple(_choice(one) for one in values) if isinstance(values, list) else ()


def _choice(entry: Any) -> Choice:
    if isinstance(entry, Mapping):
        value = str(entry.get("value", ""))
        return Choice(value, entry.get("label") or value)
    return Choice(str(entry), str(entry))


def foreign_items(ctx: Context, form: Form, items: Mapping[str, Any]) -> dict[str, Message]:
    """Problems for keys that are no items of the form. The import's mark is for the server only."""
    allowed = {"imported"} if ctx.system else set()
    return {
        name: Message("This form has no item {item}.", {"item": name})
        for name in items
        if name not in allowed and (name not in form.items or name in META)
    }
