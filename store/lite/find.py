"""`POST /db/_find` and `_explain`: documents by a selector, through an index where one serves.

Cost: the rows of the index between the ends that the selector sets, up to the limit; without an
index the documents in the order of their ids, of which no more than the answer is kept.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from itertools import islice

from store.lite import records
from store.lite.feed import Source
from store.lite.index import Indexes
from store.lite.mapping import docid_of, of_document
from store.lite.records import Record, Shape
from store.lite.views import View
from store.mango import bookmark
from store.mango.answer import Row, answer, collect
from store.mango.choice import Choice, Fit
from store.mango.indexes import covered
from store.mango.options import Query
from store.mango.ranges import bounds, id_bounds
from store.types import Doc, Json, ViewOptions

CHUNK = 100
"""Documents fetched at once for rows of an index."""


def by_index(indexes: Indexes, db: Source, ddoc: Doc, choice: Choice, best: Fit) -> dict[str, Json]:
    """The answer from `best`, which is an index of `ddoc`."""
    began = time.perf_counter()

    def read(conn: sqlite3.Connection, view: View) -> dict[str, Json]:
        rows = _index_rows(conn, view, choice.query, best)
        if choice.covering:
            documents: Iterable[Row] = (
                (k, docid, covered(best.index, json.loads(k), docid)) for k, docid in rows
            )
        else:
            documents = _with_documents(db, rows, choice.query)
        return answer(choice, collect(choice, documents), _since(began))

    return indexes.read(db, ddoc, best.index.name, read, fresh=choice.query.fresh)


def scan(conn: sqlite3.Connection, choice: Choice) -> dict[str, Json]:
    """The answer from all documents, in the state that `conn` sees."""
    began = time.perf_counter()
    return answer(choice, collect(choice, _all(conn, choice.query)), _since(began))


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _index_rows(
    conn: sqlite3.Connection, view: View, query: Query, best: Fit
) -> Iterator[tuple[str, str]]:
    """JSON texts of keys, and document ids."""
    condition, values = "key >= ? AND key < ?", [*bounds(best.ranges)]
    if query.bookmark:
        key, docid = bookmark.decoded(query.bookmark)
        start, end = of_document(docid)
        condition += f" AND (key, tail) {'<' if query.descending else '>'} (?, ?)"
        values += [key, start if query.descending else end]
    order = "key DESC, tail DESC" if query.descending else "key, tail"
    found = conn.execute(
        f"SELECT k, tail FROM rows_{view.number} WHERE {condition} ORDER BY {order}", values
    )
    return ((k, docid_of(end)) for k, end in found)


def _with_documents(db: Source, rows: Iterator[tuple[str, str]], query: Query) -> Iterator[Row]:
    size = min(CHUNK, query.limit + query.skip)
    while chunk := list(islice(rows, size)):
        keys = tuple(docid for _, docid in chunk)
        options = ViewOptions(keys=keys, include_docs=True, conflicts=query.conflicts)
        documents = db.all_docs(options)["rows"]
        for (k, docid), found in zip(chunk, documents, strict=True):
            yield k, docid, found.get("doc")
        size = CHUNK


def _all(conn: sqlite3.Connection, query: Query) -> Iterator[Row]:
    """The live documents by id, design documents left out."""
    low, high = id_bounds(query.selector)
    if query.bookmark:
        after = bookmark.decoded(query.bookmark)[1].encode()
        low, high = (low, min(high, after)) if query.descending else (max(low, after + b"\0"), high)
    order = "DESC" if query.descending else "ASC"
    found = conn.execute(
        f"{records.WITH_BODY} WHERE d.deleted = 0"
        " AND d.docid >= CAST(? AS TEXT) AND d.docid < CAST(? AS TEXT)"
        " AND (d.docid < '_design/' OR d.docid >= '_design0')"
        f" ORDER BY d.docid {order}",
        (low, high),
    )
    shape = Shape(conflicts=query.conflicts)
    for row in found:
        record = Record(*row[:7])
        doc = records.document(record.docid, record.rev, False, *row[7:])
        if query.conflicts:
            doc = records.shaped(conn, doc, record, shape, None, row[8])
        yield json.dumps(record.docid), record.docid, doc
