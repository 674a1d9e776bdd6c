"""What changed in a database, by who may read it: so that a replica costs what changed for its
person.

Documents with the same readers are a group (`store.lite.groups`), as in the indexes. A document in
conflict is in the group of the readers of all its live branches, one that is deleted in that of all
its leaves.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from urllib.parse import quote

from acl import ACL_ID, Access, Identity, reader_set, readers_of
from plugin.runtime.designs.design import PUBLIC, Design
from store.api import Database
from store.errors import NotFound as Missing
from store.lite.groups import ChangesByGroup
from store.lite.groups_file import Placed
from store.types import Doc, Row

FOLDER = "changes"
FEW = 500
"""Identities whose readable groups are remembered."""
BARE = "b:"
"""The group of the access control list and of design documents."""
SEVERAL = "s:"
"""Begins the name of a group of documents with branches of different readers."""

Who = tuple[Access, Identity]
Allows = Callable[[Doc], bool]


class ReaderChanges:
    """The changes of one database by readers, kept in the data directory."""

    def __init__(self, data: Path, database: Database) -> None:
        self._database = database
        path = data / FOLDER / f"{quote(database.name, safe='')}.sqlite"
        self._changes = ChangesByGroup(path, database, self._placed)
        self._lock = threading.Lock()
        self._readable: dict[Who, tuple[object, Design, frozenset[str]]] = {}

    def level(self) -> ChangesByGroup:
        """The changes, as of now."""
        self._changes.follow()
        return self._changes

    def readable(self, who: Who, design: Design, allows: Allows) -> frozenset[str]:
        """The groups all of whose documents `allows` lets through. The answer is remembered for
        `who` while there is no new group and no new design."""
        groups = self._changes.groups()
        with self._lock:
            known = self._readable.get(who)
        if known is not None and known[0] is groups and known[1] is design:
            return known[2]
        found = frozenset(name for name, told in groups.items() if all(map(allows, told)))
        with self._lock:
            if len(self._readable) >= FEW:
                self._readable.clear()
            self._readable[who] = (groups, design, found)
        return found

    def close(self) -> None:
        """Close the file."""
        self._changes.close()

    def _placed(self, row: Row) -> Placed:
        branches = [row["doc"]] if len(row["changes"]) == 1 else self._branches(row)
        told = {group_name(branch): _told(branch) for branch in branches}
        former = {name for branch in branches for name in _former(branch)}
        if len(told) > 1:
            former |= told.keys()
        return Placed(_joined(told), list(told.values()), tuple(former))

    def _branches(self, row: Row) -> list[Doc]:
        """The live leaves, or all where none lives."""
        try:
            found = self._database.open_revs(row["id"], "all")
        except Missing:  # purged just now
            return [row["doc"]]
        leaves = [entry["ok"] for entry in found if "ok" in entry]
        return [leaf for leaf in leaves if not leaf.get("_deleted")] or leaves


def has_news(changes: ChangesByGroup, groups: Collection[str], number: int) -> bool:
    """Whether a document of these groups changed after the place, or was taken out of one."""
    return bool(changes.since(groups, number, 1).rows) or bool(changes.left(groups, number))


def group_name(branch: Doc) -> str:
    """The group of a document with this body alone: all that `readable` looks at is in it."""
    if _is_bare(branch):
        return BARE
    name = reader_set({items: branch.get(items) for items in ("readers", "authors")})
    return _public(branch, name) if branch.get("public") is True else name


def _public(branch: Doc, name: str) -> str:
    """Public documents are told apart by form, since a form decides whether the mark counts."""
    return f"{PUBLIC}{branch.get('form')}:{name}"


def _told(branch: Doc) -> Doc:
    """What the right to replicate depends on."""
    if _is_bare(branch):
        return {"_id": ACL_ID}
    told: Doc = {"readers": {"all": sorted(readers_of(branch))}}
    if branch.get("public") is True:
        told |= {"public": True, "form": branch.get("form")}
    return told


def _is_bare(branch: Doc) -> bool:
    return branch["_id"] == ACL_ID or str(branch["_id"]).startswith("_design/")


def _joined(names: Iterable[str]) -> str:
    ordered = sorted(names)
    if len(ordered) == 1:
        return ordered[0]
    return SEVERAL + hashlib.sha256(json.dumps(ordered).encode()).hexdigest()[:22]


def _former(branch: Doc) -> set[str]:
    """Groups that the document was in, as far as it tells; it may have been public then."""
    told = branch.get("former_readers")
    names = set(map(str, told)) if isinstance(told, list) else set[str]()
    return names | {_public(branch, name) for name in names}
