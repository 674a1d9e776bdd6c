"""What somebody has in a database and why, why a document can or can not be seen, and the log."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Blueprint, render_template, request, url_for

from acl import ANONYMOUS_ENTRY, Branch, Decision, Listed, Privilege, about
from plugin import Documents, Effective, Fact, NotFound, Refused, SessionKind, Why, told
from views.acl_dialog import tabs
from views.document_page import reader_name
from views.editing import Option
from views.language import _, current_formats
from views.navigator import crumbs, database_title, info
from views.paging import sheet
from views.people_names import entry_title, name_options, stable_id
from views.renderers import address, name_of
from views.shell import Crumb, documents, session, user

blueprint = Blueprint("acl_asking", __name__)
"""Changes on one page of the log."""
FEW = 6


@dataclass(frozen=True)
class Held:
    """What somebody has, in words; `facts` with the way into the group, where there is one."""

    title: str
    name: str
    level: str
    privileges: str
    roles: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Row:
    """One database on the page of a person."""

    title: str
    url: str
    held: Held


@dataclass(frozen=True)
class Name:
    """A name in a Readers or Authors item: whom it means, and how the person is one of them."""

    item: str
    title: str
    people: str
    more: int
    fits: bool
    path: str


@dataclass(frozen=True)
class Step:
    """A branch of a document: its lists, and whether it lets the person read."""

    restricted: bool
    public: bool
    allowed: bool
    readers: tuple[Name, ...]
    authors: tuple[Name, ...]


@blueprint.get("/<database>/acl/effective")
def effective(database: str) -> str:
    """What somebody has in this database, by which entries and groups."""
    docs = documents(database)
    info(database)
    asked = request.args.get("name", "").strip()
    kind = _session_kind(request.args.get("session", ""))
    found = _found(docs, asked, kind) if asked else None
    return render_template(
        "acl_effective.html",
        **_common(database, "effective"),
        asked=asked,
        held=held(found) if found else None,
        everywhere=url_for(".everywhere", name=found.name) if found else "",
        names=name_options(),
        kinds=_session_kinds(),
        kind=kind.value if kind else "",
    )


def _found(docs: Documents, asked: str, kind: SessionKind | None) -> Effective | None:
    try:
        return docs.effective(stable_id(asked), kind)
    except NotFound:
        return None


def _session_kind(text: str) -> SessionKind | None:
    return SessionKind(text) if text in [kind.value for kind in SessionKind] else None


def _session_kinds() -> list[Option]:
    return [
        Option("", _("Any")),
        Option("password", _("Signed in by password")),
        Option("laptop", _("On a laptop")),
    ]


@blueprint.get("/access")
def everywhere() -> str:
    """What somebody has in all databases that the one who asks manages."""
    asked = request.args.get("name", "").strip()
    try:
        found = session().everywhere(stable_id(asked)) if asked else []
        problem = ""
    except NotFound as error:
        found, problem = [], _(error.message)
    rows = [
        Row(
            database_title(one),
            url_for(".effective", database=one.name, name=what.name),
            held(what),
        )
        for one, what in found
    ]
    return render_template(
        "acl_everywhere.html",
        title=_("Access in all databases"),
        asked=asked,
        shown=rows[0].held.title if rows else "",
        problem=problem,
        rows=rows,
        names=name_options(),
    )


@blueprint.get("/<database>/acl/log")
def log(database: str) -> str:
    """Who changed the list, when and how."""
    docs = documents(database)
    info(database)
    lines = docs.acl_log()
    shown = sheet(lines, lambda page: url_for(".log", database=database, page=page))
    times = current_formats()
    return render_template(
        "acl_log.html",
        **_common(database, "log"),
        lines=[
            (times.time(line.at), name_of(line.by), [_(text) for text in line.texts])
            for line in shown.lines
        ],
        count=len(lines),
        sheet=shown,
    )


@blueprint.get("/<database>/acl/why")
def why(database: str) -> tuple[str, int]:
    """Why somebody can or can not see a document, given by its id, address or number."""
    docs = documents(database)
    info(database)
    who = user()
    asked = request.args.get("name", "").strip() or (who.name if who else ANONYMOUS_ENTRY)
    about_ = request.args.get("document", "").strip()
    found, problem, status = None, "", 200
    try:
        found = docs.why(_document(docs, about_), stable_id(asked)) if about_ else None
    except (NotFound, Refused) as error:
        problem, status = _(error.message), error.status
    html = render_template(
        "acl_why.html",
        **_common(database, "why"),
        asked=asked,
        document=about_,
        problem=problem,
        names=name_options(),
        **(_explained(found) if found else {"why": None}),
    )
    return html, status


def _document(docs: Documents, text: str) -> str:
    """The id of a document by its id, its address (with whatever comes behind), or its number."""
    parts = [unquote(part) for part in urlsplit(text).path.split("/")]
    if docs.name in parts and "/" in text:
        return next(iter(parts[parts.index(docs.name) + 1 :]), "")
    return text if docs.exists(text) else docs.by_number(text)


def _explained(found: Why) -> dict[str, Any]:
    decisions = found.explanation.decisions
    titles = {"read": _("Read"), "edit": _("Edit"), "delete": _("Delete")}
    return {
        "why": held(found.effective),
        "doc": Crumb(found.document.title, address(found.document.database, found.document.id)),
        "decisions": [
            (titles[action], bool(decision), decided(decision))
            for action, decision in decisions.items()
        ],
        "steps": [_step(found, branch) for branch in found.explanation.branches],
    }


def decided(decision: Decision) -> str:
    return _(told(about(decision.reason)))


def _step(found: Why, branch: Branch) -> Step:
    return Step(
        branch.restricted,
        branch.public,
        bool(branch.read),
        tuple(_names(found, branch.readers)),
        tuple(_names(found, branch.authors)),
    )


def _names(found: Why, listed: Iterable[Listed]) -> Iterable[Name]:
    for one in listed:
        people = [name_of(name) for name in found.meant.get(one.name, ()) if name != one.name]
        path = found.paths.get(one.name, ())
        shown = _(", ").join(people[:FEW])
        more = len(people) - FEW
        yield Name(one.item, reader_name(one.name), shown, max(0, more), one.fits, way(path))


def held(found: Effective) -> Held:
    """What somebody has, in words."""
    has = found.access
    return Held(
        title=entry_title(found.name),
        name=found.name,
        level=_(has.level.title),
        privileges=_(", ").join(_(one.label) for one in Privilege if one in has.privileges),
        roles=_(", ").join(sorted(has.roles)),
        facts=tuple(map(_fact, found.facts)),
    )


def _fact(fact: Fact) -> tuple[str, str]:
    return _(fact.text), way(fact.path) if len(fact.path) > 2 else ""


def way(path: tuple[str, ...]) -> str:
    """`Anna › East › Sales`, the way into a group; empty for oneself."""
    return " › ".join(map(reader_name, path)) if len(path) > 1 else ""


def _common(database: str, tab: str) -> dict[str, Any]:
    return {
        "title": _("Access control"),
        "crumbs": crumbs(database),
        "tabs": tabs(database),
        "tab": tab,
    }
