"""Which documents of a database one person may replicate."""

from collections.abc import Collection

from acl import ACL_ID, may
from plugin.runtime.context import Context
from plugin.runtime.listings.reader_changes import group_name
from store.errors import NotFound as Missing
from store.types import Doc, Row


class Visibility:
    """Decides by the current state of the database; a conflict is visible where all its live
    branches are (acl.md, "Readers and Authors items")."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._inner = context.reading
        self.changes = context.office.reader_changes(context.name)
        self._known: frozenset[str] = frozenset()

    def allows(self, doc: Doc) -> bool:
        """Whether this body alone may be replicated: decided once for all with the same readers,
        where these are a group."""
        return group_name(doc) in self._known or self._decide(doc)

    def _decide(self, doc: Doc) -> bool:
        """The list and the design come with whatever else: without them a replica of public
        documents could not be opened."""
        bare = doc.get("_id") == ACL_ID or str(doc.get("_id", "")).startswith("_design/")
        wanted = None if bare else self._context.shown(doc)
        return bool(may(self._context.access, self._context.identity, "replicate", wanted))

    def allows_change(self, row: Row) -> bool:
        """Whether a row of `_changes` (with `doc` and `_conflicts`) may be told."""
        doc = row["doc"]
        if not self.allows(doc):
            return False
        return not doc.get("_conflicts") or all(map(self.allows, self.branches(row["id"])))

    def groups(self) -> frozenset[str]:
        """The groups of `changes` whose documents may be replicated, as of its last look."""
        context = self._context
        who = (context.access, context.identity)
        self._known = self.changes.readable(who, context.design, self._decide)
        return self._known

    def shown(self, docids: Collection[str]) -> set[str]:
        """Those of the documents that are there for the person. A deleted one is, to those who read
        it."""
        found = self.changes.level().group_of(docids)
        readable = self.groups()
        return {docid for docid, group in found.items() if group in readable}

    def shows(self, docid: str) -> bool:
        """Whether the document is there for the person."""
        return docid in self.shown([docid])

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


def without_conflicts(doc: Doc) -> Doc:
    """The document as it was stored, without the list of its conflicts."""
    return {name: value for name, value in doc.items() if name != "_conflicts"}
