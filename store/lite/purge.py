"""`POST /db/_purge`: forget leaf revisions as if they never were."""

from collections.abc import Mapping, Sequence

from store import revisions, revtree
from store.lite import planning, records
from store.lite.records import storable
from store.lite.storage import Transaction
from store.lite.writing import put_tree, remove_bodies
from store.types import Json


def purge(tx: Transaction, revs: Mapping[str, Sequence[str]]) -> dict[str, Json]:
    """`{"purge_seq", "purged": {docid: [rev, …]}}`; what is no leaf is not purged.

    A document that loses its last leaf leaves a mark without content: its sequence tells indexes.
    """
    purged: dict[str, list[str]] = {}
    attachments = False
    for docid, wanted in revs.items():
        purged[docid], had = _purge_one(tx, docid, wanted)
        attachments = attachments or had
    tx.state.purge_seq += any(purged.values())
    if attachments:  # the search for unused ones reads all bodies
        drop_unused_attachments(tx)
    return {"purge_seq": tx.state.purge_seq, "purged": purged}


def _purge_one(tx: Transaction, docid: str, wanted: Sequence[str]) -> tuple[list[str], bool]:
    """Return the purged leaves, and whether attachments went with them."""
    revisions.parse_all(wanted)
    found = planning.find(tx.conn, docid) if storable(docid) else None
    if found is None:
        return [], False
    tree = found.tree()
    kept, gone = revtree.without(tree, set(wanted))
    if not gone:
        return [], False
    keys = revtree.bodies(tree) - revtree.bodies(kept)
    had = any(records.body(tx.conn, key)[1] is not None for key in keys)
    remove_bodies(tx, keys)
    put_tree(tx, docid, found, kept)
    return gone, had


def drop_unused_attachments(tx: Transaction) -> None:
    """Forget attachments that no stored revision has."""
    tx.conn.execute(
        "DELETE FROM attachments WHERE digest NOT IN ("
        "SELECT json_extract(part.value, '$.digest') FROM bodies, json_each(bodies.attachments)"
        " AS part WHERE bodies.attachments IS NOT NULL)"
    )
