"""Attachments of a document: added, taken away, opened from here or from the office where a laptop
left them."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers.response import Response as Answer

from plugin import (
    AtOffice,
    DivanError,
    Document,
    Form,
    NotFound,
    Replica,
    SaveConflict,
    StoredFile,
)
from views.language import _
from views.laptop import is_own, replica
from views.laptop_words import in_units
from views.renderers import address
from views.shell import Crumb, documents

blueprint = Blueprint("files", __name__)


@dataclass(frozen=True)
class Files:
    """The attachments of a document: their links and sizes, and where to send new ones and to take
    some away; nowhere for whom may not."""

    shown: list[tuple[Crumb, str]]
    add_url: str
    remove_url: str


def files_of(doc: Document, form: Form, *, may_edit: bool) -> Files:
    files = doc.raw.get("_attachments") or {}
    here: dict[str, Any] = {"database": doc.database, "docid": doc.id}
    return Files(
        [(_crumb(doc, name), in_units(files[name]["length"])) for name in sorted(files)],
        url_for("files.add", **here) if may_edit and form.attachments else "",
        url_for("files.remove", **here) if may_edit else "",
    )


def _crumb(doc: Document, name: str) -> Crumb:
    url = url_for("files.page", database=doc.database, docid=doc.id, filename=name)
    return Crumb(name, url, "paperclip")


@blueprint.get("/<database>/<docid>/file/<path:filename>")
def page(database: str, docid: str, filename: str) -> Answer | tuple[str, int]:
    """The file; on a laptop that left it at the office, where it is and a button to fetch it."""
    try:
        return _sent(documents(database).attachment(docid, filename))
    except AtOffice as error:
        return _at_office(database, docid, filename, _(error.message), 200)


@blueprint.post("/<database>/<docid>/file/<path:filename>")
def fetch(database: str, docid: str, filename: str) -> Answer | tuple[str, int]:
    """Bring it from the office for this once."""
    try:
        return _sent(documents(database).attachment(docid, filename))
    except AtOffice:
        here = _own_replica()
    try:
        return _sent(here.attachment(database, docid, filename))
    except DivanError as error:
        return _at_office(database, docid, filename, _(error.message), error.status)


@blueprint.post("/<database>/<docid>/files")
def add(database: str, docid: str) -> Answer:
    """Add what was chosen or dropped."""
    chosen = [one for one in request.files.getlist("file") if one.filename]
    files = [StoredFile(one.filename or "", one.mimetype, one.read()) for one in chosen]
    documents(database).add_files(docid, files)
    flash(_("Saved."), "success")
    return redirect(f"{address(database, docid)}#files", 303)


@blueprint.post("/<database>/<docid>/files/remove")
def remove(database: str, docid: str) -> Answer:
    """Take one away."""
    docs = documents(database)
    while True:
        try:
            docs.detach(docid, docs.open(docid).rev, request.form.get("name", ""))
        except SaveConflict:  # somebody saved at this moment; names stand for one file each
            continue
        flash(_("The file was removed."), "success")
        return redirect(f"{address(database, docid)}#files", 303)


def _own_replica() -> Replica:
    if not is_own():
        raise NotFound("There is no such attachment.")
    return replica()


def _at_office(database: str, docid: str, filename: str, told: str, status: int) -> tuple[str, int]:
    crumbs = [Crumb(_("Document"), url_for("documents.view", database=database, docid=docid))]
    html = render_template(
        "file_at_office.html", title=filename, crumbs=crumbs, told=told, own=is_own()
    )
    return html, status


def _sent(file: StoredFile) -> Answer:
    answer = Response(file.data, mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=file.name)
    return answer
