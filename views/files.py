"""Attachments of a document: opened from here, or from the office where a laptop left them."""

from flask import Blueprint, Response, render_template, url_for
from werkzeug.wrappers.response import Response as Answer

from plugin import AtOffice, DivanError, Document, NotFound, Replica, StoredFile
from views.language import _
from views.laptop import is_own, replica
from views.laptop_words import in_units
from views.shell import Crumb, documents

blueprint = Blueprint("files", __name__)


def files_of(doc: Document) -> list[tuple[Crumb, str]]:
    """The attachments of a document: their links and sizes."""
    files = doc.raw.get("_attachments") or {}
    return [(_crumb(doc, name), in_units(files[name]["length"])) for name in sorted(files)]


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
