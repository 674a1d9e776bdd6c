"""The edit page of any form: fields by section, choices of pickers, what was typed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from plugin import Documents, Form, Item, Message, new_row_id, totals
from views.editing import Answers, Field, Maker, Option, Typed, all_texts, editable, read
from views.labels import problem_texts
from views.language import _, current_formats
from views.picker import found_links, found_names
from views.renderers import choices, name_of, renderer, target
from views.rendering import Renderer
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
    """What was typed into the fields of a form, by the document as it stands; without the row of a
    table whose button was pressed."""
    typed = read(editable(form, doc), posted, time_zone(), currency())
    table, _slash, row = (posted.get("find") or "").partition(".remove.")
    if not row or table not in typed.values:
        return typed
    gone = f"{table}/{row}/"
    rows = [one for one in typed.values[table] if one["id"] != row]
    ids = tuple(one for one in typed.texts[table] if one != row)
    return Typed(
        {**typed.values, table: rows},
        {path: text for path, text in typed.problems.items() if not path.startswith(gone)},
        {**typed.texts, table: ids},
    )


def asked(form: Form, names: tuple[str, ...], posted: Answers, prefix: str) -> Typed:
    """What was typed where a step or an action asks for items."""
    return read([form.items[name] for name in names], posted, time_zone(), currency(), prefix)


def texts(items: list[Item], doc: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What stands in the fields for a document's values."""
    return dict(all_texts(items, doc, time_zone()))


def sent(table: Item, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The fields of a table as its page would send them, name and text."""
    stands = texts([table], values)
    fields = [(f"{table.name}.asked", "1")]
    fields += [(f"{table.name}.rows", one) for one in stands[table.name]]
    for path, given in stands.items():
        name = path.replace("/", ".")
        if "/" in path and given:
            fields += [(f"{name}.asked", "1"), (name, given[0])]
            fields += [(f"{name}.currency", given[1])] if len(given) > 1 else []
    return fields


def drawn(
    items: list[Item], values: Mapping[str, Any], typed: Typed, find: str = ""
) -> dict[str, tuple[str, ...]]:
    """What stands in the fields of a page: what was typed, and `values` where nothing was; a table
    begins with a row more than it holds, to be filled. `find` is the button that was pressed."""
    stands = texts(items, values)
    found = {**stands, **typed.texts}
    for path in typed.texts:
        if "/" in path and not found[path]:
            found[path] = stands.get(path, ())  # what a link filled in
    for item in items:
        if item.kind == "table":
            more = item.name not in typed.texts or find == f"{item.name}.add"
            found[item.name] = _rows(item, found[item.name], more)
    return found


def _rows(table: Item, ids: tuple[str, ...], more: bool) -> tuple[str, ...]:
    room = table.max is None or len(ids) < table.max
    return (*ids, new_row_id()) if room and (more or not ids) else ids


def fields(
    docs: Documents,
    items: list[Item],
    typed: Mapping[str, tuple[str, ...]],
    problems: Mapping[str, Message],
    values: Mapping[str, Any],
) -> dict[str, Field]:
    """The fields by item name, with their choices. `values` are those that are only shown."""
    draw = renderer(docs)
    maker = Maker(
        typed,
        {name: _(text) for name, text in problems.items()},
        lambda item, name, chosen: _options(docs, item, name, chosen),
        lambda item: _url(docs, item),
        currency(),
        {path: text for item in items for path, text in _shown(draw, item, values)},
        lambda column, number: _("{label}, row {number}", label=_(column.label), number=number),
    )
    return maker.fields(items)


def _shown(draw: Renderer, table: Item, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Texts of calculated cells by their path; of totals under `table/column`."""
    rows = values.get(table.name) if table.kind == "table" else ()
    for row in rows or ():
        for name, column in table.columns.items():
            if column.computed:
                yield f"{table.name}/{row['id']}/{name}", draw.text(column, row.get(name))
    for name, total in totals(table, rows).items():
        yield f"{table.name}/{name}", draw.text(table.columns[name], total)


def sections(form: Form, made: Mapping[str, Field]) -> list[Section]:
    """Sections that have a field."""
    parts = (
        Section(_(part.title), tuple(made[name] for name in part.items if name in made))
        for part in form.sections
    )
    return [part for part in parts if part.fields]


def stray_problems(form: Form, made: Mapping[str, Field], problems: Mapping[str, Message]) -> str:
    """Problems of items that have no field on the page, in one text."""
    rest = {name: text for name, text in problems.items() if name.partition("/")[0] not in made}
    return problem_texts(form, rest)


def _options(docs: Documents, item: Item, name: str, chosen: tuple[str, ...]) -> tuple[Option, ...]:
    if item.kind == "keyword":
        offered = tuple(Option(one.value, _(one.label)) for one in choices(docs, item))
        known = {one.value for one in offered}
        return offered + tuple(Option(one, one) for one in chosen if one not in known)
    if item.kind == "names":
        now = tuple(Option(one, name_of(one)) for one in chosen)
    else:
        now = tuple(Option(one, target(item, one, {}).title) for one in chosen)
    return now + tuple(one for one in _searched(item, name) if one.value not in chosen)


def _searched(item: Item, name: str) -> tuple[Option, ...]:
    """What the search without script found, or the first few to choose from."""
    words = request.form.get(f"{name}.search", "")
    find = found_names if item.kind == "names" else found_links
    return tuple(Option(one.value, one.title) for one in find(item, words).found)


def _url(docs: Documents, item: Item) -> str:
    if item.kind == "names":
        return url_for("picker.names", types=list(item.types))
    return url_for("picker.documents", database=item.database, listing=item.listing)
