"""What of a document is to be found: the words of its title and of its items."""

from collections.abc import Iterator
from typing import Any

from acl import VIEW_FORM, reader_set
from plugin.runtime.context import Context
from plugin.runtime.designs.design import PUBLIC
from plugin.runtime.door.document import Raw
from plugin.runtime.forms.fields import display
from plugin.runtime.forms.form import Item, is_empty
from plugin.runtime.forms.formulas import rows_of
from plugin.runtime.messages import LANGUAGES
from plugin.runtime.search.pinyin import spelled
from store.text import Change, words

SPOKEN = ("text", "richtext", "keyword", "names")
"""Kinds of items whose values are words; links are ids, and what they name stands in its own."""
PLAIN = ("number", "money", "date")
LONGEST = 100_000
"""Characters of one document that are taken."""


def change_of(ctx: Context, raw: Raw) -> Change:
    """The document as the index holds it, with `_conflicts` if it has some; as gone where it is no
    document of a form, or a saved view. `ctx` is the server's own."""
    form = ctx.design.forms.get(str(raw.get("form")))
    if form is None or form.name == VIEW_FORM:
        return Change(raw["_id"])
    title = ctx.title(raw)
    body = " ".join(_texts(ctx, raw))[:LONGEST]
    names = reader_set(raw)
    sets = (names, PUBLIC + names) if raw.get("public") is True else (names,)
    return Change(
        raw["_id"],
        " ".join([*words(title), *spelled(title)]),
        " ".join(dict.fromkeys(words(body))),
        sets,
    )


def _texts(ctx: Context, raw: Raw) -> Iterator[str]:
    form = ctx.design.forms[str(raw["form"])]
    for item in form.items.values():
        value = raw.get(item.name)
        if not is_empty(value):
            yield from _item(ctx, item, value)
    yield from raw.get("_attachments", ())
    if raw.get("provisional"):  # texts written on the laptop call the document so
        yield str(raw["provisional"])


def _item(ctx: Context, item: Item, value: Any) -> Iterator[str]:
    """As each language shows it, so that a keyword is found by its name in both."""
    if item.kind in ("text", "richtext"):
        yield from (str(one) for one in (value if isinstance(value, list) else [value]))
    elif item.kind in SPOKEN:
        for language in LANGUAGES:
            yield display(item, value, language, name_of=ctx.office.directory.name_of)
    elif item.kind in PLAIN:
        yield str(value["amount"] if isinstance(value, dict) and "amount" in value else value)
    elif item.kind == "table":
        for row in rows_of(value):
            for name, column in item.columns.items():
                if not is_empty(row.get(name)):
                    yield from _item(ctx, column, row[name])
