"""Views that people save: a query over a listing under a name, private or shared as in Notes.

Each is a document of the form `view` in the database whose listing it narrows, so it comes to
laptops and has Readers of its own: the person alone, everybody, or the people and groups named.
Which right that takes is decided where all rights are (`acl.may`), here and in the store. It holds
conditions, never rows: everybody sees what he may read.
"""

from dataclasses import dataclass

from acl import VIEW_FORM, Decision, readers_of
from plugin.runtime.context import Context
from plugin.runtime.designs.design import SAVED_VIEW
from plugin.runtime.door.creating import create
from plugin.runtime.door.document import Document
from plugin.runtime.door.reading import open_document, open_many
from plugin.runtime.door.saving import save
from plugin.runtime.errors import BadInput, NotFound
from plugin.runtime.filters.query import Pairs, Query, saved_pairs
from plugin.runtime.listings.ranges import rows, under

MOST = 200
"""So many are listed at once."""


@dataclass(frozen=True)
class SavedView:
    """A view as it was read. `private` where only its owner reads it."""

    document: Document
    name: str
    listing: str
    text: str
    private: bool

    @property
    def id(self) -> str:
        return self.document.id

    @property
    def pairs(self) -> Pairs:
        """Its query as the parameters of an address."""
        return saved_pairs(self.text)


def saved_views(ctx: Context) -> list[SavedView]:
    """Those of a database that this identity may read, by listing and name."""
    sets = ctx.office.reader_sets(ctx.name).readable_now(ctx)
    if ctx.only_public or not sets.names or VIEW_FORM not in ctx.design.forms:
        return []
    found = ctx.office.answers(ctx.name).get(
        sets.as_of,
        (rows, SAVED_VIEW, sets.names),
        lambda: rows(ctx.reading, SAVED_VIEW, sets.names, under(()), MOST),
    )
    return [_view(doc) for doc in open_many(ctx, [row["id"] for row in found]).values()]


def saved_view(ctx: Context, docid: str) -> SavedView:
    """One of them. Raises NotFound."""
    doc = open_document(ctx, docid)
    if doc.form != VIEW_FORM:
        raise NotFound
    return _view(doc)


def may_keep(ctx: Context, *, shared: bool) -> Decision:
    """Whether this identity may save a view for others, or for itself, and why not."""
    return ctx.may("create", {"form": VIEW_FORM, "readers": {"people": _people(ctx, shared)}})


def keep(ctx: Context, name: str, listing: str, query: Query, *, shared: bool) -> SavedView:
    """Save a view. Raises Refused, Invalid, and BadInput where there is nothing to save."""
    items = {"name": name, "people": _people(ctx, shared), **_asked(query)}
    return _view(create(ctx, VIEW_FORM, {**items, "listing": listing}))


def change(ctx: Context, view: SavedView, query: Query) -> SavedView:
    """Give a view another query. Raises as the door's `save`."""
    return _view(save(ctx, view.id, view.document.rev, _asked(query)))


def _asked(query: Query) -> dict[str, str]:
    if not query:
        raise BadInput(
            "Choose conditions, columns or an order first; then there is a view to save."
        )
    return {"query": query.text()}


def _people(ctx: Context, shared: bool) -> list[str]:
    return [] if shared or ctx.identity.name is None else [ctx.identity.name]


def _view(doc: Document) -> SavedView:
    items, readers = doc.items, readers_of(doc.raw)
    return SavedView(
        doc,
        doc.title,
        str(items.get("listing", "")),
        str(items.get("query", "")),
        bool(readers) and readers == {items.get("owner")},
    )
