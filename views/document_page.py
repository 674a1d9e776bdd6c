"""A document's page for any form: sections, state, buttons, responses, history."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from markupsafe import Markup

from acl import VIEW_FORM, readers_of
from plugin import Deletion, Document, Documents, Form, is_empty
from views import edit_page
from views.editing import WIDE, Field
from views.handover_progress import TOLD, Handed, history_of, progress_of
from views.language import _, current_formats
from views.renderers import address, name_of, renderer
from views.rendering import NAMING, Renderer, Target
from views.shell import Crumb

STYLES = ("primary", "secondary", "success", "danger", "warning")


@dataclass(frozen=True)
class Entry:
    """One item with its label."""

    label: str
    html: Markup
    wide: bool


@dataclass(frozen=True)
class Part:
    """One section of the page."""

    title: str
    entries: tuple[Entry, ...]
    wide: bool


@dataclass(frozen=True)
class State:
    title: str
    style: str


@dataclass(frozen=True)
class Move:
    """A step or action: a button, or a button with questions. `reason` says why it is shut;
    `here` that it belongs to the state the document is in."""

    name: str
    title: str
    url: str
    style: str
    allowed: bool
    here: bool
    reason: str = ""
    fields: tuple[Field, ...] = ()
    noted: bool = False

    @property
    def open(self) -> bool:
        """True where its questions were just answered, so that the answers stay in sight."""
        return any(name.startswith(f"{self.name}.") for name in request.form)


@dataclass(frozen=True)
class HistoryLine:
    state: str
    style: str
    title: str
    by: str
    at: str
    note: str


def parts(form: Form, doc: Document, draw: Renderer) -> list[Part]:
    """The sections with what is filled in. Left out: what the heading and the links say already."""
    said = _said(form, doc, draw)
    found = []
    for section in form.sections:
        entries = tuple(
            Entry(_(form.items[name].label), draw.html(form.items[name], value, doc.items), wide)
            for name in section.items
            if name not in said
            and not is_empty(value := doc.items.get(name))
            and not form.items[name].hidden(doc.items)
            for wide in (form.items[name].kind in WIDE,)
        )
        if entries:
            found.append(Part(_(section.title), entries, all(one.wide for one in entries)))
    return found


def _said(form: Form, doc: Document, draw: Renderer) -> set[str]:
    said = {form.workflow.item} if form.workflow else set()
    if form.subject.startswith("{") and form.subject.endswith("}") and form.subject.count("{") == 1:
        said.add(form.subject[1:-1])
    for item in form.items.values():
        value = doc.items.get(item.name)
        if item.kind != "link" or not isinstance(value, str) or not value:
            continue
        title = draw.target(item, value, doc.items).title
        said |= {
            name
            for name, there in item.brings.items()
            if there in NAMING and str(doc.items.get(name) or "") in title
        }
    if progress_of(doc):
        said |= TOLD
    return said | ({"about_database", "about_id"} if about(doc) else set())


def about(doc: Document) -> Target | None:
    """The document that a notice is about, where the notice names one; what a saved view shows."""
    if doc.form == VIEW_FORM:
        return Target(
            url_for("keeping.view", database=doc.database, docid=doc.id), _("Open the view")
        )
    database, docid = doc.items.get("about_database"), doc.items.get("about_id")
    if not (isinstance(database, str) and isinstance(docid, str) and database and docid):
        return None
    return Target(address(database, docid), _("Open the document"))


def state_style(form: Form, state: str) -> str:
    """The colour of a state: that of the step that leads there; none for the first."""
    if form.workflow is None or state == form.workflow.initial:
        return ""
    styles = (step.style for step in form.workflow.steps if step.to == state)
    return next((style for style in styles if style in STYLES), "")


def state(form: Form, doc: Mapping[str, Any]) -> State | None:
    """The document's state, for the heading."""
    if form.workflow is None:
        return None
    name = form.workflow.state(doc)
    return State(_(form.workflow.states.get(name, name)), state_style(form, name))


def moves(docs: Documents, form: Form, doc: Document) -> list[Move]:
    """Steps and actions. Who may take them is the door's answer."""
    found = []
    state_now = form.workflow.state(doc.items) if form.workflow else ""
    for one in docs.steps(doc):
        url = url_for("steps.step", database=doc.database, docid=doc.id, name=one.name)
        questions = _questions(docs, form, doc, one.name, one.step.asks) if one.allowed else ()
        found.append(
            Move(
                one.name,
                _(one.title),
                url,
                _style(one.step.style),
                one.allowed,
                state_now in one.step.origins,
                _(one.reason) if one.reason else "",
                questions,
                noted=True,
            )
        )
    for name in docs.actions(doc):
        action = form.action(name)
        if action is None:
            continue
        url = url_for("steps.action", database=doc.database, docid=doc.id, name=name)
        questions = _questions(docs, form, doc, name, action.asks)
        found.append(
            Move(name, _(action.title), url, _style(action.style), True, True, "", questions)
        )
    return found


