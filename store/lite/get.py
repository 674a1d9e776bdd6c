"""`GET /db/docid`, with `rev` and `open_revs`; `POST /db/_bulk_get`."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from store import revisions, revtree
from store.errors import BadRequest, DamagedDocument, NotFound, StoreError
from store.lite import records
from store.lite.errors import is_damage
from store.lite.records import PLAIN, Planted, Record, Shape
from store.types import Doc, Json

FEW = 8
"""Documents that are read together where no more than some bytes are wanted."""
REVISION = 35
"""Bytes of a revision in `_revisions`."""


class Opened(NamedTuple):
    """A revision, and about how many bytes of JSON it has."""

    doc: Doc
    size: int


def winner(conn: sqlite3.Connection, docid: str, shape: Shape = PLAIN) -> Doc:
    """The winning revision. Raises NotFound "missing" or "deleted"."""
    row = conn.execute(
        f"{records.WITH_BODY} WHERE d.docid = ? AND d.rev IS NOT NULL", (docid,)
    ).fetchone()
    if row is None:
        raise NotFound("missing")
    record = Record(*row[:7])
    if record.deleted:
        raise NotFound("deleted")
    doc = records.document(docid, record.rev, False, row[7], row[8])
    return doc if shape is PLAIN else records.shaped(conn, doc, record, shape, None, row[8])


def revision(
    conn: sqlite3.Connection, docid: str, rev: str, shape: Shape = PLAIN, *, latest: bool = False
) -> Doc:
    """One revision, deleted or not; with `latest` the best leaf below it. Raises NotFound."""
    revisions.parse(rev)
    found = records.find_tree(conn, docid)
    if found is None:
        raise NotFound("missing")
    nodes = found.tree()
    if latest and rev in nodes:
        rev = revtree.descendants(nodes, rev)[0]
    opened = _opened(conn, found, nodes, rev, shape)
    if opened is None:
        raise NotFound("missing")
    return opened.doc


def open_revs(
    conn: sqlite3.Connection, docid: str, revs: Sequence[str] | Literal["all"], shape: Shape,
    *, latest: bool = False,
) -> list[dict[str, Json]]:  # fmt: skip
    """`{"ok": doc}` or `{"missing": rev}` for each revision; "all" means every leaf."""
    if revs != "all":
        revisions.parse_all(revs)
    return _open_revs(conn, records.find_tree(conn, docid), revs, shape, latest)[0]


def _open_revs(
    conn: sqlite3.Connection, found: Planted | None, revs: Sequence[str] | Literal["all"],
    shape: Shape, latest: bool,
) -> tuple[list[dict[str, Json]], int]:  # fmt: skip
    """The answer, and about how many bytes its documents have."""
    if found is None:
        if revs == "all":
            raise NotFound("missing")
        return [{"missing": rev} for rev in revs], 0
    answer, size = list[dict[str, Json]](), 0
    nodes = found.tree()
    for rev in _wanted(nodes, revs, latest):
        opened = _opened(conn, found, nodes, rev, shape)
        answer.append({"missing": rev} if opened is None else {"ok": opened.doc})
        size += 0 if opened is None else opened.size
    return answer, size


def bulk_get(
    conn: sqlite3.Connection, wanted: Sequence[Mapping[str, Json]], shape: Shape, *, latest: bool,
    most: int | None = None,
) -> dict[str, Json]:  # fmt: skip
    """`{"results": [{"id", "docs": [{"ok": doc} | {"error": {…}}]}]}`, one for each entry, or for
    each of the first where those have more than `most` bytes."""
    ids = list(map(_id_of, wanted))
    planted = _planted(conn, ids, records.AT_ONCE if most is None else FEW)
    results, size = list[Json](), 0
    for docid, entry, there in zip(ids, wanted, planted, strict=True):
        since = entry.get("atts_since")
        one = replace(shape, atts_since=tuple(revisions.parse_all(since))) if since else shape
        docs, length = _bulk_entry(conn, docid, there, entry.get("rev"), one, latest)
        results.append({"id": docid, "docs": docs})
        size += length
        if most is not None and size > most:
            break
    return {"results": results}


def _planted(
    conn: sqlite3.Connection, ids: Sequence[str], number: int
) -> Iterator[Planted | DamagedDocument | None]:
    """Of each document what `find_tree` gives, so many of them at a time."""
    for at in range(0, len(ids), number):
        some = ids[at : at + number]
        there = _read(conn, list(filter(records.storable, some)))
        yield from map(there.get, some)


def _read(conn: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Planted | DamagedDocument]:
    """The documents that were ever there, by id. Where the file is damaged each is read by itself,
    so that those that can be read are."""
    try:
        return {**records.find_trees(conn, ids, bodies=True)}
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
    found: dict[str, Planted | DamagedDocument] = {}
    for docid in ids:
        try:
            found |= records.find_trees(conn, [docid], bodies=True)
        except sqlite3.DatabaseError:
            found[docid] = DamagedDocument(docid, "its part of the file")
    return found


def _id_of(entry: Mapping[str, Json]) -> str:
    if not isinstance(entry, Mapping):
        raise BadRequest("_bulk_get needs a list of objects")
    docid = entry.get("id")
    if not isinstance(docid, str):
        raise BadRequest("_bulk_get needs the id of each document")
    return docid


def _bulk_entry(
    conn: sqlite3.Connection, docid: str, there: Planted | DamagedDocument | None, rev: str | None,
    shape: Shape, latest: bool,
) -> tuple[list[dict[str, Json]], int]:  # fmt: skip
    try:
        if isinstance(there, DamagedDocument):
            raise there
        revs = "all" if rev is None else revisions.parse_all([rev])
        found, size = _open_revs(conn, there, revs, shape, latest)
    except StoreError as error:
        return [{"error": {"id": docid, "rev": rev or "undefined", **error.to_json()}}], 0
    docs = [
        entry if "ok" in entry else
        {"error": {"id": docid, "rev": entry["missing"], "error": "not_found", "reason": "missing"}}
        for entry in found
    ]  # fmt: skip
    return docs, size


def _wanted(
    nodes: revtree.Tree, revs: Sequence[str] | Literal["all"], latest: bool
) -> Sequence[str]:
    if revs == "all":
        return revtree.leaves(nodes)
    if not latest:
        return revs
    found: dict[str, None] = {}
    for rev in revs:
        for leaf in revtree.descendants(nodes, rev) if rev in nodes else [rev]:
            found[leaf] = None
    return list(found)


def _opened(
    conn: sqlite3.Connection, found: Planted, nodes: revtree.Tree, rev: str, shape: Shape
) -> Opened | None:
    record, node = found.record, nodes.get(rev)
    if node is None or not node.body:
        return None
    at_hand = found.winner if node.body == record.body else None
    text, attachments = at_hand or records.body(conn, node.body)
    doc = records.document(record.docid, rev, node.deleted, text, attachments)
    doc = records.shaped(conn, doc, record, shape, nodes, attachments)
    return Opened(doc, len(text or b"") + REVISION * len(doc.get("_revisions", {}).get("ids", ())))


def revs_diff(conn: sqlite3.Connection, revs: Mapping[str, Sequence[str]]) -> dict[str, Json]:
    """`{docid: {"missing": […], "possible_ancestors"?: […]}}`; nothing where all is there."""
    there = records.find_trees(conn, list(filter(records.storable, revs)))
    answer: dict[str, Json] = {}
    for docid, asked in revs.items():
        unknown, ancestors = revisions.parse_all(asked), list[str]()
        if docid in there:
            unknown, ancestors = revtree.missing(there[docid].tree(), unknown)
        if unknown:
            answer[docid] = {"missing": unknown}
            if ancestors:
                answer[docid]["possible_ancestors"] = ancestors
    return answer
