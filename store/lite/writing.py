"""Storing planned edits inside a write transaction: bodies, trees, winners, counters."""

import json
from collections.abc import Iterable

from store import revtree
from store.lite.planning import Found, Plan
from store.lite.storage import Transaction
from store.revtree import Tree


def store(tx: Transaction, plan: Plan) -> None:
    """Write one planned edit. All checks are behind us: only the disk can fail now."""
    tree = plan.found.tree if plan.found else {}
    if plan.known and all(rev in tree for rev in plan.history):
        return
    body = 0 if plan.known else _add_body(tx, plan)
    grown = revtree.merge(tree, plan.history, deleted=plan.edit.deleted, body=body)
    kept = revtree.stem(grown, tx.state.revs_limit)
    if len(kept) < len(grown):
        remove_bodies(tx, revtree.bodies(grown) - revtree.bodies(kept))
    put_tree(tx, plan.edit.docid, plan.found, kept)


def put_tree(tx: Transaction, docid: str, found: Found | None, tree: Tree) -> None:
    """Make `tree` the document's, at a new update sequence, and count it as live or deleted.

    An empty tree marks the document as purged.
    """
    ends = revtree.leaves(tree)
    best = tree[ends[0]] if ends else None
    deleted = best is None or best.deleted
    losers = [[rev, int(tree[rev].deleted)] for rev in ends[1:]]
    row = (
        tx.state.next_seq(docid),
        ends[0] if ends else None,
        int(deleted),
        best.body if best else 0,
        len(revtree.bodies(tree)) - len(ends) if len(tree) > 1 else 0,
        json.dumps(losers, separators=(",", ":")) if losers else None,
        revtree.dumps(tree),
    )
    if found is None:
        tx.conn.execute(
            "INSERT INTO docs (seq, rev, deleted, body, stale, losers, tree, docid)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*row, docid),
        )
    else:
        tx.conn.execute(
            "UPDATE docs SET seq = ?, rev = ?, deleted = ?, body = ?, stale = ?, losers = ?,"
            " tree = ? WHERE key = ?",
            (*row, found.key),
        )
    _count(tx, found, live=best is not None and not deleted, gone=best is not None and deleted)


def remove_bodies(tx: Transaction, keys: Iterable[int]) -> None:
    tx.conn.executemany("DELETE FROM bodies WHERE key = ?", [(key,) for key in keys])


def _add_body(tx: Transaction, plan: Plan) -> int:
    for attachment in plan.edit.attachments.values():
        if attachment.data is not None:
            tx.conn.execute(
                "INSERT OR IGNORE INTO attachments VALUES (?, ?, ?)",
                (attachment.digest, attachment.length, attachment.data),
            )
    attachments = None
    if plan.attachments:
        attachments = json.dumps(plan.attachments, separators=(",", ":"))
    key = tx.conn.execute(
        "INSERT INTO bodies (body, attachments) VALUES (?, ?)", (plan.edit.text, attachments)
    ).lastrowid
    assert key is not None  # an INSERT that did not raise has one
    return key


def _count(tx: Transaction, found: Found | None, *, live: bool, gone: bool) -> None:
    was_live = found is not None and found.live
    was_gone = found is not None and found.rev is not None and found.deleted
    tx.state.doc_count += live - was_live
    tx.state.doc_del_count += gone - was_gone
