"""Why somebody may or may not read, edit or delete a document: the decision with its steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acl.decide import Action, Decision, may
from acl.effective import Access
from acl.names import Identity
from acl.readers import NOBODY, authors_of, names_of, readers_of

_ASKED: tuple[Action, ...] = ("read", "edit", "delete")


@dataclass(frozen=True)
class Listed:
    """One name in a Readers or Authors item; `fits` where it is one of the identity's names."""

    item: str
    name: str
    fits: bool


@dataclass(frozen=True)
class Branch:
    """One live branch of a document: who is listed there, and what comes of it.

    `restricted` where somebody is listed as reader; then the authors read it too.
    """

    rev: str
    restricted: bool
    public: bool
    readers: tuple[Listed, ...]
    authors: tuple[Listed, ...]
    read: Decision


@dataclass(frozen=True)
class Explanation:
    """`decisions` for read, edit and delete; with several branches all of them must let one read.

    `refused` are the branches that do not.
    """

    access: Access
    branches: tuple[Branch, ...]
    decisions: Mapping[Action, Decision]

    @property
    def refused(self) -> tuple[Branch, ...]:
        return tuple(branch for branch in self.branches if not branch.read)


def explain(
    access: Access, identity: Identity, branches: Sequence[Mapping[str, Any]]
) -> Explanation:
    """The steps of the decision on a document, given its live branches, the winner first."""
    steps = tuple(_branch(access, identity, branch) for branch in branches)
    refused = next((step.read for step in steps if not step.read), None)
    winner = branches[0]
    decisions = {
        action: may(access, identity, action, winner, winner) if refused is None else refused
        for action in _ASKED
    }
    return Explanation(access, steps, decisions)


def _branch(access: Access, identity: Identity, doc: Mapping[str, Any]) -> Branch:
    names = names_of(identity, access)
    return Branch(
        rev=str(doc.get("_rev", "")),
        restricted=bool(readers_of(doc)),
        public=doc.get("public") is True,
        readers=_listed(doc, "readers", names),
        authors=_listed(doc, "authors", names),
        read=may(access, identity, "read", doc),
    )


def _listed(doc: Mapping[str, Any], kind: str, names: frozenset[str]) -> tuple[Listed, ...]:
    """The names item by item. What is malformed stands for a name that nobody has, as in
    `readers_of`."""
    items = doc.get(kind)
    if items is None:
        return ()
    if not isinstance(items, Mapping):
        return (Listed(kind, NOBODY, False),)
    return tuple(
        Listed(str(item), name, name in names)
        for item, value in items.items()
        for name in sorted(authors_of({"authors": {item: value}}))
    )
