"""The edit page of any form: fields by section, choices of pickers, what was typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from plugin import Documents, Form, Item, Message
from views.editing import Answers, Field, Option, Typed, editable, make_fields, read, texts_of
from views.language import _, current_formats
from views.picker import found_links, found_names
from views.renderers import choices, name_of, target
from views.shell import shell


@dataclass(frozen=True)
class Section:
    title: str
    fields: tuple[Field, ...]


def time_zone() -> str:
    """The person's time zone, for what is typed and shown in fields."""
    return current_formats().zone.key


def currency() -> str:
    return str(shell().office.settings.currency)


def answers(form: Form, doc: Mapping[str, Any], posted: Answers) -> Typed:
    """What was typed into the fields of a form, by the document as it stands."""
    return read(editable(form, doc), posted, time_zone(), currency())


def asked(form: Form, names: tuple[str, ...], posted: Answers, prefix: str) -> Typed:
    """What was typed where a step or an action asks for items."""
    return read([form.items[name] for name in names], posted, time_zone(), currency(), prefix)


def texts(items: list[Item], doc: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What stands in the fields for a document's values."""
    return {item.name: texts_of(item, doc.get(item.name), time_zone()) for item in items}


def fields(
    docs: Documents,
    items: list[Item],
    typed: Mapping[str, tuple[str, ...]],
    problems: Mapping[str, Message],
) -> dict[str, Field]:
    """The fields by item name, with their choices."""
    return make_fields(
        items,
        typed,
        {name: _(text) for name, text in problems.items()},
        lambda item, chosen: _options(docs, item, chosen),
        lambda item: _url(docs, item),
        currency(),
    )


def sections(form: Form, made: Mapping[str, Field]) -> list[Section]:
    """Sections that have a field."""
    parts = (
        Section(_(part.title), tuple(made[name] for name in part.items if name in made))
        for part in form.sections
    )
    return [part for part in parts if part.fields]


def stray_problems(form: Form, made: Mapping[str, Field], problems: Mapping[str, Message]) -> str:
    """Problems of items that have no field on the page, in one text."""
    rest = (
        f"{_(form.items[name].label) if name in form.items else name}: {_(text)}"
        for name, text in problems.items()
        if name not in made
    )
    return " ".join(rest)


def _options(docs: Documents, item: Item, chosen: tuple[str, ...]) -> tuple[Option, ...]:
    if item.kind == "keyword":
        offered = tuple(Option(one.value, _(one.label)) for one in choices(docs, item))
        known = {one.value for one in offered}
        return offered + tuple(Option(one, one) for one in chosen if one not in known)
    if item.kind == "names":
        now = tuple(Option(one, name_of(one)) for one in chosen)
    else:
        now = tuple(Option(one, target(item, one, {}).title) for one in chosen)
    return now + tuple(one for one in _searched(item) if one.value not in chosen)


def _searched(item: Item) -> tuple[Option, ...]:
    """What the search without script found, or the first few to choose from."""
    words = request.form.get(f"{item.name}.search", "")
    find = found_names if item.kind == "names" else found_links
    return tuple(Option(one.value, one.title) for one in find(item, words).found)


def _url(docs: Documents, item: Item) -> str:
    if item.kind == "names":
        return url_for("picker.names", types=list(item.types))
    return url_for("picker.documents", database=item.database, listing=item.listing)
