"""Which documents of a database one person may replicate."""

from collections.abc import Callable

from acl import ACL_ID, Access, Identity, may
from store.api import Database
from store.errors import NotFound as Missing
from store.types import Doc, Row


class Visibility:
    """Decides by the current state of the database; a conflict is visible where all its live
    branches are (acl.md, "Readers and Authors items")."""

    def __init__(
        self,
        inner: Database,
        access: Access,
        identity: Identity,
        shown: Callable[[Doc], Doc] = lambda doc: doc,
    ) -> None:
        """`shown` gives a document as it is decided about (`Context.shown`)."""
        self._inner = inner
        self._access = access
        self._identity = identity
        self._shown = shown

    def allows(self, doc: Doc) -> bool:
        """Whether this body alone may be replicated. The list and the design come with whatever
        else: without them a replica of public documents could not be opened."""
        bare = doc.get("_id") == ACL_ID or str(doc.get("_id", "")).startswith("_design/")
        wanted = None if bare else self._shown(doc)
        return bool(may(self._access, self._identity, "replicate", wanted))

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
