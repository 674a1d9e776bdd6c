"""Reading stored documents: rows of `docs` and `bodies` to documents and back to JSON text."""

import base64
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from store import revisions, revtree
from store.errors import DamagedDocument
from store.jsontext import trusted
from store.types import Attached, Doc, unzipped

COLUMNS = "d.key, d.docid, d.seq, d.rev, d.deleted, d.losers, d.body"
TREE = "CAST(d.tree AS BLOB)"
BODY = "CAST(b.body AS BLOB), CAST(b.attachments AS BLOB)"
"""As bytes: a text that is no UTF-8 any more would end the statement, and with it the others."""
WITH_BODY = f"SELECT {COLUMNS}, {BODY} FROM docs d LEFT JOIN bodies b ON b.key = d.body"
"""A body that was lost is None, so that nobody takes its document for one that never was."""

AT_ONCE = 100
"""Documents that one statement finds."""
ATTACHED = frozenset({"content_type", "revpos", "digest", "length"})
"""What is stored of every attachment."""
_UNREADABLE = (ValueError, TypeError, AttributeError, IndexError, RecursionError)
"""How reading a stored text ends that was damaged."""

Body = tuple[bytes | None, bytes | None]
"""JSON texts of a document's items and of its attachments, as they are stored."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row of `docs`; `losers` is JSON text `[[rev, deleted], …]`, None where the winner is the
    only leaf."""

    key: int
    docid: str
    seq: int
    rev: str
    deleted: bool
    losers: str | None
    body: int

    def other_leaves(self) -> list[tuple[str, bool]]:
        """The leaves that lost, best first, and whether each is deleted."""
        if self.losers is None:
            return []
        return losing(self.docid, self.losers)

    def conflicts(self, deleted: bool = False) -> list[str]:
        return [rev for rev, gone in self.other_leaves() if gone is deleted]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a document is to carry beside its items (query parameters of `GET /db/docid`)."""

    revs: bool = False
    revs_info: bool = False
    conflicts: bool = False
    deleted_conflicts: bool = False
    attachments: Attached = False
    atts_since: tuple[str, ...] = ()
    att_encoding_info: bool = False
    local_seq: bool = False

    @property
    def needs_tree(self) -> bool:
        return self.revs or self.revs_info or bool(self.atts_since)


PLAIN = Shape()


def find(conn: sqlite3.Connection, docid: str) -> Record | None:
    """The document's row, or None where it was never there (or was purged)."""
    row = conn.execute(
        f"SELECT {COLUMNS} FROM docs d WHERE docid = ? AND rev IS NOT NULL", (docid,)
    ).fetchone()
    return None if row is None else Record(*row)


class Planted(NamedTuple):
    """A document's row with its written tree, and the body of the winner where it was read with
    them."""

    record: Record
    text: bytes
    winner: Body | None = None

    def tree(self) -> revtree.Tree:
        """Raises DamagedDocument."""
        return grown(self.record.docid, self.text)


def find_tree(conn: sqlite3.Connection, docid: str) -> Planted | None:
    """The document's row with its tree and body, or None as `find`."""
    return find_trees(conn, [docid], bodies=True).get(docid)


def find_trees(
    conn: sqlite3.Connection, docids: Sequence[str], *, bodies: bool = False
) -> dict[str, Planted]:
    """The same of those of the documents that were ever there, by id; `bodies` asks for them."""
    tables = "docs d"
    columns = f"{COLUMNS}, {TREE}"
    if bodies:
        tables += " LEFT JOIN bodies b ON b.key = d.body"
        columns += f", {BODY}"
    found = {}
    for at in range(0, len(docids), AT_ONCE):
        some = docids[at : at + AT_ONCE]
        marks = ",".join("?" * len(some))
        query = f"SELECT {columns} FROM {tables} WHERE docid IN ({marks}) AND rev IS NOT NULL"
        for row in conn.execute(query, some):
            found[row[1]] = Planted(Record(*row[:7]), row[7], row[8:] or None)
    return found


def find_all(conn: sqlite3.Connection, docids: Sequence[str]) -> Iterator[tuple[Record, Body]]:
    """The rows of those documents that were ever there, with their bodies, in any order."""
    for at in range(0, len(docids), AT_ONCE):
        some = docids[at : at + AT_ONCE]
        marks = ",".join("?" * len(some))
        query = f"{WITH_BODY} WHERE d.docid IN ({marks}) AND d.rev IS NOT NULL"
        for row in conn.execute(query, some):
            yield Record(*row[:7]), row[7:]


def tree(conn: sqlite3.Connection, record: Record) -> revtree.Tree:
    found = conn.execute(f"SELECT {TREE} FROM docs d WHERE d.key = ?", (record.key,))
    return grown(record.docid, found.fetchone()[0])


def grown(docid: str, text: bytes | str) -> revtree.Tree:
    """A written tree, read. Raises DamagedDocument."""
    try:
        return revtree.loads(text.decode() if isinstance(text, bytes) else text)
    except _UNREADABLE as error:
        raise DamagedDocument(docid, "its list of revisions") from error


def losing(docid: str, text: str) -> list[tuple[str, bool]]:
    """The written leaves that lost, read. Raises DamagedDocument."""
    try:
        return [(rev, bool(deleted)) for rev, deleted in json.loads(text)]
    except _UNREADABLE as error:
        raise DamagedDocument(docid, "its list of conflicts") from error


def body(conn: sqlite3.Connection, key: int) -> Body:
    """The body's JSON text and that of its attachments."""
    found: Body | None = conn.execute(
        f"SELECT {BODY} FROM bodies b WHERE b.key = ?", (key,)
    ).fetchone()
    return (None, None) if found is None else found


