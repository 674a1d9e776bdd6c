"""On a laptop: edits that the office did not take, each with its reason and what can be done."""

import json
from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers.response import Response as Redirect

from plugin import Edit, Form, Laptop, NotFound, ReviewFolder, exported, whole
from plugin import changed_apart as changed
from views.comparing import Choice, Line, marked, version_value
from views.labels import label_of
from views.language import _, current_formats
from views.renderers import renderer
from views.shell import Crumb, documents, shell, user

blueprint = Blueprint("not_sent", __name__)


@dataclass(frozen=True)
class Row:
    """One edit in the list. `wish` says what the next sync does with it."""

    key: str
    title: str
    reason: str
    at: str
    wish: str


def folder() -> ReviewFolder:
    """The kept edits, for the laptop's own person. Raises NotFound for others, and at an office."""
    office, who = shell().office, user()
    if office.kind != "laptop" or who is None or Laptop.read(office.data).person != who.name:
        raise NotFound
    return ReviewFolder(office.data)


@blueprint.get("/not-sent")
def page() -> str:
    """All of them."""
    rows = [_row(edit) for edit in folder().all()]
    return render_template("not_sent.html", title=_("Not sent"), rows=rows)


@blueprint.get("/not-sent/<key>")
def edit(key: str) -> str:
    """One edit beside the office's version, item by item."""
    one = folder().get(key)
    return render_template(
        "not_sent_edit.html",
        title=one.title or one.id,
        crumbs=[Crumb(_("Not sent"), url_for(".page"))],
        row=_row(one),
        sendable=one.sendable,
        deletion=bool(one.version.get("_deleted")),
        mine=marked(one.version),
        theirs=marked(one.office) if one.office else "",
        lines=_lines(one),
    )


@blueprint.post("/not-sent/<key>")
def decide(key: str) -> Redirect:
    """Note what is to become of it; the next sync carries it out."""
    wished = folder().wish(key, request.form.get("wish", ""), request.form.get("note", ""))
    flash(_wish(wished.wish) or _("Taken back. The edit stays here."), "success")
    return redirect(url_for(".page"), 303)


@blueprint.get("/not-sent/<key>/export")
def export(key: str) -> Response:
    """The edit as a file, with the files of the document in it."""
    one = whole(shell().office.server, folder().get(key))
    text = json.dumps(exported(one), ensure_ascii=False, indent=2)
    name = f'attachment; filename="edit-{one.key}.json"'
    return Response(text, mimetype="application/json", headers={"Content-Disposition": name})


def _row(one: Edit) -> Row:
    at = current_formats().time(one.at)
    return Row(one.key, one.title or one.id, _(one.reason), at, _wish(one.wish))


def _wish(wish: str) -> str:
    return {
        "send": _("The next sync sends it for review."),
        "retry": _("The next sync tries again."),
        "discard": _("The next sync discards it."),
    }.get(wish, "")


def _lines(one: Edit) -> list[Line]:
    """What I changed, mine and theirs; all of mine where the office's version is not known."""
    names = changed(one.version, one.office) if one.office else tuple(sorted(one.version))
    try:
        docs = documents(one.database)
        form = docs.forms.get(str(one.version.get("form")))
    except NotFound:  # the database was taken away with its forms
        return [_plain(name, one) for name in names if _shown(name, None)]
    if form is None:
        return [_plain(name, one) for name in names if _shown(name, None)]
    draw = renderer(docs)
    sides = [docs.context.document(side) if side else None for side in (one.version, one.office)]
    return [
        Line(
            name,
            label_of(form, name),
            tuple(
                Choice("", version_value(draw, form, name, side) if side else "", False)
                for side in sides
            ),
        )
        for name in names
        if _shown(name, form)
    ]


def _shown(name: str, form: Form | None) -> bool:
    return form.item(name) is not None if form else not name.startswith("_")


def _plain(name: str, one: Edit) -> Line:
    sides = (one.version, one.office or {})
    return Line(name, name, tuple(Choice("", str(side.get(name, "")), False) for side in sides))
