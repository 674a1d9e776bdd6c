"""Reading stored documents: rows of `docs` and `bodies` to documents and back to JSON text."""

import base64
import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from store import revisions, revtree
from store.types import Doc

COLUMNS = "d.key, d.docid, d.seq, d.rev, d.deleted, d.losers, d.body"
WITH_BODY = f"SELECT {COLUMNS}, b.body, b.attachments FROM docs d JOIN bodies b ON b.key = d.body"


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
        return [(rev, bool(deleted)) for rev, deleted in json.loads(self.losers)]

    def conflicts(self, deleted: bool = False) -> list[str]:
        return [rev for rev, gone in self.other_leaves() if gone is deleted]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a document is to carry beside its items (query parameters of `GET /db/docid`)."""

    revs: bool = False
    revs_info: bool = False
    conflicts: bool = False
    deleted_conflicts: bool = False
    attachments: bool = False
    local_seq: bool = False

    @property
    def needs_tree(self) -> bool:
        return self.revs or self.revs_info


PLAIN = Shape()


def find(conn: sqlite3.Connection, docid: str) -> Record | None:
    """The document's row, or None where it was never there (or was purged)."""
    row = conn.execute(
        f"SELECT {COLUMNS} FROM docs d WHERE docid = ? AND rev IS NOT NULL", (docid,)
    ).fetchone()
    return None if row is None else Record(*row)


def tree(conn: sqlite3.Connection, record: Record) -> revtree.Tree:
    text = conn.execute("SELECT tree FROM docs WHERE key = ?", (record.key,)).fetchone()[0]
    return revtree.loads(text)


def body(conn: sqlite3.Connection, key: int) -> tuple[str, str | None]:
    """The body's JSON text and that of its attachments."""
    row = conn.execute("SELECT body, attachments FROM bodies WHERE key = ?", (key,)).fetchone()
    return row[0], row[1]


def document(docid: str, rev: str, deleted: bool, text: str, attachments: str | None) -> Doc:
    """A document in CouchDB's form, its attachments as stubs."""
    doc: Doc = {"_id": docid, "_rev": rev}
    if deleted:
        doc["_deleted"] = True
    doc.update(json.loads(text))
    if attachments is not None:
        doc["_attachments"] = stubs(attachments)
    return doc


def stubs(attachments: str) -> dict[str, Any]:
    return {name: {**facts, "stub": True} for name, facts in json.loads(attachments).items()}


def shaped(
    conn: sqlite3.Connection, doc: Doc, record: Record, shape: Shape, nodes: revtree.Tree | None
) -> Doc:
    """Add what `shape` asks for to a document. `nodes` is the tree where it is at hand."""
    rev = doc["_rev"]
    if shape.needs_tree:
        nodes = tree(conn, record) if nodes is None else nodes
        path = revtree.path(nodes, rev)
        if shape.revs:
            doc["_revisions"] = revisions.to_revisions(path)
        if shape.revs_info:
            doc["_revs_info"] = [{"rev": at, "status": _status(nodes[at])} for at in path]
    if shape.conflicts and (live := record.conflicts()):
        doc["_conflicts"] = live
    if shape.deleted_conflicts and (gone := record.conflicts(deleted=True)):
        doc["_deleted_conflicts"] = gone
    if shape.local_seq:
        doc["_local_seq"] = record.seq
    if shape.attachments and "_attachments" in doc:
        doc["_attachments"] = {
            name: _with_data(conn, facts) for name, facts in doc["_attachments"].items()
        }
    return doc


def _status(node: revtree.Node) -> str:
    if not node.body:
        return "missing"
    return "deleted" if node.deleted else "available"


def _with_data(conn: sqlite3.Connection, stub: dict[str, Any]) -> dict[str, Any]:
    facts = {name: value for name, value in stub.items() if name not in ("stub", "length")}
    facts["data"] = base64.b64encode(attachment_data(conn, stub["digest"])).decode("ascii")
    return facts


def attachment_data(conn: sqlite3.Connection, digest: str) -> bytes:
    row = conn.execute("SELECT data FROM attachments WHERE digest = ?", (digest,)).fetchone()
    data: bytes = row[0]
    return data


def storable(docid: str) -> bool:
    """False for a text with half a surrogate: SQLite takes none, so no document has such an id."""
    return not any("\ud800" <= at <= "\udfff" for at in docid)