def document(
    docid: str, rev: str, deleted: bool, text: bytes | None, attachments: bytes | None
) -> Doc:
    """A document in CouchDB's form, its attachments as stubs. Raises DamagedDocument."""
    doc: Doc = {"_id": docid, "_rev": rev}
    if deleted:
        doc["_deleted"] = True
    doc.update(items(docid, rev, text))
    if attachments is not None:
        doc["_attachments"] = stubs(docid, attachments)
    return doc


def items(docid: str, rev: str, text: bytes | None) -> dict[str, Any]:
    """A body's text, read. Raises DamagedDocument, also for one that was lost."""
    return _read(docid, rev, text)[1]


def sound(docid: str, rev: str, stored: bytes | None) -> str:
    """The text of a body that is JSON for certain, None where it is not. Raises DamagedDocument."""
    try:
        if stored is None or not stored.startswith(b"{"):
            raise ValueError("there is no such body")
        return stored.decode()
    except _UNREADABLE as error:
        raise DamagedDocument(docid, f"its revision {rev}") from error


def _read(docid: str, rev: str, stored: bytes | None) -> tuple[str, dict[str, Any]]:
    try:
        if stored is None:
            raise ValueError("there is no such body")
        text = stored.decode()
        return text, _object(trusted(text))
    except _UNREADABLE as error:
        raise DamagedDocument(docid, f"its revision {rev}") from error


def attached(docid: str, attachments: bytes) -> dict[str, dict[str, Any]]:
    """The stored facts of attachments by name, read. Raises DamagedDocument."""
    try:
        told: dict[str, dict[str, Any]] = _object(trusted(attachments.decode()))
        if not all(facts.keys() >= ATTACHED for facts in told.values()):
            raise ValueError("something is not told of an attachment")
    except _UNREADABLE as error:
        raise DamagedDocument(docid, "its list of attachments") from error
    return told


def _object(value: Any) -> Any:
    if type(value) is not dict:
        raise ValueError("it is no object")
    return value


def stubs(docid: str, attachments: bytes, *, encoding: bool = False) -> dict[str, Any]:
    """Attachments as a document shows them; `encoding` tells which are stored zipped. Raises
    DamagedDocument."""
    told = attached(docid, attachments)
    hidden = () if encoding else ("encoding", "encoded_length")
    if b'"left"' in attachments or (hidden and b'"encoding"' in attachments):
        told = {name: _without(facts, *hidden, "left") for name, facts in told.items()}
    return {name: {**facts, "stub": True} for name, facts in told.items()}


def _without(facts: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: facts[key] for key in facts if key not in names}


def shaped(
    conn: sqlite3.Connection, doc: Doc, record: Record, shape: Shape, nodes: revtree.Tree | None,
    attachments: bytes | None,
) -> Doc:  # fmt: skip
    """Add what `shape` asks for to a document. `nodes` is the tree where it is at hand, and
    `attachments` the text stored with the body."""
    path: list[str] = []
    if shape.needs_tree:
        nodes = tree(conn, record) if nodes is None else nodes
        path = revtree.path(nodes, doc["_rev"])
        if shape.revs:
            told = path[: _revs_limit(conn)] if len(path) > 1 else path
            doc["_revisions"] = revisions.to_revisions(told)
        if shape.revs_info:
            doc["_revs_info"] = [{"rev": at, "status": _status(nodes[at])} for at in path]
    if shape.conflicts and (live := record.conflicts()):
        doc["_conflicts"] = live
    if shape.deleted_conflicts and (gone := record.conflicts(deleted=True)):
        doc["_deleted_conflicts"] = gone
    if shape.local_seq:
        doc["_local_seq"] = record.seq
    if attachments is not None and (shape.attachments or shape.att_encoding_info):
        doc["_attachments"] = _attached(conn, record.docid, attachments, shape, path)
    return doc


def _revs_limit(conn: sqlite3.Connection) -> int:
    """How much of a history is told: another branch may keep more of it, as in CouchDB."""
    limit: int = conn.execute("SELECT revs_limit FROM state").fetchone()[0]
    return limit


def _status(node: revtree.Node) -> str:
    if not node.body:
        return "missing"
    return "deleted" if node.deleted else "available"


def _attached(
    conn: sqlite3.Connection, docid: str, attachments: bytes, shape: Shape, path: list[str]
) -> dict[str, Any]:
    """Attachments with data, those apart that came with or before a revision of `atts_since`, and
    those whose bytes are not here: they stay stubs, which the receiver may have."""
    encoding = shape.att_encoding_info or shape.attachments == "follows"
    shown = stubs(docid, attachments, encoding=encoding)
    if not shape.attachments:
        return shown
    known = revisions.known_generation(path, shape.atts_since)
    stored = attached(docid, attachments)
    for name, facts in shown.items():
        if facts["revpos"] > known and "left" not in stored[name]:
            del facts["stub"]
            if shape.attachments == "follows" and facts.get("encoded_length", facts["length"]):
                facts["follows"] = True
            else:
                del facts["length"]
                facts["data"] = _base64(conn, stored[name])
    return shown


def _base64(conn: sqlite3.Connection, facts: dict[str, Any]) -> str:
    rows = conn.execute(
        "SELECT p.data FROM contents c JOIN pieces p ON p.content = c.key WHERE c.digest = ?"
        " ORDER BY p.start",
        (facts["digest"],),
    )
    pieces = (row[0] for row in rows)
    data = b"".join(unzipped(pieces) if "encoding" in facts else pieces)
    return base64.b64encode(data).decode("ascii")


def storable(docid: str) -> bool:
    """False for a text with half a surrogate: SQLite takes none, so no document has such an id."""
    return docid.isascii() or not any("\ud800" <= at <= "\udfff" for at in docid)
