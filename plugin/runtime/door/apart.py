"""Deletions that met an edit made apart: the document stays, and a person is asked. Pure.

The winner says which in `deletions`, revision of the stub → `ASKED` or `KEPT`, so that listings and
replicas need open nothing else. It holds no name: who deleted it, and when, stands in the stub.
"""

from collections.abc import Iterable, Mapping
from typing import Any

ITEM = "deletions"
ASKED = "asked"
KEPT = "kept"

Raw = dict[str, Any]


def is_deletion(leaf: Mapping[str, Any]) -> bool:
    """Whether somebody deleted the document here; the end of a branch that was merged or settled
    says so (`merged`), and a foreign program's says nothing of who wrote it."""
    return bool(leaf.get("_deleted") and leaf.get("updated") and not leaf.get("merged"))


def known(doc: Mapping[str, Any]) -> Mapping[str, Any]:
    """Revision of the stub → answer. What a program pushed may be anything."""
    found = doc.get(ITEM)
    return found if isinstance(found, Mapping) else {}


def asked(doc: Mapping[str, Any]) -> tuple[str, ...]:
    """Revisions of the deletions that wait for an answer."""
    return tuple(sorted(rev for rev, answer in known(doc).items() if answer == ASKED))


def with_question(winner: Raw, stubs: Iterable[Mapping[str, Any]]) -> Raw | None:
    """The document with these deletions to be asked about; None where it knows all of them."""
    before = known(winner)
    new = {str(one["_rev"]): ASKED for one in stubs if is_deletion(one)}
    return {**winner, ITEM: {**new, **before}} if new.keys() - before.keys() else None


def kept(doc: Raw) -> Raw:
    """The document with all deletions answered: it stays."""
    return {**doc, ITEM: dict.fromkeys(known(doc), KEPT)}


def joined(branches: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What all branches know of deletions; an answer on one of them is an answer."""
    found: dict[str, str] = {}
    for branch in branches:
        for rev, answer in known(branch).items():
            found[rev] = KEPT if KEPT in (answer, found.get(rev)) else ASKED
    return dict(sorted(found.items()))
