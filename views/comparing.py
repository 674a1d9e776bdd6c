"""Versions of a document side by side, chosen item by item: when a save met somebody else's, and
when replicas brought two."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import render_template, request
from markupsafe import Markup, escape

from plugin import Document, Documents, Form, Message, SaveConflict, items_of
from views.editing import Typed
from views.language import _, current_formats
from views.navigator import crumbs
from views.renderers import address, name_of, renderer
from views.rendering import Renderer
from views.shell import Crumb

CHOOSE = "choose."
ATTACHMENT = "_attachments/"
BESIDE = {
    "readers": Message("Readers"),
    "authors": Message("Authors"),
    "public": Message("Public document"),
}
NOT_TYPED = frozenset(("csrf_token", "rev", "find", "merged"))


@dataclass(frozen=True)
class Version:
    """The head of a column."""

    title: str
    more: str


@dataclass(frozen=True)
class Choice:
    value: str
    html: Markup | str
    chosen: bool
    more: str = ""


@dataclass(frozen=True)
class Line:
    """One item with its value in each version."""

    name: str
    label: str
    choices: tuple[Choice, ...]


def marked(raw: Mapping[str, Any]) -> str:
    """Who wrote a version, and when."""
    mark = raw.get("updated") or raw.get("created") or {}
    who, at = str(mark.get("by", "")), str(mark.get("at", ""))
    return f"{name_of(who)}, {current_formats().time(at)}" if who else ""


def kept_items(typed: Typed, texts: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """The values to save: those whose text was changed, where the page of a clash was not sent
    with the other version chosen. `texts` is what stood in the fields first."""
    return {
        name: value
        for name, value in typed.values.items()
        if request.form.get(CHOOSE + name) != "theirs"
        and ("merged" in request.form or not _same(typed.texts[name], texts.get(name, ())))
    }


def _same(typed: tuple[str, ...], shown: tuple[str, ...]) -> bool:
    """Browsers send line ends in their own way, and the currency also beside no amount."""
    plain = tuple(text.replace("\r\n", "\n").strip() for text in typed if text.strip())
    return plain == tuple(text.replace("\r\n", "\n").strip() for text in shown if text.strip())


def clash_page(docs: Documents, form: Form, now: Document, error: SaveConflict) -> tuple[str, int]:
    """Mine and theirs of the items that both changed. What I changed alone is sent along.

    `error.mine` holds only what I changed; the page sends these fields and no others.
    """
    draw = renderer(docs)
    lines = []
    for name in error.items:
        item = form.items[name]
        mine, theirs = error.mine.get(name), error.theirs.get(name)
        lines.append(
            Line(
                CHOOSE + name,
                _(item.label),
                (
                    Choice("mine", draw.html(item, mine, error.mine), True),
                    Choice("theirs", draw.html(item, theirs, items_of(error.theirs)), False),
                ),
            )
        )
    html = render_template(
        "compare.html",
        title=_("Conflict"),
        crumbs=crumbs(now.database, Crumb(now.title, address(now.database, now.id))),
        explanation=_(
            "Somebody else changed the same items while you were editing. Please choose."
        ),
        versions=[
            Version(_("Yours"), _("not saved yet")),
            Version(_("Theirs"), marked(error.theirs)),
        ],
        lines=lines,
        action=request.path,
        hidden=[("rev", now.rev), ("merged", "1"), *_typed(error.mine)],
        cancel=address(now.database, now.id),
    )
    return html, error.status


def _typed(names: Iterable[str]) -> list[tuple[str, str]]:
    wanted = frozenset(names)
    return [
        (field, value)
        for field, value in request.form.items(multi=True)
        if field not in NOT_TYPED
        and not field.startswith(CHOOSE)
        and field.partition(".")[0] in wanted
    ]


def lines_of(
    docs: Documents, form: Form, branches: list[Document], names: Iterable[str]
) -> list[Line]:
    """The items that need a choice, with each branch's value, and who gave it when; the value with
    more saves behind it is chosen first, whatever the clocks of the machines said."""
    draw = renderer(docs)
    lines = []
    for name in names:
        last = max(branches, key=lambda doc: _saves(doc, name))
        choices = [
            Choice(doc.rev, version_value(draw, form, name, doc), doc is last, _changed(doc, name))
            for doc in branches
        ]
        lines.append(Line(CHOOSE + name, label_of(form, name), tuple(choices)))
    return lines


def _saves(doc: Document, name: str) -> tuple[int, int]:
    entry = (doc.raw.get("changed") or {}).get(name) or [0]
    return int(entry[0]), int(doc.rev.partition("-")[0])


def _changed(doc: Document, name: str) -> str:
    """Who changed the item in this version last, and when; empty where nobody did."""
    entry = (doc.raw.get("changed") or {}).get(name)
    if not entry:
        return ""
    return f"{name_of(str(entry[2]))}, {current_formats().time(str(entry[1]))}"


def label_of(form: Form, name: str) -> str:
    """What people call an item, or what else of a document can differ."""
    if name in form.items:
        return _(form.items[name].label)
    if name.startswith(ATTACHMENT):
        return _("File {name}", name=name.removeprefix(ATTACHMENT))
    return _(BESIDE.get(name, name))


def version_value(draw: Renderer, form: Form, name: str, doc: Document) -> Markup:
    """The value of an item in one version, as people read it."""
    if name in form.items:
        return draw.html(form.items[name], doc.items.get(name), doc.items)
    if name in ("readers", "authors"):
        held = doc.raw.get(name) or {}
        names = sorted({one for group in held.values() for one in group})
        return escape(", ".join(name_of(one) for one in names) or _("Everybody"))
    if name == "public":
        return escape(_("Yes") if doc.raw.get("public") else _("No"))
    there = name.removeprefix(ATTACHMENT) in (doc.raw.get("_attachments") or {})
    return escape(_("Keep this file") if there else _("No file"))
