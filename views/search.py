"""Search over all databases: a page of what was found, and the first of it while one types."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from plugin import FoundDocument, Message
from views.language import _, current_formats
from views.navigator import database_title, databases, info
from views.shell import documents, session

blueprint = Blueprint("search", __name__)

LIMIT = 20
WHILE_TYPING = 8
LONGEST = 200
"""Characters of a question that count."""


@dataclass(frozen=True)
class Line:
    """One document that was found. `excerpt` are pieces of text, true where they were asked for."""

    title: str
    url: str
    icon: str
    about: str
    changed: str
    conflict: bool
    excerpt: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Place:
    """A database in which one can look, or all (no name)."""

    name: str
    title: str
    chosen: bool


@blueprint.get("/search")
def page() -> str:
    """What holds all the words `q`; in the database `in` alone where it is given."""
    text, database = _words(), request.args.get("in", "")
    if database:
        info(database)
    found = session().search(
        text, database=database, limit=LIMIT, after=request.args.get("after", "")
    )
    more: dict[str, Any] = {"q": text, "in": database or None, "after": found.next}
    return render_template(
        "search.html",
        title=_("Search"),
        words=text,
        places=[Place("", _("Everywhere"), not database), *_places(database)],
        lines=[_line(row) for row in found.rows],
        similar=found.similar,
        more=url_for(".page", **more) if found.next else "",
    )


@blueprint.get("/search/typing")
def typing() -> Response:
    """The first documents for the box on every page.

    `{"found": [{"title", "about", "url"}], "all": {"title", "url"}, "note": text}`
    """
    text = _words()
    found = session().search(text, limit=WHILE_TYPING)
    lines = [_line(row) for row in found.rows]
    every = {"title": _("All that was found"), "url": url_for(".page", q=text)}
    shown: dict[str, Any] = {
        "found": [{"title": line.title, "about": line.about, "url": line.url} for line in lines],
        "all": every if found.next else None,
        "note": _(_note(bool(lines), found.similar)) if text else "",
    }
    return jsonify(shown)


def _words() -> str:
    return request.args.get("q", "").strip()[:LONGEST]


def _note(any_found: bool, similar: bool) -> Message | str:
    if not any_found:
        return Message("Nothing found.")
    return Message("Nothing has the very words; these have similar ones.") if similar else ""


def _places(chosen: str) -> list[Place]:
    return [Place(one.name, database_title(one), one.name == chosen) for one in databases()]


def _line(found: FoundDocument) -> Line:
    doc = found.document
    form = documents(doc.database).form(doc.form)
    updated = doc.raw.get("updated") or {}
    return Line(
        title=doc.title,
        url=url_for("documents.view", database=doc.database, docid=doc.id),
        icon=form.icon,
        about=f"{_(form.title)} · {database_title(info(doc.database))}",
        changed=current_formats().time(str(updated.get("at", ""))),
        conflict=doc.conflict,
        excerpt=found.excerpt,
    )
