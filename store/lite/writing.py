"""Storing planned edits inside a write transaction: bodies, trees, winners, counters."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from store import revtree
from store.errors import DamagedDocument
from store.lite import contents, records
from store.lite.planning import Found, Plan
from store.lite.storage import Transaction
from store.revtree import Tree

_INSERT_BODY = "INSERT INTO bodies (key, body, attachments) VALUES (?, ?, NULL)"
_INSERT_DOC = (
    "INSERT INTO docs (seq, rev, deleted, body, stale, losers, tree, docid)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def store(tx: Transaction, plans: Sequence[Plan]) -> None:
    """Write planned edits in order. All checks are behind us: only the disk can fail now."""
    for fresh, group in groupby(plans, _is_fresh):
        if fresh:
            _store_fresh(tx, list(group))
        else:
            for plan in group:
                _store_one(tx, plan)


def _is_fresh(plan: Plan) -> bool:
    return plan.found is None and not plan.attachments


def _store_fresh(tx: Transaction, plans: Sequence[Plan]) -> None:
    """Documents that were never there, without attachments: as most of an import or a clone."""
    first = 1 + tx.conn.execute("SELECT coalesce(max(key), 0) FROM bodies").fetchone()[0]
    texts = [plan.edit.text for plan in plans]
    tx.conn.executemany(_INSERT_BODY, enumerate(texts, first))
    tx.conn.executemany(
        _INSERT_DOC, [_fresh_row(tx, plan, body) for body, plan in enumerate(plans, first)]
    )
    deleted = sum(plan.edit.deleted for plan in plans)
    tx.state.doc_count += len(plans) - deleted
    tx.state.doc_del_count += deleted
    tx.state.external += sum(map(len, texts))


def _fresh_row(tx: Transaction, plan: Plan, body: int) -> tuple[Any, ...]:
    deleted, docid = plan.edit.deleted, plan.edit.docid
    tree = _first_tree(plan, body, tx.state.revs_limit)
    return (tx.state.next_seq(docid), plan.rev, deleted, body, 0, None, tree, docid)


def _first_tree(plan: Plan, body: int, limit: int) -> str:
    deleted = plan.edit.deleted
    if len(plan.history) == 1:
        return revtree.planted(plan.rev, deleted=deleted, body=body)
    return revtree.dumps(revtree.merge({}, plan.history[:limit], deleted=deleted, body=body))


def _store_one(tx: Transaction, plan: Plan) -> None:
    found = plan.found
    if found is None or (found.losers is None and not plan.edit.history):
        _append(tx, plan, found)
        return
    tree = found.tree() if plan.tree is None else plan.tree
    if plan.known and all(rev in tree for rev in plan.history):
        return
    body = 0 if plan.known else _add_body(tx, plan)
    grown = revtree.merge(tree, plan.history, deleted=plan.edit.deleted, body=body)
    kept = revtree.stem(grown, tx.state.revs_limit)
    if len(kept) < len(grown):
        remove_bodies(tx, revtree.bodies(grown) - revtree.bodies(kept))
    put_tree(tx, plan.edit.docid, found, kept)


def put_tree(tx: Transaction, docid: str, found: Found, tree: Tree) -> None:
    """Make `tree` the document's, at a new update sequence.

    An empty tree marks the document as purged.
    """
    ends = revtree.leaves(tree)
    losers = [[rev, int(tree[rev].deleted)] for rev in ends[1:]]
    _put_row(
        tx, docid, found,
        rev=ends[0] if ends else None,
        deleted=not ends or tree[ends[0]].deleted,
        body=tree[ends[0]].body if ends else 0,
        stale=len(revtree.bodies(tree)) - len(ends),
        losers=json.dumps(losers, separators=(",", ":")) if losers else None,
        tree=revtree.dumps(tree),
    )  # fmt: skip


def _append(tx: Transaction, plan: Plan, found: Found | None) -> None:
    """Write an edit of a document that has one leaf, or none: the tree need not be parsed."""
    deleted = plan.edit.deleted
    body = _add_body(tx, plan)
    limit = tx.state.revs_limit
    if found is None:
        text, stale = _first_tree(plan, body, limit), 0
    else:
        text, gone = revtree.appended(found.text, plan.rev, deleted=deleted, body=body, limit=limit)
        remove_bodies(tx, gone)
        stale = found.stale + bool(found.rev) - len(gone)
    _put_row(
        tx, plan.edit.docid, found,
        rev=plan.rev, deleted=deleted, body=body, stale=stale, losers=None, tree=text,
    )  # fmt: skip


def _put_row(
    tx: Transaction, docid: str, found: Found | None, *,
    rev: str | None, deleted: bool, body: int, stale: int, losers: str | None, tree: str,
) -> None:  # fmt: skip
    """Write the document's row and count it as live or deleted."""
    row = (tx.state.next_seq(docid), rev, deleted, body, stale, losers, tree)
    if found is None:
        tx.conn.execute(_INSERT_DOC, (*row, docid))
    else:
        tx.conn.execute(
            "UPDATE docs SET seq = ?, rev = ?, deleted = ?, body = ?, stale = ?, losers = ?,"
            " tree = ? WHERE key = ?",
            (*row, found.key),
        )
    was_known = found is not None and found.rev is not None
    was_live = was_known and found is not None and not found.deleted
    tx.state.doc_count += (rev is not None and not deleted) - was_live
    tx.state.doc_del_count += (rev is not None and deleted) - (was_known and not was_live)


def remove_bodies(tx: Transaction, keys: Iterable[int]) -> None:
    for key in keys:
        removed = tx.conn.execute(
            "DELETE FROM bodies WHERE key = ?"
            " RETURNING length(body), CAST(attachments AS BLOB)", (key,),
        ).fetchall()  # fmt: skip
        for length, attachments in removed:  # none where it was lost
            tx.state.external -= length
            if attachments is not None:
                tx.state.external -= _written(attachments)
                contents.release(tx, key)


def _add_body(tx: Transaction, plan: Plan) -> int:
    attachments = None
    if plan.attachments:
        attachments = json.dumps(plan.attachments, separators=(",", ":"))
    key = tx.conn.execute(
        "INSERT INTO bodies (body, attachments) VALUES (?, ?)", (plan.edit.text, attachments)
    ).lastrowid
    assert key is not None  # an INSERT that did not raise has one
    tx.state.external += len(plan.edit.text)
    if plan.attachments:
        tx.state.external += _attached(plan.attachments)
        for attachment in plan.edit.attachments.values():
            contents.keep(tx, attachment)
        contents.use(tx, key, {facts["digest"] for facts in plan.attachments.values()})
    return key


def _written(attachments: bytes) -> int:
    """What written facts say. Nothing where they are damaged: whoever forgets them loses nothing,
    and a size that is told too large harms nobody."""
    try:
        return _attached(records.attached("", attachments))
    except DamagedDocument:
        return 0


def _attached(attachments: Mapping[str, Mapping[str, Any]]) -> int:
    return sum(facts["length"] for facts in attachments.values())
