"""Which documents of a database one person may replicate."""

from collections.abc import Mapping
from typing import Any

from acl import Access, Identity, may
from store.api import Database
from store.errors import NotFound as Missing
from store.types import Doc, Row


class Visibility:
    """Decides by the current state of the database; a conflict is visible where all its live
    branches are (acl.md, "Readers and Authors items")."""

    def __init__(self, inner: Database, access: Access, identity: Identity) -> None:
        self._inner = inner
        self._access = access
        self._identity = identity

    def allows(self, doc: Mapping[str, Any]) -> bool:
        """Whether this body alone may be replicated."""
        return bool(may(self._access, self._identity, "replicate", doc))

    def allows_change(self, row: Row) -> bool:
        """Whether a row of `_changes` (with `doc` and `_conflicts`) may be told."""
        doc = row["doc"]
        if not self.allows(doc):
            return False
        return not doc.get("_conflicts") or all(map(self.allows, self.branches(row["id"])))

    def shows(self, docid: str) -> bool:
        """Whether the document is there for the person. A deleted one is, to those who read it."""
        try:
            doc = self._inner.get(docid, conflicts=True)
        except Missing:
            return self._shows_deleted(docid)
        if not self.allows(doc):
            return False
        return not doc.get("_conflicts") or all(map(self.allows, self.branches(docid)))

    def require(self, docid: str) -> None:
        """Raises the store's NotFound, in the words for a document that is missing."""
        if not self.shows(docid):
            raise Missing("missing")

    def branches(self, docid: str) -> list[Doc]:
        """The live leaves of a document; none where it is deleted or missing."""
        return [doc for doc in self.leaves(docid) if not doc.get("_deleted")]

    def leaves(self, docid: str) -> list[Doc]:
        """All leaves, tombstones included."""
        try:
            found = self._inner.open_revs(docid, "all")
        except Missing:
            return []
        return [entry["ok"] for entry in found if "ok" in entry]

    def _shows_deleted(self, docid: str) -> bool:
        leaves = self.leaves(docid)
        return bool(leaves) and all(map(self.allows, leaves))


def without_conflicts(doc: Doc) -> Doc:
    """The document as it was stored, without the list of its conflicts."""
    return {name: value for name, value in doc.items() if name != "_conflicts"}
