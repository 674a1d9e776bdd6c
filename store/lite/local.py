"""`_local/` documents: not replicated, not in views, one revision, durable like the others."""

import json
import sqlite3
from dataclasses import dataclass

from store.errors import BadRequest, Conflict, NotFound
from store.lite.edits import body_of, to_text
from store.types import Doc


@dataclass(frozen=True, slots=True)
class LocalEdit:
    """One write of a `_local/` document; `text` is None where it is to be deleted."""

    docid: str
    rev: int
    text: str | None


def is_local(docid: object) -> bool:
    return isinstance(docid, str) and docid.startswith("_local/")


def edit(doc: Doc) -> LocalEdit:
    """The edit that a document asks for. Raises BadRequest."""
    docid, rev = doc.get("_id"), doc.get("_rev")
    _check_id(docid)
    assert isinstance(docid, str)
    text = None if doc.get("_deleted") is True else to_text(body_of(doc))
    return LocalEdit(docid, 0 if rev is None else _number(rev), text)


def write(conn: sqlite3.Connection, item: LocalEdit) -> str:
    """Return the new revision. Raises Conflict, or NotFound where there is nothing to delete."""
    row = conn.execute("SELECT rev FROM local WHERE docid = ?", (item.docid,)).fetchone()
    if row is None and item.text is None:
        raise NotFound("missing")
    if item.rev != (row[0] if row else 0):
        raise Conflict()
    if item.text is None:
        conn.execute("DELETE FROM local WHERE docid = ?", (item.docid,))
        return "0-0"
    conn.execute(
        "INSERT OR REPLACE INTO local VALUES (?, ?, ?)", (item.docid, item.rev + 1, item.text)
    )
    return f"0-{item.rev + 1}"


def get(conn: sqlite3.Connection, docid: str) -> Doc:
    """The document. Raises NotFound."""
    _check_id(docid)
    row = conn.execute("SELECT rev, body FROM local WHERE docid = ?", (docid,)).fetchone()
    if row is None:
        raise NotFound("missing")
    return {"_id": docid, "_rev": f"0-{row[0]}", **json.loads(row[1])}


def _check_id(docid: object) -> None:
    if not isinstance(docid, str) or not is_local(docid) or len(docid) <= len("_local/"):
        raise BadRequest("The id of a local document is _local/ and a name")
    try:
        docid.encode()
    except UnicodeEncodeError:
        raise BadRequest("Document id must be valid Unicode") from None


def _number(rev: object) -> int:
    prefix, _, number = rev.partition("-") if isinstance(rev, str) else ("", "", "")
    if prefix != "0" or not number.isascii() or not number.isdigit():
        raise BadRequest("Invalid rev format")
    return int(number)
