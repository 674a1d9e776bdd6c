"""The start page: what is mine and due, from every listing that says it belongs there."""

from dataclasses import dataclass, replace

from flask import Blueprint, render_template, url_for

from plugin import DatabaseInfo, ListingSpec, Session
from views.language import _, current_language
from views.navigator import new_buttons
from views.renderers import renderer
from views.shell import Crumb, documents, session, shell, user
from views.tables import Drawer, Table

blueprint = Blueprint("start", __name__)

ROWS = 8
COLUMNS = 4
WIDE_COLUMNS = 8


@dataclass(frozen=True)
class Panel:
    """The first rows of one listing; `wide` where they are not the person's own alone."""

    title: str
    icon: str
    url: str
    total: int
    table: Table
    buttons: list[Crumb]
    about: tuple[str, str]
    wide: bool


@blueprint.get("/")
def page() -> str:
    """What the signed-in person has to do."""
    panels = [_panel(one, spec) for one, spec in chosen()]
    who = user()
    name = who.person.title(current_language()) if who else ""
    buttons = [button for panel in panels for button in panel.buttons]
    return render_template(
        "start.html",
        greeting=_("Good day, {name}", name=name),
        panels=sorted(_telling(panels), key=lambda panel: (panel.wide, not panel.total)),
        buttons=list(dict.fromkeys(buttons)),
    )


def _own() -> Session:
    """The person's door without full access: who has it on asked for no mailboxes of others yet."""
    return replace(session(), full=None)


def chosen() -> list[tuple[DatabaseInfo, ListingSpec]]:
    """Listings marked `start`, in the order of databases and listings."""
    found = [
        (one, spec)
        for one in _own().databases()
        for spec in documents(one.name).listings.values()
        if spec.start
    ]
    return sorted(found, key=lambda pair: (pair[0].order, pair[1].order))


def _telling(panels: list[Panel]) -> list[Panel]:
    """Without the listings of everybody's documents where they show no more than one's own."""
    own = {(panel.about, panel.total) for panel in panels if not panel.wide}
    return [
        panel
        for panel in panels
        if not panel.wide or (panel.total and (panel.about, panel.total) not in own)
    ]


def _panel(one: DatabaseInfo, spec: ListingSpec) -> Panel:
    docs = documents(one.name)
    form = docs.form(spec.form)
    page = _own().listing(one.name, spec.name).page(limit=ROWS)
    drawer = Drawer(one.name, spec, form, renderer(docs), folded=False)
    private = bool(spec.mine) or _is_personal(one.name)
    return Panel(
        title=_(spec.title),
        icon=form.icon,
        url=url_for("listings.page", database=one.name, listing=spec.name),
        total=page.total,
        table=drawer.table(page.rows, COLUMNS if private else WIDE_COLUMNS),
        buttons=new_buttons(docs, spec.new),
        about=(one.name, spec.form),
        wide=not private,
    )


def _is_personal(database: str) -> bool:
    """True for a database that each person has of one's own."""
    owner = shell().office.owner_of(database)
    return owner is not None and owner[1].template
