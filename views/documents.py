"""One blueprint for every form: show, make, edit and delete documents."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers.response import Response

from plugin import Document, Documents, Form, Invalid, Message, NotFound, Refused, SaveConflict
from views import document_page as page
from views import edit_page, handover, responses
from views.changes import last_changes
from views.comparing import clash_page, kept_items
from views.editing import NOTHING, Typed, editable
from views.files import files_of
from views.handover_progress import progress_of
from views.language import _
from views.navigator import crumbs
from views.renderers import address
from views.security import local_address
from views.shell import Crumb, documents

blueprint = Blueprint("documents", __name__)
Answer = Response | tuple[str, int]


@blueprint.get("/<database>/<docid>")
def view(database: str, docid: str) -> Answer:
    """A document with its responses."""
    docs = documents(database)
    return show(docs, docs.open(docid), 200)


def show(docs: Documents, doc: Document, status: int, problem: str = "") -> tuple[str, int]:
    """The page of a document; `problem` is why something was not done."""
    form = docs.form(doc.form)
    moves = page.moves(docs, form, doc)
    draw = page.draw(docs)
    may_edit, may_delete = docs.may("edit", doc.raw), docs.may("delete", doc.raw)
    to_edit = may_edit and editable(form, doc.items)
    here: dict[str, Any] = {"database": doc.database, "docid": doc.id}
    html = render_template(
        "document.html",
        title=doc.title,
        crumbs=crumbs(doc.database),
        symbol=form.icon,
        rev=doc.rev,
        problem=problem,
        state=page.state(form, doc.items),
        moves=moves,
        refusals=[move for move in moves if move.here and not move.allowed],
        edit_url=url_for("documents.edit", **here) if to_edit else "",
        hand_over=handover.button(doc),
        progress=progress_of(doc),
        delete_url=url_for("documents.delete", **here) if may_delete else "",
        conflict_url=url_for("conflicts.page", **here) if doc.branched and may_edit else "",
        deletions=page.deletions(docs, doc),
        keep_url=url_for("conflicts.keep", **here) if may_edit else "",
        about=page.about(doc),
        sections=page.parts(form, doc, draw),
        files=files_of(doc, form, may_edit=bool(may_edit)),
        responses=responses.panels(docs, form, doc),
        history=page.history(form, doc),
        changes=last_changes(form, doc, draw),
        facts=page.facts(doc),
    )
    return html, status


@blueprint.route("/<database>/new/<form>", methods=("GET", "POST"))
def new(database: str, form: str) -> Answer:
    """An empty form, with what the address presets (`?customer=…`); saved when posted."""
    docs = documents(database)
    shape = docs.form(form)
    decision = docs.may_create(form)
    if not decision:
        raise Refused(Message(decision.reason.text, decision.reason.params))
    preset = _preset(shape)
    start = docs.new(form, preset)
    if request.method == "GET":
        return _edit(docs, shape, None, start, NOTHING, {}, 200)
    typed = edit_page.answers(shape, start, request.form)
    if "find" in request.form or typed.problems:
        status = 422 if typed.problems else 200
        return _edit(docs, shape, None, start, typed, typed.problems, status)
    try:
        doc = docs.create(form, {**preset, **typed.values})
    except Invalid as error:
        return _edit(docs, shape, None, start, typed, error.problems, error.status)
    flash(_("Saved."), "success")
    return redirect(_back() or address(database, doc.id), 303)


def _preset(form: Form) -> dict[str, str]:
    """What the address says of a new document: items that people type, and no others."""
    typed = (name for name, item in form.items.items() if not item.computed and not item.workflow)
    return {name: request.args[name] for name in typed if request.args.get(name)}


def _back() -> str:
    """Where a new response was asked for; the person returns there."""
    return local_address(request.args.get("back"), "")


@blueprint.route("/<database>/<docid>/edit", methods=("GET", "POST"))
def edit(database: str, docid: str) -> Answer:
    """The fields of a document; what was typed is kept when something is wrong with it."""
    docs = documents(database)
    doc = docs.open(docid)
    form = docs.form(doc.form)
    decision = docs.may("edit", doc.raw)
    if not decision:
        raise Refused(Message(decision.reason.text, decision.reason.params))
    if request.method == "GET":
        return _edit(docs, form, doc, doc.items, NOTHING, {}, 200)
    typed = edit_page.answers(form, doc.items, request.form)
    if "find" in request.form or typed.problems:
        status = 422 if typed.problems else 200
        return _edit(docs, form, doc, doc.items, typed, typed.problems, status)
    rev = request.form.get("rev", doc.rev)
    try:
        docs.save(docid, rev, kept_items(typed, _shown(docs, form, doc, rev), doc.items))
    except Invalid as error:
        return _edit(docs, form, doc, doc.items, typed, error.problems, error.status)
    except SaveConflict as error:
        return clash_page(docs, form, docs.open(docid), error)
    flash(_("Saved."), "success")
    return redirect(address(database, docid), 303)


def _shown(docs: Documents, form: Form, doc: Document, rev: str) -> dict[str, tuple[str, ...]]:
    """What stood in the fields when the page was opened; empty where that is not known any more."""
    try:
        base = doc if rev == doc.rev else docs.open(doc.id, rev)
    except NotFound:
        return {}
    return edit_page.texts(editable(form, base.items), base.items)


def _edit(
    docs: Documents,
    form: Form,
    doc: Document | None,
    values: Mapping[str, Any],
    typed: Typed,
    problems: Mapping[str, Message],
    status: int,
) -> tuple[str, int]:
    items = editable(form, values)
    now = docs.preview(form.name, {**values, **typed.values}, doc.raw if doc else None)
    texts = edit_page.drawn(items, now, typed, request.form.get("find", ""))
    made = edit_page.fields(docs, items, texts, problems, now)
    problem = _("Please correct the items marked below.") if problems else ""
    stray = edit_page.stray_problems(form, made, problems)
    cancel = address(docs.name, doc.id) if doc else _back() or url_for("start.page")
    html = render_template(
        "edit.html",
        title=_("Edit") if doc else _("New {form}", form=_(form.title)),
        crumbs=_crumbs(docs, form, doc),
        symbol=form.icon,
        action=request.full_path.rstrip("?"),
        rev=request.form.get("rev", doc.rev) if doc else "",
        hidden=[],
        sections=edit_page.sections(form, made),
        problem=f"{problem} {stray}".strip(),
        cancel=cancel,
    )
    return html, status


def _crumbs(docs: Documents, form: Form, doc: Document | None) -> list[Crumb]:
    there = Crumb(doc.title, address(docs.name, doc.id)) if doc else Crumb(_(form.plural))
    return crumbs(docs.name, there)


@blueprint.post("/<database>/<docid>/delete")
def delete(database: str, docid: str) -> Answer:
    """Delete a document, where the door allows it."""
    docs = documents(database)
    doc = docs.open(docid)
    try:
        docs.delete(docid, request.form.get("rev", ""))
    except (Refused, SaveConflict) as error:
        return show(docs, doc, error.status, _(error.message))
    flash(_("Deleted: {title}.", title=doc.title), "success")
    return redirect(url_for("navigator.page", database=database), 303)
