"""What an edit would do to a document: its parent, its revision id, its attachments. Reads only."""

import json
import sqlite3
from collections.abc import Collection
from typing import Any, NamedTuple

from store import revisions, revtree
from store.errors import Conflict, MissingStub
from store.lite import records
from store.lite.edits import Edit, NewAttachment
from store.types import Doc, LeftBehind


class Found(NamedTuple):
    """The document as it is; `rev` is None where it was purged. `stale` counts the bodies of
    revisions that are no leaves, `text` is the written tree."""

    docid: str
    key: int
    rev: str | None
    deleted: bool
    body: int
    stale: int
    losers: str | None
    text: str

    def tree(self) -> revtree.Tree:
        """Raises DamagedDocument."""
        return records.grown(self.docid, self.text)

    @property
    def live(self) -> bool:
        return self.rev is not None and not self.deleted


class Plan(NamedTuple):
    """An edit that may be stored. `history` is newest first, `parent` the body that it replaces
    (None: a new document for validators), `known` says that the revision is there with its body,
    `tree` is the document's where planning had to read it."""

    edit: Edit
    found: Found | None
    history: tuple[str, ...]
    parent: tuple[str, revtree.Node] | None
    attachments: dict[str, dict[str, Any]]
    known: bool = False
    tree: revtree.Tree | None = None

    @property
    def rev(self) -> str:
        return self.history[0]

    def new_document(self) -> Doc:
        """The document as a validate function sees it."""
        edit = self.edit
        doc: Doc = {"_id": edit.docid}
        if edit.history:
            doc["_rev"] = self.rev
            doc["_revisions"] = revisions.to_revisions(self.history)
        elif edit.rev is not None:
            doc["_rev"] = edit.rev
        if edit.deleted:
            doc["_deleted"] = True
        doc.update(edit.body)
        if self.attachments:
            doc["_attachments"] = {
                name: {**facts, "stub": True} for name, facts in self.attachments.items()
            }
        return doc

    def old_document(self, conn: sqlite3.Connection) -> Doc | None:
        """The revision that this one replaces, None where there is none or its body is gone."""
        if self.parent is None or not self.parent[1].body:
            return None
        rev, node = self.parent
        return records.document(self.edit.docid, rev, node.deleted, *records.body(conn, node.body))


_FIND = "SELECT docid, key, rev, deleted, body, stale, losers, tree FROM docs WHERE docid "


def find(conn: sqlite3.Connection, docids: Collection[str]) -> dict[str, Found]:
    """Those of the documents that are there, by id."""
    if len(docids) == 1:
        rows = conn.execute(f"{_FIND} = ?", (*docids,))
    else:
        ids = json.dumps(list(docids))
        rows = conn.execute(f"{_FIND} IN (SELECT value FROM json_each(?))", (ids,))
    return {row[0]: Found(*row) for row in rows}


def plan(conn: sqlite3.Connection, edit: Edit, found: Found | None) -> Plan:
    """`found` is the document as it is. Raises Conflict, MissingStub where a stub means no
    attachment, DamagedDocument."""
    return _replicated(conn, edit, found) if edit.history else _interactive(conn, edit, found)


def _interactive(conn: sqlite3.Connection, edit: Edit, found: Found | None) -> Plan:
    parent_rev = _parent_rev(edit, found)
    node = _parent_node(found, parent_rev)
    number = revisions.generation(parent_rev) + 1 if parent_rev else 1
    kept = _kept(conn, edit.docid, [node] if node and edit.rev and edit.has_stubs else [])
    attachments = _resolve(edit, number, kept)
    rev = revisions.successor(
        parent_rev, edit.body, deleted=edit.deleted,
        attachments=[(name, a["content_type"], a["digest"]) for name, a in attachments.items()],
    )  # fmt: skip
    history = (rev,) if parent_rev is None else (rev, parent_rev)
    # A deleted document that is made anew counts as new for validate functions, as in CouchDB.
    parent = (parent_rev, node) if node and parent_rev and edit.rev else None
    return Plan(edit, found, history, parent, attachments)


