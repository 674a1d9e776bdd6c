"""Saved views: opened, kept, changed. Renamed, shared and deleted they are on their own pages, as
any document."""

from flask import Blueprint, flash, g, redirect, request, url_for
from werkzeug.wrappers.response import Response

from plugin import BadInput, Invalid, NotFound
from views import narrowing
from views.language import _
from views.saving import parameters
from views.shell import documents, session

blueprint = Blueprint("keeping", __name__)
Answer = Response | tuple[str, int]


@blueprint.get("/<database>/view/<docid>")
def view(database: str, docid: str) -> Response:
    """The listing with what the view says now."""
    docs = documents(database)
    found = docs.view(docid)
    if found.listing not in docs.listings:
        raise NotFound("The listing of this view is not there any more.")
    asked = parameters([*found.pairs, ("view", found.id)])
    return redirect(
        url_for("listings.page", **asked | {"database": database, "listing": found.listing})
    )


@blueprint.post("/<database>/listing/<listing>/keep")
def keep(database: str, listing: str) -> Answer:
    """Save the question in the address under a name."""
    docs = documents(database)
    source = session().listing(database, listing)
    wanted = narrowing.asked(docs, source.spec)
    shared = request.form.get("shared") == "1"
    try:
        if wanted.problems:
            raise BadInput(next(iter(wanted.problems.values())))
        name = request.form.get("name", "")
        made = docs.keep_view(name, listing, wanted.query, shared=shared)
    except Invalid as error:
        g.not_kept = next(iter(error.problems.values()))
        return narrowing.page(docs, source, wanted)[0], error.status
    flash(_("The view “{view}” is saved.", view=made.name), "success")
    return redirect(url_for("keeping.view", database=database, docid=made.id), 303)


@blueprint.post("/<database>/listing/<listing>/change")
def change(database: str, listing: str) -> Response:
    """Save the question in the address into the view that it came from."""
    docs = documents(database)
    wanted = narrowing.asked(docs, session().listing(database, listing).spec)
    if wanted.view is None or wanted.problems:
        raise NotFound("There is no such view.")
    made = docs.change_view(wanted.view, wanted.query)
    flash(_("The view “{view}” is saved.", view=made.name), "success")
    return redirect(url_for("keeping.view", database=database, docid=made.id), 303)
