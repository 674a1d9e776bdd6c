"""Answers of a view from one state of its index, in the shape of CouchDB's HTTP answers."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from store.errors import NotFound
from store.lite.feed import Source
from store.lite.mapping import docid_of
from store.lite.ranges import Range, check, is_reduced, ranges, settled
from store.lite.reduce import Reduction
from store.lite.tree import LAST, Tree
from store.lite.views import View
from store.types import Doc, Json, Row, ViewOptions


class Query:
    """Reads one view through a connection that sees one state of the index."""

    def __init__(self, db: Source, conn: sqlite3.Connection, view: View) -> None:
        self._db = db
        self._conn = conn
        self._view = view
        self._sort_key = view.sort_key
        self._tree = Tree(conn, view.number)

    def answer(self, options: ViewOptions) -> dict[str, Json]:
        """`{"total_rows", "offset", "rows"}`, or `{"rows"}` when reduced or not `sorted`.

        `offset` is None for `keys`. Raises QueryParseError, DesignError.
        """
        options = settled(options)
        reduced = is_reduced(options, self._view)
        check(options, reduced=reduced)
        asked = list(ranges(options, self._sort_key))
        answer: dict[str, Json] = {}
        if reduced:
            reduction = Reduction(self._conn, self._view, self._tree)
            found = (row for one in asked for row in reduction.rows(one, options))
            answer["rows"] = list(islice(found, options.skip, _end(options)))
        else:
            if options.sorted:
                answer["total_rows"] = self._tree.total()
                answer["offset"] = self._offset(answer["total_rows"], asked, options)
            answer["rows"] = self._rows(asked, options)
            if options.include_docs:
                self._add_documents(answer["rows"], options)
        if options.update_seq:
            answer["update_seq"] = self._conn.execute("SELECT seq FROM state").fetchone()[0]
        return answer

    def _rows(self, asked: Sequence[Range], options: ViewOptions) -> list[Row]:
        if len(asked) == 1:
            limit = -1 if options.limit is None else options.limit
            return as_rows(self._of(asked[0], options.descending, limit, options.skip))
        found = (row for one in asked for row in self._of(one, options.descending, -1, 0))
        return as_rows(islice(found, options.skip, _end(options)))

    def _of(
        self, wanted: Range, descending: bool, limit: int, skip: int
    ) -> Iterable[tuple[bytes, str, str]]:
        """Tails, JSON texts of keys and of values."""
        order = "key DESC, tail DESC" if descending else "key, tail"
        return self._conn.execute(
            f"SELECT tail, k, v FROM rows_{self._view.number}"
            " WHERE (key, tail) >= (?, ?) AND (key, tail) < (?, ?)"
            f" ORDER BY {order} LIMIT ? OFFSET ?",
            (*wanted.start, *wanted.end, limit, skip),
        )

    def _offset(self, total: int, asked: Sequence[Range], options: ViewOptions) -> int | None:
        """How many rows stand before the first one of the answer; None for `keys`."""
        if options.keys is not None:
            return None if options.keys else 0
        (first,) = asked
        if not options.descending:
            before = self._tree.below(first.start)
        else:
            before = 0 if first.end == LAST else total - self._tree.below(first.end)
        return min(before + options.skip, total)

    def _add_documents(self, rows: list[Row], options: ViewOptions) -> None:
        """`doc` of each row: its document, or the one that the value's `_id` (`_rev`) names."""
        wanted = [_linked(row) for row in rows]
        ids = list({docid for docid, rev in wanted if rev is None})
        found: dict[str, Doc | None] = {}
        if ids:
            documents = self._db.all_docs(
                ViewOptions(
                    keys=tuple(ids), include_docs=True, conflicts=options.conflicts,
                    attachments=options.attachments,
                )
            )["rows"]  # fmt: skip
            found = {docid: row.get("doc") for docid, row in zip(ids, documents, strict=True)}
        for row, (docid, rev) in zip(rows, wanted, strict=True):
            row["doc"] = found.get(docid) if rev is None else self._revision(docid, rev)

    def _revision(self, docid: str, rev: str) -> Doc | None:
        try:
            return self._db.get(docid, rev=rev)
        except NotFound:
            return None


def as_rows(found: Iterable[tuple[bytes, str, str]]) -> list[Row]:
    """Parsed in one go, which takes a third of the time."""
    ids, texts = [], []
    for tail, k, v in found:
        ids.append(docid_of(tail))
        texts += [k, v]
    values = json.loads(f"[{','.join(texts)}]")
    return [
        {"id": docid, "key": key, "value": value}
        for docid, key, value in zip(ids, values[::2], values[1::2], strict=True)
    ]


def _linked(row: Row) -> tuple[str, str | None]:
    value: Any = row["value"]
    docid: str = row["id"]
    if not isinstance(value, dict):
        return docid, None
    linked, rev = value.get("_id", docid), value.get("_rev")
    if not isinstance(linked, str):
        return docid, None
    return linked, rev if isinstance(rev, str) else None


def _end(options: ViewOptions) -> int | None:
    return None if options.limit is None else options.skip + options.limit
