"""`GET /db/_changes?feed=normal`, and the reading of documents by sequence for indexes."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from store.errors import BadRequest
from store.lite import records
from store.lite.all_docs import document_of
from store.lite.records import Record, Shape
from store.lite.storage import read_state
from store.types import ChangesOptions, Doc, Json, Row, Seq

CHUNK = 500

Filter = Callable[[Sequence[Doc]], Sequence[bool]]
"""Says of each document (tombstones too) whether its change is wanted."""


def changes(
    conn: sqlite3.Connection, options: ChangesOptions, wanted: Filter | None
) -> dict[str, Json]:
    """`{"results", "last_seq", "pending"}`: each document once, at its latest sequence.

    `last_seq` is that of the last change looked at, so that a filtered feed moves on.
    """
    end = read_state(conn).update_seq
    since = sequence(options.since, end)
    limit = None if options.limit is None else max(1, options.limit)
    shape = Shape(conflicts=options.conflicts, attachments=options.attachments)
    results: list[Row] = []
    last = since
    for chunk in _chunks(conn, options, since, limit if wanted is None else None):
        for record in _wanted(conn, chunk, wanted):
            results.append(_change(conn, record, options, shape))
            last = record.seq
            if limit is not None and len(results) == limit:
                return {"results": results, "last_seq": last, "pending": _pending(conn, last)}
    if not options.descending:
        last = max(end, since)
    return {"results": results, "last_seq": last, "pending": 0}


def sequence(since: Seq, now: int) -> int:
    """The number of a sequence as clients give it; `now` is the latest. Raises BadRequest."""
    if since == "now":
        return now
    if isinstance(since, str) and since.isascii() and since.isdigit() and len(since) <= 18:
        return int(since)
    if isinstance(since, int) and not isinstance(since, bool) and 0 <= since < 10**18:
        return since
    raise BadRequest("Malformed sequence supplied in 'since' parameter.")


def documents_since(
    conn: sqlite3.Connection, seq: int, limit: int
) -> list[tuple[int, str, bool, str | None]]:
    """Up to `limit` documents changed after `seq`, in that order: (seq, id, deleted, JSON text).

    Deleted and purged documents have no text. Design documents are among them. The text is made
    from the stored one without parsing it, since indexes read whole databases this way.
    """
    rows = conn.execute(
        "SELECT d.seq, d.docid, d.deleted, d.rev, d.losers, b.body, b.attachments"
        " FROM docs d LEFT JOIN bodies b ON b.key = d.body AND d.deleted = 0"
        " WHERE d.seq > ? ORDER BY d.seq LIMIT ?",
        (seq, limit),
    )
    return [
        (at, docid, bool(deleted),
         None if deleted else _text(docid, rev, losers, body, attachments))
        for at, docid, deleted, rev, losers, body, attachments in rows
    ]  # fmt: skip


def _text(docid: str, rev: str, losers: str | None, body: str, attachments: str | None) -> str:
    text = f'{{"_id":{json.dumps(docid)},"_rev":"{rev}"'
    if losers is not None:
        live = [loser for loser, deleted in json.loads(losers) if not deleted]
        if live:
            text += f',"_conflicts":{json.dumps(live)}'
    if attachments is not None:
        text += f',"_attachments":{json.dumps(records.stubs(attachments))}'
    return f"{text}}}" if body == "{}" else f"{text},{body[1:]}"


def _chunks(
    conn: sqlite3.Connection, options: ChangesOptions, since: int, limit: int | None
) -> Iterator[list[Record]]:
    condition, values = "d.seq > ?", [since]
    query = f"SELECT {records.COLUMNS} FROM docs d WHERE rev IS NOT NULL AND "
    extra: list[Any] = []
    if options.doc_ids is not None:
        condition += " AND d.docid IN (SELECT value FROM json_each(?))"
        extra = [json.dumps(options.doc_ids)]
    order = "DESC" if options.descending else "ASC"
    cursor = conn.execute(
        f"{query}{condition} ORDER BY d.seq {order} LIMIT ?",
        (*values, *extra, -1 if limit is None else limit),
    )
    while rows := cursor.fetchmany(CHUNK):
        yield [Record(*row) for row in rows]


def _wanted(conn: sqlite3.Connection, chunk: list[Record], wanted: Filter | None) -> list[Record]:
    if wanted is None:
        return chunk
    docs = [document_of(conn, record, records.PLAIN) for record in chunk]
    return [record for record, yes in zip(chunk, wanted(docs), strict=True) if yes]


def _change(conn: sqlite3.Connection, record: Record, options: ChangesOptions, shape: Shape) -> Row:
    revs = [record.rev]
    if options.style == "all_docs":
        revs += [rev for rev, _ in record.other_leaves()]
    row: Row = {"seq": record.seq, "id": record.docid, "changes": [{"rev": rev} for rev in revs]}
    if record.deleted:
        row["deleted"] = True
    if options.include_docs:
        row["doc"] = document_of(conn, record, shape)
    return row


def _pending(conn: sqlite3.Connection, last: int) -> int:
    found: int = conn.execute("SELECT count(*) FROM docs WHERE seq > ?", (last,)).fetchone()[0]
    return found
