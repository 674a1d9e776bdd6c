"""What SQLite alone would allow: the same documents as bare rows, with the same durability."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.bench import company
from tests.bench.figures import BULK, GET, PUT, SIZE, Figures, p50, seconds
from tests.bench.measuring import SINGLE

INSERT = "INSERT INTO docs VALUES (?, ?)"


def run(directory: Path, documents: int) -> Figures:
    """The operations that SQLite has a counterpart of."""
    directory.mkdir(parents=True)
    path = directory / "alone.sqlite"
    batches = list(company.batches(documents))
    fresh = next(company.batches(SINGLE, first=documents))
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute("CREATE TABLE docs (docid TEXT PRIMARY KEY, body TEXT NOT NULL)")

        def bulk() -> None:
            for batch in batches:
                conn.execute("BEGIN")
                conn.executemany(INSERT, [_row(doc) for doc in batch])
                conn.execute("COMMIT")

        def get(at: int) -> None:
            docid = company.deal(at * 31 % documents)["_id"]
            found = conn.execute("SELECT body FROM docs WHERE docid = ?", (docid,)).fetchone()
            json.loads(found[0])

        took = seconds(bulk)
        figures: Figures = {BULK: documents / took}
        figures[PUT] = p50(lambda at: conn.execute(INSERT, _row(fresh[at])), SINGLE)
        figures[GET] = p50(get, SINGLE)
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        figures[SIZE] = path.stat().st_size / documents
    return figures


def _row(doc: dict[str, object]) -> tuple[str, str]:
    return str(doc["_id"]), json.dumps(doc, ensure_ascii=False)