def _style(style: str) -> str:
    """The kind of button for a style of the form: what ends things badly does not shout."""
    if style == "danger":
        return "outline-danger"
    return style if style in STYLES and style != "secondary" else "plain"


def _questions(
    docs: Documents, form: Form, doc: Document, name: str, asks: tuple[str, ...]
) -> tuple[Field, ...]:
    items = [form.items[item] for item in asks]
    typed = edit_page.asked(form, asks, request.form, f"{name}.")
    texts = {**edit_page.texts(items, doc.items), **typed.texts}
    return tuple(edit_page.fields(docs, items, texts, typed.problems, doc.items).values())


def history(form: Form, doc: Document) -> list[HistoryLine]:
    """The steps that were taken, and who handed the document over, the last first."""
    lines = [(str(line.get("at", "")), _step_taken(form, line)) for line in _steps(form, doc)]
    lines += [(handed.at, _handed(handed)) for handed in history_of(doc)]
    return [line for _at, line in sorted(lines, key=lambda one: one[0])][::-1]


def _steps(form: Form, doc: Document) -> list[Mapping[str, Any]]:
    return (doc.raw.get("steps") or []) if form.workflow else []


def _step_taken(form: Form, line: Mapping[str, Any]) -> HistoryLine:
    step, to = form.step(str(line.get("step"))), str(line.get("to", ""))
    assert form.workflow is not None
    return HistoryLine(
        state=_(form.workflow.states.get(to, to)),
        style=state_style(form, to),
        title=_(step.title) if step else str(line.get("step")),
        by=name_of(str(line.get("by", ""))),
        at=current_formats().time(str(line.get("at", ""))),
        note=str(line.get("note") or ""),
    )


def _handed(one: Handed) -> HistoryLine:
    return HistoryLine(
        state=_("Taken back") if one.undone else _("Handed over"),
        style="secondary",
        title=f"{name_of(one.former)} → {name_of(one.new)}",
        by=name_of(one.by),
        at=current_formats().time(one.at),
        note="",
    )


def facts(doc: Document) -> list[Crumb]:
    """Who made and changed it and who may read it."""
    made, changed = doc.raw.get("created") or {}, doc.raw.get("updated") or {}
    found = []
    if made:
        found.append(Crumb(_("Made by {name}, {time}", **_who(made)), icon="plus-circle"))
    if changed and changed != made:
        found.append(Crumb(_("Changed by {name}, {time}", **_who(changed)), icon="pencil"))
    if former := doc.raw.get("provisional"):
        found.append(Crumb(_("Was {number} on a laptop", number=str(former)), icon="laptop"))
    readers = sorted(readers_of(doc.raw))
    if readers:
        shown = ", ".join(reader_name(one) for one in readers)
        found.append(Crumb(_("Open to {names}", names=shown), icon="eye"))
    why = url_for("acl_asking.why", database=doc.database, document=doc.id)
    return [*found, Crumb(_("Who can see this, and why?"), why, "shield-lock")]


def deletions(docs: Documents, doc: Document) -> list[str]:
    """Who deleted the document while it was edited elsewhere, and who edited it; empty where nobody
    did."""
    found = docs.deletions(doc.id) if doc.conflict else []
    edited = _("{name} changed it, {time}.", **_who(doc.raw.get("updated") or {}))
    return [*map(_deleted, found), edited] if found else []


def _deleted(one: Deletion) -> str:
    if not one.by:
        return _("This document was deleted elsewhere.")
    return _("{name} deleted this document, {time}.", **_who({"by": one.by, "at": one.at}))


def reader_name(name: str) -> str:
    """What people see for a reader, also for the automatic groups."""
    if name.startswith("leaders-of:"):
        return _("Managers of {name}", name=name_of(name.removeprefix("leaders-of:")))
    return name_of(name)


def _who(mark: Mapping[str, Any]) -> dict[str, str]:
    return {
        "name": name_of(str(mark.get("by", ""))),
        "time": current_formats().time(str(mark.get("at", ""))),
    }


def draw(docs: Documents) -> Renderer:
    """The renderer of a page of this database."""
    return renderer(docs)
