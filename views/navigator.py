"""The navigator at the left of every page, and the page of a database."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, g, render_template, request, url_for

from plugin import DatabaseInfo, Documents, ListingSpec, NotFound
from views.labels import Labels
from views.language import _
from views.shell import Crumb, documents, session, user

blueprint = Blueprint("navigator", __name__)

CATEGORIES = 8
"""So many categories of a listing stand on the page of its database."""


@dataclass(frozen=True)
class Entry:
    """A listing in the navigator."""

    title: str
    url: str
    count: int | None
    current: bool
    icon: str = ""
    """Tells a saved view from a listing, and a private one from a shared one."""


@dataclass(frozen=True)
class Module:
    """A database in the navigator; open where the page belongs to it."""

    title: str
    icon: str
    url: str
    current: bool
    open: bool
    count: int | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Category:
    title: str
    count: int
    url: str


@dataclass(frozen=True)
class Panel:
    """One listing on the page of its database, with its first categories."""

    title: str
    url: str
    count: int
    categories: tuple[Category, ...]
    more: int


def databases() -> list[DatabaseInfo]:
    """The databases this person may enter, once for each request."""
    if "databases" not in g:
        g.databases = session().databases()
    found: list[DatabaseInfo] = g.databases
    return found


def info(database: str) -> DatabaseInfo:
    """One of them. Raises NotFound for others, and for those that are not there."""
    found = next((one for one in databases() if one.name == database), None)
    if found is None:
        raise NotFound("There is no such database.")
    return found


def copy_refusal() -> str:
    """Why what stands on this page must not be printed or copied; empty where it may."""
    if user() is None:
        return ""
    here = (request.view_args or {}).get("database")
    shown = [one for one in databases() if one.name == here or request.endpoint == "start.page"]
    refused = [one.copying.reason for one in shown if not one.copying]
    return _(refused[0].text) if refused else ""


def listings(docs: Documents) -> list[ListingSpec]:
    """Listings for the navigator, in their order."""
    shown = [spec for spec in docs.listings.values() if spec.navigator and not spec.key]
    return sorted(shown, key=lambda spec: (spec.order, spec.name))


def database_title(one: DatabaseInfo) -> str:
    return _(one.title)


def modules() -> list[Module]:
    """The navigator of this page."""
    if user() is None:
        return []
    here = (request.view_args or {}).get("database")
    return [_module(one, one.name == here) for one in databases()]


def _module(one: DatabaseInfo, is_open: bool) -> Module:
    current = is_open and request.endpoint == "navigator.page"
    url = url_for("navigator.page", database=one.name)
    entries = tuple(_entries(one.name)) if is_open else ()
    return Module(database_title(one), one.icon, url, current, is_open, None, entries)


def _entries(database: str) -> list[Entry]:
    wanted, view = (request.view_args or {}).get("listing"), request.args.get("view")
    docs = documents(database)
    entries = [
        Entry(
            title=_(spec.title),
            url=url_for("listings.page", database=database, listing=spec.name),
            count=session().listing(database, spec.name).count(),
            current=spec.name == wanted and not view,
        )
        for spec in listings(docs)
    ]
    return entries + [
        Entry(
            title=one.name,
            url=url_for("keeping.view", database=database, docid=one.id),
            count=None,
            current=one.id == view,
            icon="bookmark" if one.private else "people",
        )
        for one in docs.views()
    ]


def new_buttons(docs: Documents, names: tuple[str, ...]) -> list[Crumb]:
    """Buttons for new documents of these forms; none where the person may not create here."""
    return [
        Crumb(
            _("New {form}", form=_(docs.forms[name].title)),
            url_for("documents.new", database=docs.name, form=name),
        )
        for name in names
        if name in docs.forms and docs.may_create(name)
    ]


def crumbs(database: str, *more: Crumb) -> list[Crumb]:
    """The path above a heading."""
    one = info(database)
    return [Crumb(database_title(one), url_for("navigator.page", database=database)), *more]


@blueprint.get("/<database>/")
def page(database: str) -> str:
    """A database: its listings with counts."""
    one = info(database)
    docs = documents(database)
    shown = listings(docs)
    names = tuple(dict.fromkeys(name for spec in shown for name in spec.new))
    return render_template(
        "database.html",
        title=database_title(one),
        crumbs=[],
        symbol=one.icon,
        buttons=new_buttons(docs, names),
        panels=[_panel(database, spec) for spec in shown],
        acl_url=url_for("acl.page", database=database),
    )


def _panel(database: str, spec: ListingSpec) -> Panel:
    listing = session().listing(database, spec.name)
    url = url_for("listings.page", database=database, listing=spec.name)
    found = listing.categories() if spec.categories else []
    labels = Labels(documents(database), spec)
    categories = tuple(
        Category(labels.of(0, one.value), one.count, f"{url}?{opened(one.value)}#open")
        for one in found[:CATEGORIES]
    )
    total = sum(one.count for one in found) if spec.categories else listing.count()
    return Panel(_(spec.title), url, total, categories, len(found) - len(categories))


def opened(value: Any) -> str:
    """The part of an address that unfolds a category."""
    return urlencode({"in": json.dumps([value], ensure_ascii=False)})


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)
    app.jinja_env.globals["navigator"] = modules
