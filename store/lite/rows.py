"""The rows of one view in its index, and which of them each document has."""

import sqlite3
from collections.abc import Sequence

from store.collation import parted
from store.lite.mapping import Row, Rows, tails
from store.lite.tree import Place

AT_ONCE = 50
"""Rows that one statement inserts."""


class RowTables:
    """The tables `rows_n` and `docs_n` of view number n, through a connection that writes."""

    def __init__(self, conn: sqlite3.Connection, number: int) -> None:
        self._conn = conn
        self._rows = f"rows_{number}"
        self._docs = f"docs_{number}"

    def clear(self) -> None:
        self._conn.execute(f"DROP INDEX IF EXISTS of_{self._docs}")
        self._conn.execute(f"DELETE FROM {self._rows}")
        self._conn.execute(f"DELETE FROM {self._docs}")

    def find_documents(self) -> None:
        """Make `take_out` work. Later is quicker, when the first documents are noted."""
        self._conn.execute(f"CREATE INDEX of_{self._docs} ON {self._docs}(docid)")

    def note(self, rows: Rows) -> None:
        """Keep which rows documents have, of which none had any."""
        at, noted = 0, []
        for docid, count in rows.documents:
            if count:
                noted.append((docid, b"".join(rows.keys[at : at + count])))
                at += count
        _insert(self._conn, self._docs, noted)

    def insert(self, rows: Sequence[Row]) -> None:
        """Put in rows, quickest in order."""
        _insert(self._conn, self._rows, rows)

    def take_out(self, docids: Sequence[str]) -> list[Place]:
        """Take out the rows of documents; return where they were."""
        places: list[Place] = []
        for docid in docids:
            for (keys,) in self._conn.execute(
                f"SELECT keys FROM {self._docs} WHERE docid = ?", (docid,)
            ):
                own = parted(keys)
                places += zip(own, tails(docid, len(own)), strict=True)
        self._conn.executemany(
            f"DELETE FROM {self._docs} WHERE docid = ?", ((docid,) for docid in docids)
        )
        self._conn.executemany(f"DELETE FROM {self._rows} WHERE key = ? AND tail = ?", places)
        return places


def _insert(conn: sqlite3.Connection, table: str, rows: Sequence[tuple[str | bytes, ...]]) -> None:
    if not rows:
        return
    width = len(rows[0])
    places = f"({', '.join('?' * width)})"
    whole = len(rows) - len(rows) % AT_ONCE
    for count, starts in (AT_ONCE, range(0, whole, AT_ONCE)), (1, range(whole, len(rows))):
        conn.executemany(
            f"INSERT INTO {table} VALUES {', '.join([places] * count)}",
            (_values(rows[at : at + count]) for at in starts),
        )


def _values(rows: Sequence[tuple[str | bytes, ...]]) -> list[object]:
    # For `bytes` Python looks for an adapter, which takes longer than SQLite does for the row.
    return [bytearray(value) if type(value) is bytes else value for row in rows for value in row]
