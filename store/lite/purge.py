"""`POST /db/_purge`: forget leaf revisions as if they never were."""

import json
import sqlite3
from collections.abc import Mapping, Sequence

from store import revisions, revtree
from store.errors import BadRequest
from store.lite import planning
from store.lite.about import MOST
from store.lite.records import storable
from store.lite.storage import Transaction
from store.lite.writing import put_tree, remove_bodies
from store.types import Json


def purge(tx: Transaction, revs: Mapping[str, Sequence[str]]) -> dict[str, Json]:
    """`{"purge_seq", "purged": {docid: [rev, …]}}`; what is no leaf is not purged.

    A document that loses its last leaf leaves a mark without content: its sequence tells indexes.
    """
    purged = {docid: _purge_one(tx, docid, wanted) for docid, wanted in revs.items()}
    for docid, gone in purged.items():
        if gone:
            tx.state.purge_seq += 1
            _note(tx, docid, gone)
    return {"purge_seq": tx.state.purge_seq, "purged": purged}


def infos(conn: sqlite3.Connection) -> list[dict[str, Json]]:
    """`[{"id", "revs"}]`: the last purges, oldest first, as many as are kept."""
    rows = conn.execute("SELECT docid, revs FROM purges ORDER BY seq")
    return [{"id": docid, "revs": json.loads(revs)} for docid, revs in rows]


def set_infos_limit(tx: Transaction, limit: object) -> None:
    """Keep that many purges from now on. Raises BadRequest."""
    if type(limit) is not int or not 0 < limit < MOST:
        raise BadRequest(f"`purged_infos_limit` must be positive integer below {MOST}")
    tx.state.purged_infos_limit = limit


def _purge_one(tx: Transaction, docid: str, wanted: Sequence[str]) -> list[str]:
    revisions.parse_all(wanted)
    found = planning.find(tx.conn, [docid]).get(docid) if storable(docid) else None
    if found is None:
        return []
    tree = found.tree()
    kept, gone = revtree.without(tree, set(wanted))
    if gone:
        remove_bodies(tx, revtree.bodies(tree) - revtree.bodies(kept))
        put_tree(tx, docid, found, kept)
    return gone


def _note(tx: Transaction, docid: str, revs: Sequence[str]) -> None:
    seq = tx.state.purge_seq
    tx.conn.execute("INSERT INTO purges VALUES (?, ?, ?)", (seq, docid, json.dumps(list(revs))))
    tx.conn.execute("DELETE FROM purges WHERE seq <= ?", (seq - tx.state.purged_infos_limit,))
