"""`POST /db/_compact`: forget the bodies of revisions that are not leaves, and free the space."""

import logging
from collections.abc import Callable

from store import revtree
from store.errors import DamagedDocument
from store.lite import records
from store.lite.contents import drop_abandoned
from store.lite.storage import Storage
from store.lite.writing import remove_bodies

log = logging.getLogger(__name__)

CHUNK = 500


def compact(storage: Storage, tell: Callable[[int, int], None]) -> None:
    """Work in short transactions, so that writers need not wait for the whole; `tell` is given the
    number of documents so far, and of those with something to forget."""
    with storage.connection() as conn:
        total = conn.execute("SELECT count(*) FROM docs WHERE stale > 0").fetchone()[0]
    last: int | None = 0
    done = 0
    while last is not None:
        tell(min(done, total), total)
        last = _compact_some(storage, last)
        done += CHUNK
    with storage.writing() as tx:
        drop_abandoned(tx)
    with storage.connection() as conn:
        # As a script, since it frees one page a step and gives no rows that ask for the next.
        conn.executescript("PRAGMA incremental_vacuum;")
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _compact_some(storage: Storage, after: int) -> int | None:
    """Compact the next documents; return the key of the last, None where none were left."""
    with storage.writing() as tx:
        rows = tx.conn.execute(
            f"SELECT d.key, d.docid, {records.TREE} FROM docs d WHERE d.key > ? AND d.stale > 0"
            " ORDER BY d.key LIMIT ?",
            (after, CHUNK),
        ).fetchall()
        for key, docid, text in rows:
            try:
                tree = records.grown(docid, text)
            except DamagedDocument as error:
                log.error("%s It is left as it is.", error)
                continue
            kept = revtree.without_old_bodies(tree)
            remove_bodies(tx, revtree.bodies(tree) - revtree.bodies(kept))
            tx.conn.execute(
                "UPDATE docs SET tree = ?, stale = 0 WHERE key = ?", (revtree.dumps(kept), key)
            )
    return rows[-1][0] if rows else None
