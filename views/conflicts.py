"""The page of a replication conflict: versions that were made apart, settled item by item; and the
answer to a deletion that met an edit."""

from flask import Blueprint, flash, redirect, render_template, request
from werkzeug.wrappers.response import Response

from plugin import Invalid, Refused
from views import documents as pages
from views.comparing import CHOOSE, Version, lines_of, marked
from views.labels import problem_texts
from views.language import _
from views.navigator import crumbs
from views.renderers import address
from views.shell import Crumb, documents

blueprint = Blueprint("conflicts", __name__)
Answer = Response | str | tuple[str, int]


@blueprint.get("/<database>/<docid>/conflict")
def page(database: str, docid: str) -> Answer:
    """All live versions side by side."""
    docs = documents(database)
    branches = docs.conflicts(docid)
    if not branches:
        flash(_("There is nothing to settle any more."), "success")
        return redirect(address(database, docid), 303)
    doc = docs.open(docid)
    form = docs.form(doc.form)
    return render_template(
        "compare.html",
        title=_("Conflict"),
        crumbs=crumbs(database, Crumb(doc.title, address(database, docid))),
        explanation=_(
            "These versions were made in different places. Please choose for each item; "
            "what was changed in one place only is taken from there."
        ),
        versions=[
            Version(_("Version {number}", number=number), marked(one.raw))
            for number, one in enumerate(branches, 1)
        ],
        lines=lines_of(docs, form, branches, docs.clashes(docid)),
        action=request.path,
        hidden=[],
        cancel=address(database, docid),
    )


@blueprint.post("/<database>/<docid>/conflict")
def settle(database: str, docid: str) -> Answer:
    """End the conflict with what was chosen."""
    docs = documents(database)
    choices = {
        name.removeprefix(CHOOSE): rev
        for name, rev in request.form.items()
        if name.startswith(CHOOSE)
    }
    try:
        docs.settle(docid, choices)
    except Invalid as error:
        doc = docs.open(docid)
        text = problem_texts(docs.form(doc.form), error.problems)
        return pages.show(docs, doc, error.status, text)
    except Refused as error:
        return pages.show(docs, docs.open(docid), error.status, _(error.message))
    flash(_("The conflict is settled."), "success")
    return redirect(address(database, docid), 303)


@blueprint.post("/<database>/<docid>/keep")
def keep(database: str, docid: str) -> Answer:
    """A document that was deleted elsewhere stays."""
    docs = documents(database)
    try:
        docs.keep(docid)
    except (Invalid, Refused) as error:
        return pages.show(docs, docs.open(docid), error.status, _(error.message))
    flash(_("The document stays."), "success")
    return redirect(address(database, docid), 303)
