"""`GET /db/_all_docs`: every live document by id, in the order of the ids' bytes (`raw`); and
`_design_docs`, the same of design documents."""

import sqlite3
from dataclasses import replace
from functools import cache
from typing import Any

from store.lite import idrange, records
from store.lite.ranges import check, settled
from store.lite.records import Body, Record, Shape
from store.lite.storage import read_state
from store.types import ABSENT, Attached, Json, Row, ViewOptions

_ALL = "deleted = 0"
_DESIGNS = "deleted = 0 AND docid >= '_design/' AND docid < '_design0'"


def all_docs(conn: sqlite3.Connection, options: ViewOptions) -> dict[str, Json]:
    """`{"total_rows", "offset", "rows"}`, with `update_seq` where it is asked for."""
    return _listed(conn, options, _ALL, read_state(conn).doc_count)


def design_docs(conn: sqlite3.Connection, options: ViewOptions) -> dict[str, Json]:
    """The same of design documents. A key that is no design document's has no row."""
    if options.keys is not None:
        options = replace(options, keys=tuple(key for key in options.keys if _is_design(key)))
    if options.key is not ABSENT and not _is_design(options.key):
        options = replace(options, limit=0)
    return _listed(conn, options, _DESIGNS, _count(conn, _DESIGNS, []))


def _listed(
    conn: sqlite3.Connection, options: ViewOptions, among: str, total: int
) -> dict[str, Json]:
    check(settled(options), reduced=False)
    if options.keys is not None:
        rows, offset = _by_keys(conn, options), None
    elif options.key is not ABSENT:
        rows, offset = _by_key(conn, options, among)
    else:
        rows, offset = _by_range(conn, options, among)
    if offset is not None:
        offset = min(offset, total)
    answer: dict[str, Json] = {"total_rows": total, "offset": offset, "rows": rows}
    if options.update_seq:
        answer["update_seq"] = read_state(conn).update_seq
    return answer


def _is_design(key: Json) -> bool:
    return isinstance(key, str) and key.startswith("_design/")


def _by_keys(conn: sqlite3.Connection, options: ViewOptions) -> list[Row]:
    keys = idrange.chosen(options)
    ids = [key for key in keys if isinstance(key, str) and records.storable(key)]
    found = {record.docid: (record, body) for record, body in records.find_all(conn, ids)}
    return [
        _row(conn, *found[key], options) if isinstance(key, str) and key in found
        else {"key": key, "error": "not_found"}
        for key in keys
    ]  # fmt: skip


def _by_key(conn: sqlite3.Connection, options: ViewOptions, among: str) -> tuple[list[Row], int]:
    key = options.key
    record = records.find(conn, key) if isinstance(key, str) and records.storable(key) else None
    if record is None or record.deleted or options.skip or options.limit == 0:
        return [], 0
    return [_row(conn, record, None, options)], _count(conn, f"{among} AND docid < ?", [key])


def _by_range(conn: sqlite3.Connection, options: ViewOptions, among: str) -> tuple[list[Row], int]:
    condition, values = idrange.within(options)
    before, skipped = idrange.before(options)
    order = "DESC" if options.descending else "ASC"
    limit = -1 if options.limit is None else options.limit
    found = conn.execute(
        f"SELECT {records.COLUMNS} FROM docs d WHERE {among} AND {condition}"
        f" ORDER BY docid {order} LIMIT ? OFFSET ?",
        (*values, limit, options.skip),
    ).fetchall()
    offset = (_count(conn, f"{among} AND {before}", skipped) if before else 0) + options.skip
    return [_row(conn, Record(*row), None, options) for row in found], offset


def _count(conn: sqlite3.Connection, condition: str, values: list[str]) -> int:
    query = f"SELECT count(*) FROM docs INDEXED BY live WHERE {condition}"
    found: int = conn.execute(query, values).fetchone()[0]
    return found


def _row(conn: sqlite3.Connection, record: Record, body: Body | None, options: ViewOptions) -> Row:
    value: dict[str, Any] = {"rev": record.rev}
    if record.deleted:
        value["deleted"] = True
    row: Row = {"id": record.docid, "key": record.docid, "value": value}
    if options.include_docs:
        shape = _shape(options.conflicts, options.attachments)
        row["doc"] = None if record.deleted else document_of(conn, record, shape, body)
    return row


@cache
def _shape(conflicts: bool, attachments: Attached) -> Shape:
    return Shape(conflicts=conflicts, attachments=attachments)


def document_of(
    conn: sqlite3.Connection, record: Record, shape: Shape, body: Body | None = None
) -> dict[str, Json]:
    """The winner of a row, deleted or not; `body` is its body where it is at hand."""
    body = records.body(conn, record.body) if body is None else body
    doc = records.document(record.docid, record.rev, bool(record.deleted), *body)
    return records.shaped(conn, doc, record, shape, None, body[1])
