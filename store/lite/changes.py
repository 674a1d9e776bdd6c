"""`GET /db/_changes`, page by page: each document once, at its latest sequence; and the reading of
documents by sequence for indexes."""

import json
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii

from store.errors import BadRequest, DamagedDocument, QueryParseError
from store.lite import get, records
from store.lite.all_docs import document_of
from store.lite.filters import Filter
from store.lite.pending import PendingCounts
from store.lite.records import Record, Shape
from store.lite.storage import State, read_state
from store.types import ChangesOptions, Doc, Json, Row, Seq

log = logging.getLogger(__name__)

SCAN = 1000
"""Changes looked at for one page: what a page may hold."""
SCAN_WITH_DOCUMENTS = 100
"""The same where each comes with its document, which may be large."""
TEXTS = 4 * 1024 * 1024
"""Characters of documents after which an index, a filter and a page read no further at once."""
UNLIMITED = 10**15
"""CouchDB's number where no limit is given; `seq_interval` counts down from it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a feed goes on: past `seq`, with `left` rows to give."""

    seq: int
    left: int


def begin(state: State, options: ChangesOptions) -> Place:
    """Where a feed begins. Descending ones ignore `since`, as in CouchDB. Raises BadRequest,
    QueryParseError."""
    if options.limit is not None and options.limit < 0:
        raise QueryParseError("`limit` must not be negative")
    if options.seq_interval < 1:
        raise BadRequest("invalid_seq_interval")
    since = sequence(options.since, state.update_seq)
    left = UNLIMITED if options.limit is None else options.limit
    return Place(state.update_seq + 1 if options.descending and left else since, left)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the pages of one feed. `wanted` chooses among the documents, None takes all."""

    options: ChangesOptions
    wanted: Filter | None
    counts: PendingCounts

    def page(self, conn: sqlite3.Connection, place: Place) -> tuple[dict[str, Json], Place | None]:
        """`{"results", "last_seq", "pending"}` of some changes that are looked at, and where to
        go on; None at the end. `last_seq` is that of the last change looked at, so that a filtered
        feed moves on. They are fewer where documents are large or the filter takes long."""
        state = read_state(conn)
        most = SCAN_WITH_DOCUMENTS if self.options.include_docs else SCAN
        asked = min(most, place.left) if self.wanted is None else most
        found = _records(conn, self.options, place.seq, asked) if place.left else []
        results: list[Row] = []
        looked_at = size = 0
        for record, revs in self._chosen(conn, found):
            looked_at += 1
            if revs:
                row, length = self._row(conn, record, revs, place.left - len(results))
                results.append(row)
                size += length
                if len(results) == place.left or size > TEXTS:
                    break
        last = found[looked_at - 1].seq if looked_at else place.seq
        if place.left and len(found) < asked and looked_at == len(found):
            end = last if self.options.descending else max(last, state.update_seq)
            return {"results": results, "last_seq": end, "pending": 0}, None
        pending = self._pending(conn, state, place.seq, last, looked_at)
        page = {"results": results, "last_seq": last, "pending": pending}
        left = place.left - len(results)
        return page, Place(last, left) if left else None

    def _chosen(
        self, conn: sqlite3.Connection, found: Sequence[Record]
    ) -> Iterator[tuple[Record, list[str]]]:
        """Each of the first records, of one at least, with the revisions that its row shall name;
        none where it is not wanted or is the mark of a purged document."""
        every = self.options.style == "all_docs"
        if self.wanted is None:
            for record in found:
                yield record, _leaves(record, every) if record.rev else []
            return
        groups = _fitting(conn, found, every)
        docs = [doc for group in groups for doc in group]
        answers: list[bool] = []
        begin = 0
        for record, group in zip(found, groups, strict=False):
            end = begin + len(group)
            while len(answers) < end:
                if begin:  # the rest is for the next page
                    return
                answers += self.wanted(docs[len(answers) :])
            of_one = zip(group, answers[begin:end], strict=True)
            yield record, [doc["_rev"] for doc, yes in of_one if yes]
            begin = end

    def _row(
        self, conn: sqlite3.Connection, record: Record, revs: list[str], left: int
    ) -> tuple[Row, int]:
        """The row, and how many characters its document has as JSON, about."""
        shown = left % self.options.seq_interval == 0
        row: Row = {
            "seq": record.seq if shown else None,
            "id": record.docid,
            "changes": [{"rev": rev} for rev in revs],
        }
        if record.deleted:
            row["deleted"] = True
        size = 0
        if self.options.include_docs:
            row["doc"], size = _measured(conn, record, _shape(self.options))
        return row, size

    def _pending(
        self, conn: sqlite3.Connection, state: State, before: int, last: int, passed: int
    ) -> int:
        if self.options.descending:
            row = conn.execute("SELECT count(*) FROM docs WHERE seq < ?", (last,)).fetchone()
            return int(row[0])
        if self.options.doc_ids is not None or self.options.filter == "_design":
            before = -1  # most changes were not looked at
        return self.counts.after(
            (state.created, state.update_seq), last, before=before, passed=passed,
            count=lambda: _count(conn, last),
        )  # fmt: skip


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
    Fewer where they are large; none only at the end.

    Deleted and purged documents have no text; nor has a damaged one, which the log names: it is in
    no index, and keeps no other out. Design documents are among them. The text is made from the
    stored one, which is quicker than from its value.
    """
    rows = conn.execute(
        f"SELECT d.seq, d.docid, d.deleted, d.rev, d.losers, {records.BODY}, json_valid(b.body)"
        " FROM docs d LEFT JOIN bodies b ON b.key = d.body AND d.deleted = 0"
        " WHERE d.seq > ? ORDER BY d.seq LIMIT ?",
        (seq, limit),
    )
    found, size = list[tuple[int, str, bool, str | None]](), 0
    with closing(rows):
        for at, docid, deleted, rev, losers, body, attachments, is_json in rows:
            text = None
            if not deleted:
                try:
                    stored = records.sound(docid, rev, body if is_json else None)
                    text = _text(docid, rev, losers, stored, attachments)
                except DamagedDocument as error:
                    log.error("%s It is left out of the indexes of views.", error)
            found.append((at, docid, bool(deleted), text))
            size += len(text or "")
            if size > TEXTS:
                break
    return found


