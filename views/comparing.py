"""Versions of a document side by side, chosen item by item: when a save met somebody else's, and
when replicas brought two."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import render_template, request
from markupsafe import Markup, escape

from plugin import Document, Documents, Form, SaveConflict, by_rows, items_of, with_rows
from views import edit_page
from views.editing import Texts, Typed
from views.labels import ATTACHMENT, label_of
from views.language import _, current_formats
from views.navigator import crumbs
from views.renderers import address, name_of, renderer
from views.rendering import Renderer
from views.shell import Crumb

CHOOSE = "choose."
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


def kept_items(typed: Typed, texts: Texts, theirs: Mapping[str, Any]) -> dict[str, Any]:
    """The values to save: those whose text was changed, where the page of a clash was not sent
    with the other version chosen. `texts` is what stood in the fields first, `theirs` the other
    version, from which rows of tables are chosen one by one."""
    return {
        name: _rows_chosen(name, value, theirs)
        for name, value in typed.values.items()
        if request.form.get(CHOOSE + name) != "theirs"
        and ("merged" in request.form or not _untouched(name, typed, texts))
    }


def _rows_chosen(name: str, mine: Any, theirs: Mapping[str, Any]) -> Any:
    """The value, in a table with those rows of the other version that were chosen."""
    asked = [one for one in request.form if one.startswith(f"{CHOOSE}{name}/")]
    chosen = [one.removeprefix(CHOOSE) for one in asked if request.form[one] == "theirs"]
    return with_rows({name: mine}, theirs, chosen)[name] if chosen else mine


def _untouched(name: str, typed: Typed, texts: Texts) -> bool:
    if not isinstance(typed.values[name], list) or f"{name}.rows" not in request.form:
        return _same(typed.texts[name], texts.get(name, ()))
    paths = {path for path in (*typed.texts, *texts) if path.startswith(f"{name}/")}
    filled = tuple(row["id"] for row in typed.values[name])
    return filled == texts.get(name, ()) and all(
        _same(typed.texts.get(path, ()), texts.get(path, ())) for path in paths
    )


def _same(typed: tuple[str, ...], shown: tuple[str, ...]) -> bool:
    """Browsers send line ends in their own way, and the currency also beside no amount."""
    plain = tuple(text.replace("\r\n", "\n").strip() for text in typed if text.strip())
    return plain == tuple(text.replace("\r\n", "\n").strip() for text in shown if text.strip())


def clash_page(docs: Documents, form: Form, now: Document, error: SaveConflict) -> tuple[str, int]:
    """Mine and theirs of the items that both changed. What I changed alone is sent along.

    `error.mine` holds only what I changed; the page sends these fields and no others.
    """
    draw = renderer(docs)
    mine_now = docs.preview(form.name, error.mine, dict(error.theirs))
    lines = []
    for name in error.items:
        mine = value_html(draw, form, name, mine_now)
        theirs = value_html(draw, form, name, items_of(error.theirs))
        choices = (Choice("mine", mine, True), Choice("theirs", theirs, False))
        lines.append(Line(CHOOSE + name, label_of(form, name), choices))
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
        hidden=[("rev", now.rev), ("merged", "1"), *_typed(form, error.mine)],
        cancel=address(now.database, now.id),
    )
    return html, error.status


def _typed(form: Form, mine: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The fields of what I changed, as they were sent; tables with the rows that others added."""
    tables = [form.items[name] for name in mine if form.items[name].kind == "table"]
    wanted = mine.keys() - {table.name for table in tables}
    fields = [field for table in tables for field in edit_page.sent(table, mine)]
    return fields + [
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


def version_value(draw: Renderer, form: Form, name: str, doc: Document) -> Markup:
    """The value of an item in one version, as people read it."""
    if form.item(name) is not None:
        return value_html(draw, form, name, doc.items)
    if name in ("readers", "authors"):
        held = doc.raw.get(name) or {}
        names = sorted({one for group in held.values() for one in group})
        return escape(", ".join(name_of(one) for one in names) or _("Everybody"))
    if name == "public":
        return escape(_("Yes") if doc.raw.get("public") else _("No"))
    there = name.removeprefix(ATTACHMENT) in (doc.raw.get("_attachments") or {})
    return escape(_("Keep this file") if there else _("No file"))


def value_html(draw: Renderer, form: Form, name: str, items: Mapping[str, Any]) -> Markup:
    """The value of an item, or a row of a table, among these items."""
    item = form.items[name.partition("/")[0]]
    if "/" not in name:
        return draw.html(item, items.get(name), items)
    row = by_rows({item.name: items.get(item.name)}).get(name)
    return draw.row(item, row) if row else Markup("")
