"""The buttons of a document: steps of its workflow and actions of its module."""

from flask import Blueprint, flash, redirect, request
from werkzeug.wrappers.response import Response

from plugin import Document, Documents, Form, Invalid, NotFound, Refused, SaveConflict
from views import documents as pages
from views.edit_page import asked
from views.labels import problem_texts
from views.language import _
from views.renderers import address
from views.shell import documents

blueprint = Blueprint("steps", __name__)
Answer = Response | tuple[str, int]


@blueprint.post("/<database>/<docid>/step/<name>")
def step(database: str, docid: str, name: str) -> Answer:
    """Take a step of the workflow; the door decides and gives the reason where it refuses."""
    docs, doc, form = _open(database, docid)
    wanted = form.step(name)
    if wanted is None:
        raise NotFound("There is no step {step} in this form.", step=name)
    typed = asked(form, wanted.asks, request.form, f"{name}.")
    if typed.problems:
        return pages.show(docs, doc, 422)
    rev = request.form.get("rev", doc.rev)
    note = request.form.get(f"{name}.note", "").strip()
    try:
        docs.transition(docid, rev, name, typed.values, note)
    except (Invalid, Refused, SaveConflict) as error:
        return _refused(docs, docid, error)
    flash(_("Done: {step}.", step=_(wanted.title)), "success")
    return redirect(address(database, docid), 303)


@blueprint.post("/<database>/<docid>/action/<name>")
def action(database: str, docid: str, name: str) -> Answer:
    """Do what a button of the form does."""
    docs, doc, form = _open(database, docid)
    wanted = form.action(name)
    if wanted is None:
        raise NotFound("There is no action {action} in this form.", action=name)
    typed = asked(form, wanted.asks, request.form, f"{name}.")
    if typed.problems:
        return pages.show(docs, doc, 422)
    try:
        done = docs.run_action(docid, name, typed.values)
    except (Invalid, Refused, SaveConflict) as error:
        return _refused(docs, docid, error)
    flash(_(done), "success")
    return redirect(address(database, docid), 303)


def _open(database: str, docid: str) -> tuple[Documents, Document, Form]:
    docs = documents(database)
    doc = docs.open(docid)
    return docs, doc, docs.form(doc.form)


def _refused(docs: Documents, docid: str, error: Invalid | Refused | SaveConflict) -> Answer:
    """The document's page as it stands now, with the reason on top."""
    doc = docs.open(docid)
    form = docs.form(doc.form)
    if isinstance(error, Invalid):
        return pages.show(docs, doc, error.status, problem_texts(form, error.problems))
    return pages.show(docs, doc, error.status, _(error.message))
