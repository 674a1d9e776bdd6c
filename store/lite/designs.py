"""The live design documents of a database, read anew only after one of them changed."""

import sqlite3
from dataclasses import dataclass, field

from store.lite import records
from store.lite.records import Record
from store.lite.storage import State
from store.types import Doc


@dataclass(frozen=True, slots=True)
class Designs:
    """Design documents by id, and those of them that have a `validate_doc_update`."""

    key: tuple[str, int] = ("", -1)
    by_id: dict[str, Doc] = field(default_factory=dict)
    validators: tuple[Doc, ...] = ()


class DesignCache:
    """Keeps the design documents of the last committed state that was asked for."""

    def __init__(self) -> None:
        self._designs = Designs()

    def at(self, conn: sqlite3.Connection, state: State) -> Designs:
        """The design documents; `state` must be a committed one."""
        key = (state.created, state.design_seq)
        designs = self._designs
        if designs.key != key:
            designs = _read(conn, key)
            self._designs = designs
        return designs


def _read(conn: sqlite3.Connection, key: tuple[str, int]) -> Designs:
    rows = conn.execute(
        f"{records.WITH_BODY} WHERE d.docid > '_design/' AND d.docid < '_design0'"
        " AND d.deleted = 0 ORDER BY d.docid"
    ).fetchall()
    by_id = {}
    for row in rows:
        record = Record(*row[:7])
        by_id[record.docid] = records.document(record.docid, record.rev, False, row[7], row[8])
    validators = tuple(doc for doc in by_id.values() if doc.get("validate_doc_update"))
    return Designs(key, by_id, validators)
