"""Searching as one types: documents of a listing, persons and groups. JSON for `picker.js`."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, request

from plugin import Item, NotFound
from views.language import _, current_language
from views.navigator import info
from views.renderers import renderer
from views.shell import session
from views.tables import Drawer

blueprint = Blueprint("picker", __name__)

LIMIT = 12
MORE = 3
"""So many further columns tell a row from its like."""


@dataclass(frozen=True)
class Found:
    """One row: the value that is stored, what people see, and what tells it from its like."""

    value: str
    title: str
    more: str = ""


@dataclass(frozen=True)
class Answer:
    """Rows, and whether there are more than these."""

    found: tuple[Found, ...]
    more: bool = False

    def to_json(self) -> dict[str, Any]:
        """`{"found": [{"value", "title", "more"}], "note": text for people}`."""
        note = _("Type more to narrow it down.") if self.more else ""
        if not self.found:
            note = _("Nothing found.")
        rows = [{"value": o.value, "title": o.title, "more": o.more} for o in self.found]
        return {"found": rows, "note": note}


@blueprint.get("/pick/<database>/<listing>")
def documents(database: str, listing: str) -> Response:
    """Documents of a listing that contain the words `q`."""
    info(database)
    return jsonify(search(database, listing, request.args.get("q", "")).to_json())


@blueprint.get("/pick/names")
def names() -> Response:
    """Persons and groups (`types`) whose name contains `q`."""
    types = tuple(request.args.getlist("types"))
    return jsonify(search_names(types, request.args.get("q", "")).to_json())


def found_links(item: Item, words: str) -> Answer:
    """Documents to choose from for a link item; none where their database is shut."""
    try:
        return search(item.database, item.listing, words)
    except NotFound:
        return Answer(())


def found_names(item: Item, words: str) -> Answer:
    """Names to choose from for a names item."""
    return search_names(item.types, words)


def search(database: str, listing: str, words: str) -> Answer:
    """The first documents of a listing that contain the words. Raises NotFound."""
    source = session().listing(database, listing)
    page = source.page(contains=words.strip(), limit=LIMIT)
    docs = session().database(database)
    drawer = Drawer(
        database, source.spec, docs.form(source.spec.form), renderer(docs), folded=False
    )
    found = (Found(row.id, row.document.title, drawer.hint(row, MORE)) for row in page.rows)
    return Answer(tuple(found), page.next is not None or len(page.rows) == LIMIT)


def search_names(types: tuple[str, ...], words: str) -> Answer:
    """Active persons and groups whose id or name contains the words, in order of their names."""
    people = session().people()
    language, wanted = current_language(), words.strip().lower()
    rows: list[Found] = []
    if not types or "person" in types:
        rows += [
            Found(one.name, one.title(language), one.department)
            for one in people.persons.values()
            if one.active and wanted in f"{one.name} {one.name_zh} {one.name_latin}".lower()
        ]
    if not types or "group" in types:
        rows += [
            Found(one.name, one.title or one.name, _("Group"))
            for one in people.groups.values()
            if wanted in f"{one.name} {one.title}".lower()
        ]
    rows.sort(key=lambda one: (one.title.lower(), one.value))
    return Answer(tuple(rows[:LIMIT]), len(rows) > LIMIT)