def _text(docid: str, rev: str, losers: str | None, stored: str, attachments: bytes | None) -> str:
    text = f'{{"_id":{encode_basestring_ascii(docid)},"_rev":"{rev}"'
    if losers is not None:
        live = [loser for loser, deleted in records.losing(docid, losers) if not deleted]
        if live:
            text += f',"_conflicts":{json.dumps(live)}'
    if attachments is not None:
        text += f',"_attachments":{json.dumps(records.stubs(docid, attachments))}'
    return f"{text}}}" if stored == "{}" else f"{text},{stored[1:]}"


def _records(
    conn: sqlite3.Connection, options: ChangesOptions, place: int, limit: int
) -> list[Record]:
    sign, order = ("<", "DESC") if options.descending else (">", "ASC")
    chosen, values = "", list[int | str]([place])
    if options.doc_ids is not None:
        chosen = "AND d.docid IN (SELECT value FROM json_each(?))"
        values.append(json.dumps(options.doc_ids))
    if options.filter == "_design":
        chosen += " AND d.docid >= '_design/' AND d.docid < '_design0'"
    query = (
        f"SELECT {records.COLUMNS} FROM docs d WHERE d.seq {sign} ? {chosen}"
        f" ORDER BY d.seq {order} LIMIT ?"
    )
    return [Record(*row) for row in conn.execute(query, (*values, limit))]


def _count(conn: sqlite3.Connection, seq: int) -> int:
    found: int = conn.execute("SELECT count(*) FROM docs WHERE seq > ?", (seq,)).fetchone()[0]
    return found


def _leaves(record: Record, every: bool) -> list[str]:
    """The winner, or with style=all_docs all leaves."""
    return [record.rev, *(rev for rev, _ in record.other_leaves())] if every else [record.rev]


def _fitting(conn: sqlite3.Connection, found: Sequence[Record], every: bool) -> list[list[Doc]]:
    """The documents of each of the first records: of so many as a filter is asked about at once."""
    groups, size = list[list[Doc]](), 0
    for record in found:
        docs, length = _documents(conn, record, every) if record.rev else ([], 0)
        groups.append(docs)
        size += length
        if size > TEXTS:
            break
    return groups


def _documents(conn: sqlite3.Connection, record: Record, every: bool) -> tuple[list[Doc], int]:
    """The winner, or all leaves, and about how many characters of JSON they are."""
    if every and record.losers is not None:
        answers = get.open_revs(conn, record.docid, _leaves(record, every), records.PLAIN)
        docs = [answer["ok"] for answer in answers]
        return docs, len(json.dumps(docs))
    doc, size = _measured(conn, record, records.PLAIN)
    return [doc], size


def _measured(conn: sqlite3.Connection, record: Record, shape: Shape) -> tuple[Doc, int]:
    """The winner, and about how many characters of JSON it is."""
    body = records.body(conn, record.body)
    doc = document_of(conn, record, shape, body)
    files = doc.get("_attachments", {}).values()
    return doc, len(body[0] or b"") + sum(len(facts.get("data", "")) for facts in files)


def _shape(options: ChangesOptions) -> Shape:
    return Shape(
        conflicts=options.conflicts, attachments=options.attachments,
        att_encoding_info=options.att_encoding_info,
    )  # fmt: skip
