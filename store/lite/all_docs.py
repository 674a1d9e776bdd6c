"""`GET /db/_all_docs`: every live document by id, in the order of the ids' bytes (`raw`)."""

import sqlite3
from typing import Any

from store.lite import records
from store.lite.ranges import check, settled
from store.lite.records import Record, Shape
from store.lite.storage import read_state
from store.types import ABSENT, Json, Row, ViewOptions


def all_docs(conn: sqlite3.Connection, options: ViewOptions) -> dict[str, Json]:
    """`{"total_rows", "offset", "rows"}`, with `update_seq` where it is asked for."""
    check(settled(options), reduced=False)
    state = read_state(conn)
    if options.keys is not None:
        rows, offset = _by_keys(conn, options), None
    elif options.key is not ABSENT:
        rows, offset = _by_key(conn, options)
    else:
        rows, offset = _by_range(conn, options)
    answer: dict[str, Json] = {"total_rows": state.doc_count, "offset": offset, "rows": rows}
    if options.update_seq:
        answer["update_seq"] = state.update_seq
    return answer


def _by_keys(conn: sqlite3.Connection, options: ViewOptions) -> list[Row]:
    keys = list(options.keys or ())
    if options.descending:
        keys.reverse()
    end = None if options.limit is None else options.skip + options.limit
    return [_row_of_key(conn, key, options) for key in keys[options.skip : end]]


def _row_of_key(conn: sqlite3.Connection, key: Json, options: ViewOptions) -> Row:
    record = records.find(conn, key) if isinstance(key, str) and records.storable(key) else None
    if record is None:
        return {"key": key, "error": "not_found"}
    return _row(conn, record, options)


def _by_key(conn: sqlite3.Connection, options: ViewOptions) -> tuple[list[Row], int]:
    key = options.key
    record = records.find(conn, key) if isinstance(key, str) and records.storable(key) else None
    if record is None or record.deleted or options.skip or options.limit == 0:
        return [], 0
    return [_row(conn, record, options)], _count(conn, "docid < ?", [key])


def _by_range(conn: sqlite3.Connection, options: ViewOptions) -> tuple[list[Row], int]:
    low, high = options.startkey, options.endkey
    if options.descending:
        low, high = high, low
    condition, values = _range(low, high, options)
    before, skipped = _before(options)
    order = "DESC" if options.descending else "ASC"
    limit = -1 if options.limit is None else options.limit
    found = conn.execute(
        f"SELECT {records.COLUMNS} FROM docs d WHERE deleted = 0 AND {condition}"
        f" ORDER BY docid {order} LIMIT ? OFFSET ?",
        (*values, limit, options.skip),
    ).fetchall()
    offset = (_count(conn, before, skipped) if before else 0) + options.skip
    return [_row(conn, Record(*row), options) for row in found], offset


def _range(low: Json, high: Json, options: ViewOptions) -> tuple[str, list[str]]:
    """SQL for `low <= docid <= high`; the end that `endkey` gave may be exclusive."""
    conditions, values = [], []
    low_open = options.descending and not options.inclusive_end
    high_open = not options.descending and not options.inclusive_end
    for bound, sign, exclusive in ((low, ">", low_open), (high, "<", high_open)):
        place = _place(bound)
        if place is None:
            continue
        if place == 0:
            conditions.append(f"docid {sign}{'' if exclusive else '='} ?")
            values.append(_storable(bound))
        elif (place < 0) is (sign == "<"):
            conditions.append("0")  # the bound lies beyond all ids: nothing can be inside
    return " AND ".join(conditions) or "1", values


def _before(options: ViewOptions) -> tuple[str, list[str]]:
    """SQL for the rows that come before `startkey`, empty where there are none."""
    place = _place(options.startkey)
    if place is None:
        return "", []
    sign = ">" if options.descending else "<"
    if place == 0:
        return f"docid {sign} ?", [_storable(options.startkey)]
    return ("1", []) if (place < 0) is options.descending else ("", [])


def _place(bound: Json) -> int | None:
    """Where a key lies: 0 among the ids, -1 before all strings, 1 after them; None if not given."""
    if bound is ABSENT:
        return None
    if isinstance(bound, str):
        return 0
    return 1 if isinstance(bound, list | tuple | dict) else -1


def _storable(text: str) -> str:
    """A key that SQLite takes: half a surrogate, which no id can hold, becomes the last character
    before the surrogates."""
    return "".join("\ud7ff" if "\ud800" <= at <= "\udfff" else at for at in text)


def _count(conn: sqlite3.Connection, condition: str, values: list[str]) -> int:
    query = f"SELECT count(*) FROM docs INDEXED BY live WHERE deleted = 0 AND {condition}"
    found: int = conn.execute(query, values).fetchone()[0]
    return found


def _row(conn: sqlite3.Connection, record: Record, options: ViewOptions) -> Row:
    value: dict[str, Any] = {"rev": record.rev}
    if record.deleted:
        value["deleted"] = True
    row: Row = {"id": record.docid, "key": record.docid, "value": value}
    if options.include_docs:
        row["doc"] = None if record.deleted else document_of(
            conn, record, Shape(conflicts=options.conflicts, attachments=options.attachments)
        )  # fmt: skip
    return row


def document_of(conn: sqlite3.Connection, record: Record, shape: Shape) -> dict[str, Json]:
    """The winner of a row, deleted or not."""
    body = records.body(conn, record.body)
    doc = records.document(record.docid, record.rev, bool(record.deleted), *body)
    return records.shaped(conn, doc, record, shape, None, body[1])