def _parent_rev(edit: Edit, found: Found | None) -> str | None:
    """The leaf that the edit goes on. Raises Conflict unless it names one."""
    if found is None or found.rev is None:
        if edit.rev is not None:
            raise Conflict()
        return None
    if edit.rev is None:
        if edit.deleted or not found.deleted:
            raise Conflict()
        return found.rev
    if edit.rev != found.rev and edit.rev not in _loser_revs(found):
        raise Conflict()
    return edit.rev


def _parent_node(found: Found | None, rev: str | None) -> revtree.Node | None:
    if found is None or found.rev is None or rev is None:
        return None
    if rev == found.rev:
        return revtree.Node(None, bool(found.deleted), found.body)
    return found.tree()[rev]


def _loser_revs(found: Found) -> list[str]:
    return [rev for rev, _ in records.losing(found.docid, found.losers)] if found.losers else []


def _replicated(conn: sqlite3.Connection, edit: Edit, found: Found | None) -> Plan:
    nodes = found.tree() if found else {}
    node = nodes.get(edit.history[0])
    if node is not None and node.body:
        return Plan(edit, found, edit.history, None, {}, True, nodes)
    ancestors = [(rev, nodes[rev]) for rev in edit.history[1:] if rev in nodes]
    sources: list[revtree.Node] = []
    if edit.has_stubs:
        sources = [node for _, node in ancestors] + list(nodes.values())
    attachments = _resolve(
        edit, revisions.generation(edit.history[0]), _kept(conn, edit.docid, sources),
        by_digest=True,
    )  # fmt: skip
    parent = ancestors[0] if ancestors and ancestors[0][0] == edit.history[1] else None
    return Plan(edit, found, edit.history, parent, attachments, False, nodes)


def _kept(conn: sqlite3.Connection, docid: str, nodes: list[revtree.Node]) -> list[dict[str, Any]]:
    """The attachments of these revisions, where their bodies are still there."""
    kept = []
    for node in nodes:
        if node.body:
            text = records.body(conn, node.body)[1]
            kept.append(records.attached(docid, text) if text else {})
    return kept


def _resolve(
    edit: Edit, number: int, kept: list[dict[str, Any]], *, by_digest: bool = False
) -> dict[str, dict[str, Any]]:
    """What is stored with the body: `{name: {content_type, revpos, digest, length}}`,
    `encoding` and `encoded_length` of what is stored zipped, `left` of what is not here."""
    resolved = {}
    for name, attachment in edit.attachments.items():
        if attachment.data is None:
            resolved[name] = _stub(edit, name, attachment, kept, by_digest)
        else:
            given = attachment.revpos or 0 if edit.history else 0
            resolved[name] = _facts(attachment, given if 0 < given <= number else number)
    return resolved


def _facts(attachment: NewAttachment, revpos: int) -> dict[str, Any]:
    facts = {
        "content_type": attachment.content_type,
        "revpos": revpos,
        "digest": attachment.digest,
        "length": attachment.length,
    }
    if attachment.encoding is not None:
        facts |= {"encoding": attachment.encoding, "encoded_length": attachment.stored_length}
    if isinstance(attachment.data, LeftBehind):
        facts["left"] = True
    return facts


def _stub(
    edit: Edit, name: str, stub: NewAttachment, kept: list[dict[str, Any]], by_digest: bool
) -> dict[str, Any]:
    # Only the document's own revisions are searched: a known digest gives no right to the content.
    for attachments in kept:
        facts: dict[str, Any] | None = attachments.get(name)
        if facts is None or (by_digest and stub.digest not in ("", facts["digest"])):
            continue
        if by_digest or stub.revpos in (None, facts["revpos"]):
            return facts
    raise MissingStub(f"Invalid attachment stub in {edit.docid} for {name}")
