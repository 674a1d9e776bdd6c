"""The revision tree of one document: plain data, no I/O (CouchDB: `couch_key_tree`).

A tree maps each known revision id to its node. A node whose parent is not known any more (stemmed,
or never sent) has the parent None, so there may be several roots. Functions return new trees.
A revision that is given with two different parents keeps the first: ids made from content cannot
have two.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from store.jsontext import trusted
from store.revisions import sort_key


class Node(NamedTuple):
    """One revision. `body` is where its body is kept, 0 where it is not (any more)."""

    parent: str | None
    deleted: bool
    body: int


Tree = dict[str, Node]


def leaves(tree: Tree) -> list[str]:
    """All leaves, the winner first: live before deleted, then higher generation, then hash."""
    if len(tree) == 1:
        return list(tree)
    parents = {node.parent for node in tree.values()}
    ends = [rev for rev in tree if rev not in parents]
    ends.sort(key=lambda rev: (not tree[rev].deleted, *sort_key(rev)), reverse=True)
    return ends


def winner(tree: Tree) -> str:
    """The revision that every machine shows. The tree must not be empty."""
    return leaves(tree)[0]


def path(tree: Tree, rev: str) -> list[str]:
    """`rev` and its known ancestors, newest first."""
    found = []
    at: str | None = rev
    while at is not None:
        found.append(at)
        at = tree[at].parent
    return found


def merge(tree: Tree, history: Sequence[str], *, deleted: bool, body: int) -> Tree:
    """The tree with a revision and its ancestors (`history`, newest first) grafted.

    A revision that is known keeps its body, or gets one where it had none; ancestors that were not
    known come without one.
    """
    merged = dict(tree)
    for place, rev in enumerate(history):
        parent = history[place + 1] if place + 1 < len(history) else None
        known = merged.get(rev)
        if known is None:
            merged[rev] = Node(parent, deleted and place == 0, 0 if place else body)
            continue
        if known.parent is None and parent is not None:
            known = known._replace(parent=parent)
        if place == 0 and not known.body:
            known = known._replace(deleted=deleted, body=body)
        merged[rev] = known
    return merged


def stem(tree: Tree, limit: int) -> Tree:
    """The tree without revisions that are `limit` or more generations above every leaf."""
    if len(tree) <= limit:
        return tree
    kept: set[str] = set()
    for leaf in leaves(tree):
        kept.update(path(tree, leaf)[:limit])
    if len(kept) == len(tree):
        return tree
    return {
        rev: node if node.parent in kept else node._replace(parent=None)
        for rev, node in tree.items()
        if rev in kept
    }


def descendants(tree: Tree, rev: str) -> list[str]:
    """The leaves at or below `rev`, the best first (`latest=true`)."""
    return [leaf for leaf in leaves(tree) if rev in path(tree, leaf)]


def without(tree: Tree, revs: Collection[str]) -> tuple[Tree, list[str]]:
    """The tree after purging these leaves with the ancestors that only they had, and which leaves
    those were. A revision that is no leaf is not purged."""
    ends = leaves(tree)
    gone = [leaf for leaf in ends if leaf in revs]
    kept: set[str] = set()
    for leaf in ends:
        if leaf not in revs:
            kept.update(path(tree, leaf))
    return {rev: node for rev, node in tree.items() if rev in kept}, gone


def without_old_bodies(tree: Tree) -> Tree:
    """The tree after compaction: only leaves have bodies."""
    ends = set(leaves(tree))
    return {rev: node if rev in ends else node._replace(body=0) for rev, node in tree.items()}


def bodies(tree: Tree) -> set[int]:
    """Where the bodies of all revisions are kept."""
    return {node.body for node in tree.values() if node.body}


def missing(tree: Tree, revs: Iterable[str]) -> tuple[list[str], list[str]]:
    """`_revs_diff` of one document: the revisions not known, and the leaves that may be their
    ancestors (those of a lower generation than the highest missing one)."""
    unknown = [rev for rev in revs if rev not in tree]
    highest = max((sort_key(rev)[0] for rev in unknown), default=0)
    return unknown, [leaf for leaf in leaves(tree) if sort_key(leaf)[0] < highest]


def dumps(tree: Tree) -> str:
    """The tree as JSON text: `[[rev, how many rows before its parent stands, deleted, body], …]`,
    by generation; 0 rows before means no parent."""
    place = {rev: at for at, rev in enumerate(sorted(tree, key=sort_key))}
    rows = []
    for rev, at in place.items():
        parent, deleted, body = tree[rev]
        rows.append([rev, 0 if parent is None else at - place[parent], int(deleted), body])
    return json.dumps(rows, separators=(",", ":"))


def loads(text: str) -> Tree:
    """The tree that `dumps` or `appended` wrote."""
    rows = trusted(text)
    return {
        rev: Node(rows[at - back][0] if back else None, bool(deleted), body)
        for at, (rev, back, deleted, body) in enumerate(rows)
    }


def planted(rev: str, *, deleted: bool, body: int) -> str:
    """The written tree of one revision."""
    return f'[["{rev}",0,{int(deleted)},{body}]]'


def appended(text: str, rev: str, *, deleted: bool, body: int, limit: int) -> tuple[str, list[int]]:
    """A written tree of one leaf with a revision added on that leaf, stemmed to `limit`, and the
    bodies of the revisions that went. Spares parsing: the leaf of such a tree is its last row."""
    first = [] if text == "[]" else [text[:-1]]
    back = 1 if first else 0
    text = ",".join([*first, f'["{rev}",{back},{int(deleted)},{body}]]'])
    text = text if first else "[" + text
    gone = []
    for _ in range(text.count("],[") + 1 - limit):
        end = text.index("],[")
        gone.append(json.loads(text[1 : end + 1])[3])
        rest = text[end + 2 :]
        text = "[" + rest.replace('",1,', '",0,', 1)
    return text, [key for key in gone if key]
