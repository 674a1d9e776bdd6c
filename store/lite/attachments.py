"""Single attachments: `GET`, `PUT`, `DELETE /db/docid/name`."""

import sqlite3

from store.errors import NotFound
from store.lite import get, records
from store.types import Attachment, Doc


def read(conn: sqlite3.Connection, docid: str, name: str, rev: str | None) -> Attachment:
    """The attachment of the winner or of a revision. Raises NotFound."""
    doc = get.winner(conn, docid) if rev is None else get.revision(conn, docid, rev)
    stub = doc.get("_attachments", {}).get(name)
    if stub is None:
        raise NotFound("Document is missing attachment")
    data = records.attachment_data(conn, stub["digest"])
    return Attachment(stub["content_type"], data, stub["digest"], stub["revpos"])


def attached(
    conn: sqlite3.Connection, docid: str, name: str, data: bytes, content_type: str,
    rev: str | None,
) -> Doc:  # fmt: skip
    """The document to put so that it has the attachment. Without `rev` the document is new."""
    doc: Doc = {"_id": docid} if rev is None else get.revision(conn, docid, rev)
    given = {"content_type": content_type, "data": data}
    return {**doc, "_attachments": {**doc.get("_attachments", {}), name: given}}


def detached(conn: sqlite3.Connection, docid: str, name: str, rev: str) -> Doc:
    """The document to put so that it has the attachment no more. Raises NotFound."""
    doc = get.revision(conn, docid, rev)
    if name not in doc.get("_attachments", {}):
        raise NotFound("Document is missing attachment")
    rest = {at: stub for at, stub in doc["_attachments"].items() if at != name}
    return {**doc, "_attachments": rest}
