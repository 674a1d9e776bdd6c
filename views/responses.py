"""Listings below a document: its responses, each with a button that makes one more."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from plugin import Document, Documents, Form, NotFound, Response
from views.language import _
from views.navigator import databases
from views.renderers import address, renderer
from views.shell import documents, session
from views.tables import Drawer, Table

LIMIT = 10
COLUMNS = 7


@dataclass(frozen=True)
class Panel:
    """One listing of responses."""

    name: str
    title: str
    icon: str
    total: int
    table: Table
    all_url: str
    new_url: str
    new_title: str


def panels(docs: Documents, form: Form, doc: Document) -> list[Panel]:
    """The responses that this person may see; a listing that is not there for them is left out."""
    entered = {one.name for one in databases()}
    found = []
    for response in form.responses:
        database = response.database or docs.name
        if database not in entered:
            continue
        try:
            found.append(_panel(database, response, doc))
        except NotFound:
            continue
    return found


def _panel(database: str, response: Response, doc: Document) -> Panel:
    there = documents(database)
    listing = session().listing(database, response.listing)
    spec = listing.spec
    shape = there.form(spec.form)
    page = listing.page(prefix=[doc.id], limit=LIMIT)
    drawer = Drawer(database, spec, shape, renderer(there), folded=False)
    table = drawer.table(page.rows, COLUMNS)
    given: dict[str, Any] = dict.fromkeys(spec.key, doc.id)
    more = url_for("listings.page", database=database, listing=spec.name, **given)
    new_url = ""
    if response.form and there.may_create(response.form):
        back = f"{address(doc.database, doc.id)}#{response.listing}"
        preset: dict[str, Any] = {response.item: doc.id} if response.item else {}
        new_url = url_for(
            "documents.new", database=database, form=response.form, back=back, **preset
        )
    new_title = _(there.form(response.form).title) if response.form else ""
    return Panel(
        name=response.listing,
        title=_(response.title),
        icon=shape.icon,
        total=page.total,
        table=table,
        all_url=more if page.next else "",
        new_url=new_url,
        new_title=_("New {form}", form=new_title),
    )
