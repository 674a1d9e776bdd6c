"""What is to be done to the design of one database, and the record of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from plugin.runtime.designs.customising import DOCUMENTS, Documents, Upgrade, still, upgrade
from plugin.runtime.designs.design import INDEX_ID
from plugin.runtime.designs.first_documents import DOCUMENTS as FIRST
from plugin.runtime.designs.first_documents import due, items_by_id
from plugin.runtime.designs.shipped import SHIPPED_ID, Shipped
from plugin.runtime.designs.threeway import Place, merge, remembered, same
from store.api import Database
from store.deploy import Swap, content
from store.errors import Conflict, NotFound
from store.types import Doc, Row, ViewOptions

TWO_BRANCHES = "changed differently on two machines"


@dataclass(frozen=True)
class Standing:
    """The design documents of a database as they are. `branches` are the losing ones of conflicts:
    two Designers, or a Designer and a deployment, that did not see each other's change."""

    db: Database
    documents: Documents
    revs: Mapping[str, str]
    shipped: Shipped
    branches: tuple[Doc, ...] = ()

    @classmethod
    def of(cls, db: Database) -> "Standing":
        options = ViewOptions(keys=(*DOCUMENTS, SHIPPED_ID), include_docs=True, conflicts=True)
        docs = {row["id"]: row["doc"] for row in db.all_docs(options)["rows"] if _is_live(row)}
        designs = [docs[docid] for docid in DOCUMENTS if docid in docs]
        branches = [
            db.get(doc["_id"], rev=rev) for doc in designs for rev in doc.get("_conflicts", ())
        ]
        return cls(
            db,
            {doc["_id"]: design_of(doc) for doc in designs},
            {docid: doc["_rev"] for docid, doc in docs.items()},
            Shipped.parse(docs.get(SHIPPED_ID, {})),
            tuple(branches),
        )

    def merged(self) -> tuple[Documents, tuple[Place, ...]]:
        """The documents with what their losing branches changed, and where branches differ."""
        documents = dict(self.documents)
        clashes: list[Place] = []
        for branch in self.branches:
            docid = branch["_id"]
            base = self.shipped.base.get(docid, {})
            both = merge(base, documents[docid], design_of(branch))
            documents[docid] = both.value
            clashes += both.clashes
        return documents, tuple(clashes)


@dataclass(frozen=True)
class Plan:
    """The documents that are to stand, and the record that is to be kept of it.

    `first` are shipped documents to be written beside the design. `newer` names what shipped here
    in a newer version: then all is to be left as it is.
    """

    standing: Standing
    documents: Documents
    record: Shipped
    first: tuple[Doc, ...] = ()
    newer: str | None = None
    put_back: tuple[Place, ...] = field(default=())

    @classmethod
    def of(
        cls,
        standing: Standing,
        new: Documents,
        release: Mapping[str, str],
        take: Iterable[Place] = (),
        broken: str | None = None,
        first: Sequence[Doc] = (),
        by: Mapping[str, str] = MappingProxyType({}),
    ) -> "Plan":
        """`first` are the documents that a module ships, `by` who writes them and when. With
        `broken`, the reason why the new views cannot be had, the views stay as they are."""
        newer = standing.shipped.newer_than(release)
        if newer is not None:
            return cls(standing, standing.documents, standing.shipped, newer=newer)
        shipped, (mine, apart) = standing.shipped, standing.merged()
        base = {**new, INDEX_ID: shipped.base.get(INDEX_ID, {})} if broken else new
        if broken:
            new = {**new, INDEX_ID: mine[INDEX_ID]}
        take = tuple(take)
        merged = upgrade(shipped.base, mine, new, take) if mine else Upgrade(new)
        clashes = _clashes(shipped, merged, new, dict.fromkeys(apart, TWO_BRANCHES))
        if broken:
            clashes[("views",)] = broken
        base = {**base, FIRST: items_by_id(first)}
        record = Shipped({**shipped.release, **release}, remembered(base), clashes)
        written = tuple(due(standing.db, first, shipped.base.get(FIRST), by))
        return cls(standing, merged.documents, record, written, put_back=merged.put_back)

    @property
    def swaps(self) -> list[Swap]:
        """The documents that have to be written."""
        standing = self.standing
        return [
            Swap(standing.db, {"_id": docid, **wanted}, standing.revs.get(docid))
            for docid, wanted in self.documents.items()
            if not same(standing.documents.get(docid, {}), wanted)
        ]

    def conclude(self) -> bool:
        """After the swap: end the branches that were merged, and write the record.

        False where another process wrote one of them meanwhile. Whatever stands there, the swapped
        documents merge with it to the same again.
        """
        db, known = self.standing.db, self.standing.revs.get(SHIPPED_ID)
        for branch in self.standing.branches:
            try:
                db.delete(branch["_id"], branch["_rev"])
            except (Conflict, NotFound):
                continue  # another process ended it
        for doc in self.first:
            try:
                db.put(doc)
            except Conflict:
                return False
        if self.newer or same(self.record.to_document(), self.standing.shipped.to_document()):
            return True
        try:
            db.put(self.record.to_document() | ({"_rev": known} if known else {}))
        except Conflict:
            return False
        return True


def design_of(doc: Mapping[str, Any]) -> Doc:
    """The design in a document, without what the store adds."""
    return {name: value for name, value in content(dict(doc)).items() if name != "_id"}


def _is_live(row: Row) -> bool:
    return row.get("doc") is not None and not row["value"].get("deleted")


def _clashes(
    shipped: Shipped, merged: Upgrade, new: Documents, apart: Mapping[Place, str]
) -> dict[Place, str]:
    """The known clashes that are still there, and the new ones."""
    known = {**shipped.clashes, **dict.fromkeys(merged.clashes, ""), **apart, **merged.refused}
    left = still(known, merged.documents, new)
    return {place: why for place, why in known.items() if place in left}
