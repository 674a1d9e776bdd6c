"""Handing work over: what goes along is shown first and may be unticked; the office does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers.response import Response

from plugin import (
    HANDOVERS,
    SETTINGS,
    Asked,
    Document,
    Invalid,
    Message,
    NotFound,
    Share,
    begin_handover,
    holder_of,
    may_hand_over,
    work_of,
    work_with,
)
from views import edit_page
from views.editing import NOTHING, Typed
from views.handover_progress import progress_of
from views.language import _, current_formats
from views.renderers import address, name_of
from views.shell import Crumb, documents, session

blueprint = Blueprint("handover", __name__)
Answer = Response | tuple[str, int]
ASKED = ("to", "note")


@dataclass(frozen=True)
class Line:
    """One document that may go along."""

    value: str
    title: str
    url: str
    ticked: bool
    fixed: bool


@dataclass(frozen=True)
class Kind:
    """One kind of what goes along; with lines where each document is chosen by itself."""

    name: str
    title: str
    count: str
    ticked: bool
    lines: tuple[Line, ...]


def button(doc: Document) -> Crumb | None:
    """The way to hand over a document, or a person's work; None where it is nobody's, or not for
    this person to do."""
    here = session()
    former = holder_of(here, doc)
    if former is None or may_hand_over(here, former) is not None:
        return None
    title = _("Hand over the work") if doc.form == "person" else _("Hand over")
    url = url_for("handover.page", database=doc.database, docid=doc.id)
    return Crumb(title, url, "arrow-left-right")


@blueprint.route("/<database>/<docid>/hand-over", methods=("GET", "POST"))
def page(database: str, docid: str) -> Answer:
    """What goes along, to whom, with which note; begun when posted."""
    asked = _asked(database, docid)
    form = documents(HANDOVERS).form("handover")
    if request.method == "GET":
        return _show(asked, NOTHING, {}, "")
    typed = edit_page.asked(form, ASKED, request.form, "")
    if "find" in request.form or typed.problems:
        return _show(asked, typed, typed.problems, "")
    kinds = _kinds(asked)
    if not kinds:
        return _show(asked, typed, {}, _("Please tick what goes along."))
    new, note = typed.values.get("to"), typed.values.get("note") or ""
    try:
        made = begin_handover(session(), asked, new, kinds, _going(asked), note)
    except Invalid as error:
        return _show(asked, typed, error.problems, "")
    return redirect(address(HANDOVERS, made.id), 303)


@blueprint.get("/<database>/<docid>/progress")
def progress(database: str, docid: str) -> dict[str, Any]:
    """For the script: whether it goes on, and the line that says how far it is."""
    now = progress_of(documents(database).open(docid))
    if now is None:
        raise NotFound
    return {"running": now.running, "text": now.text}


def _asked(database: str, docid: str) -> Asked:
    doc = documents(database).open(docid)
    if database == SETTINGS:
        return work_of(session(), holder_of(session(), doc) or "")
    return work_with(session(), doc)


def _going(asked: Asked) -> set[str]:
    """The documents that are ticked; the one that it is about goes in any case."""
    about = asked.about
    return {*request.form.getlist("going"), *([_place(about)] if about else ())}


def _kinds(asked: Asked) -> list[str]:
    if asked.about is None:
        return request.form.getlist("kinds")
    going = _going(asked)
    return [
        one.holding.name for one in asked.shares if going & {_place(doc) for doc in one.documents}
    ]


def _place(doc: Document) -> str:
    return f"{doc.database}/{doc.id}"


def _show(asked: Asked, typed: Typed, problems: Mapping[str, Message], problem: str) -> Answer:
    docs = documents(HANDOVERS)
    form = docs.form("handover")
    items = [form.items[name] for name in ASKED]
    texts = {**edit_page.texts(items, {}), **typed.texts}
    html = render_template(
        "handover.html",
        title=_title(asked),
        back=request.path.removesuffix("/hand-over"),
        about=asked.about,
        fields=edit_page.fields(docs, items, texts, problems, {}).values(),
        kinds=[_kind(asked, share) for share in asked.shares],
        problem=problem,
    )
    return html, 422 if problem or problems else 200


def _title(asked: Asked) -> str:
    if asked.about:
        return _("Hand over: {title}", title=asked.about.title)
    return _("Hand over the work of {name}", name=name_of(asked.former))


def _kind(asked: Asked, share: Share) -> Kind:
    posted = request.method == "POST"
    ticked = not posted or share.holding.name in request.form.getlist("kinds")
    lines: tuple[Line, ...] = ()
    if asked.about:
        going = _going(asked)
        lines = tuple(
            Line(
                _place(doc),
                doc.title,
                address(doc.database, doc.id),
                not posted or _place(doc) in going,
                doc == asked.about,
            )
            for doc in share.documents
        )
    count = current_formats().number(len(share.documents))
    return Kind(share.holding.name, _(share.holding.title), count, ticked, lines)
