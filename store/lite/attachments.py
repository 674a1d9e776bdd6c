"""Single attachments: `GET`, `PUT`, `DELETE /db/docid/name`."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from store.errors import AttachmentLeft, MissingRevision, NotFound
from store.lite import get
from store.lite.contents import of_facts
from store.lite.records import Shape
from store.lite.storage import Storage
from store.types import Attachment, Doc


def read(storage: Storage, conn: sqlite3.Connection, docid: str, name: str, rev: str | None
         ) -> Attachment:  # fmt: skip
    """The attachment of the winner or of a revision. Raises NotFound; AttachmentLeft where only its
    bytes are not here."""
    shape = Shape(att_encoding_info=True)
    doc = get.winner(conn, docid, shape) if rev is None else get.revision(conn, docid, rev, shape)
    facts = doc.get("_attachments", {}).get(name)
    if facts is None:
        raise NotFound("Document is missing attachment")
    if not conn.execute("SELECT 1 FROM contents WHERE digest = ?", (facts["digest"],)).fetchone():
        raise AttachmentLeft("The attachment was left behind when the document was replicated.")
    return Attachment(
        facts["content_type"], facts["digest"], facts["revpos"], facts["length"],
        of_facts(storage, facts), facts.get("encoding"),
    )  # fmt: skip


def attached(
    conn: sqlite3.Connection, docid: str, name: str, given: Mapping[str, Any], rev: str | None
) -> Doc:
    """The document to put so that it has the attachment. Without `rev` the document is new."""
    doc: Doc = {"_id": docid} if rev is None else _edited(conn, docid, rev)
    return {**doc, "_attachments": {**doc.get("_attachments", {}), name: dict(given)}}


def detached(conn: sqlite3.Connection, docid: str, name: str, rev: str) -> Doc:
    """The document to put so that it has the attachment no more. Raises NotFound, Conflict."""
    doc = _edited(conn, docid, rev)
    if name not in doc.get("_attachments", {}):
        raise NotFound("Document is missing attachment")
    rest = {at: stub for at, stub in doc["_attachments"].items() if at != name}
    return {**doc, "_attachments": rest}


def _edited(conn: sqlite3.Connection, docid: str, rev: str) -> Doc:
    try:
        return get.revision(conn, docid, rev)
    except NotFound as error:
        raise MissingRevision() from error
