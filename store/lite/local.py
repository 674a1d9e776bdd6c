"""`_local/` documents: not replicated, not in views, one revision, durable like the others."""

import json
import sqlite3
from dataclasses import dataclass, replace

from store.errors import BadRequest, Conflict, IllegalDocId, NotFound, TooLarge
from store.lite import idrange
from store.lite.edits import MAX_DOCUMENT, body_of, to_text
from store.lite.records import storable
from store.types import ABSENT, Doc, Json, Row, ViewOptions


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
    if text is not None and len(text) > MAX_DOCUMENT:
        raise TooLarge(docid)
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


def listing(conn: sqlite3.Connection, options: ViewOptions) -> dict[str, Json]:
    """`GET /db/_local_docs`: as `_all_docs`, without numbers of rows."""
    if options.key is not ABSENT:
        options = replace(options, keys=(options.key,), key=ABSENT)
        rows = [row for row in _by_keys(conn, options) if "error" not in row]
    elif options.keys is not None:
        rows = _by_keys(conn, options)
    else:
        condition, values = idrange.within(options)
        order = "DESC" if options.descending else "ASC"
        limit = -1 if options.limit is None else options.limit
        query = f"{_ROWS} WHERE {condition} ORDER BY docid {order} LIMIT ? OFFSET ?"
        found = conn.execute(query, (*values, limit, options.skip)).fetchall()
        rows = [_row(row, options) for row in found]
    answer: dict[str, Json] = {"total_rows": None, "offset": None, "rows": rows}
    if options.update_seq:
        answer["update_seq"] = None
    return answer


_ROWS = "SELECT docid, rev, body FROM local"


def _by_keys(conn: sqlite3.Connection, options: ViewOptions) -> list[Row]:
    rows = []
    for key in idrange.chosen(options):
        known = isinstance(key, str) and storable(key)
        found = conn.execute(f"{_ROWS} WHERE docid = ?", (key if known else "",)).fetchone()
        rows.append(_row(found, options) if found else {"key": key, "error": "not_found"})
    return rows


def _row(found: tuple[str, int, str], options: ViewOptions) -> Row:
    docid, rev, text = found
    row: Row = {"id": docid, "key": docid, "value": {"rev": f"0-{rev}"}}
    if options.include_docs:
        row["doc"] = {"_id": docid, "_rev": f"0-{rev}", **json.loads(text)}
    return row


def _check_id(docid: object) -> None:
    if not isinstance(docid, str) or not is_local(docid) or len(docid) <= len("_local/"):
        raise BadRequest("Invalid _local document id.")
    try:
        docid.encode()
    except UnicodeEncodeError:
        raise IllegalDocId("Document id must be valid UTF-8") from None


def _number(rev: object) -> int:
    prefix, _, number = rev.partition("-") if isinstance(rev, str) else ("", "", "")
    if prefix != "0" or not number.isascii() or not number.isdigit():
        raise BadRequest("Invalid rev format")
    return int(number)
