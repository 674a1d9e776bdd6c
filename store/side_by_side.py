"""Two databases that should be alike, read side by side: what differs, in plain sentences."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from store.api import Database
from store.errors import DamagedDocument
from store.types import ChangesOptions, Doc, Json, Row, Seq

PAGE = 200
TOLD = 100
"""Differences that are told one by one."""

Leaf = tuple[str, str]
"""(id, revision)"""


@dataclass(frozen=True)
class Compared:
    """What was read of the first, and how the second differs; `more` differences are not told."""

    documents: int
    revisions: int
    attachments: int
    differences: tuple[str, ...]
    more: int = 0


def compare(
    first: Database, second: Database, read: Callable[[int], None] = lambda documents: None
) -> Compared:
    """Compare every leaf revision with its body and the digests of its attachments, the numbers of
    documents, the security object and `_revs_limit`. `read` is told the documents so far.

    Where digests differ, the bytes decide: a CouchDB zips what it is given, and tells the digest of
    the zipped bytes.
    """
    comparing = _Comparing(first, second)
    comparing.as_a_whole()
    for rows in _pages(first):
        comparing.page(rows)
        read(comparing.documents)
    for rows in _pages(second):
        comparing.surplus(rows)
    told = tuple(comparing.differences[:TOLD])
    return Compared(
        comparing.documents,
        comparing.revisions,
        comparing.attachments,
        told,
        len(comparing.differences) - len(told),
    )


class _Comparing:
    """A comparison under way."""

    def __init__(self, first: Database, second: Database) -> None:
        self._first = first
        self._second = second
        self.documents = self.revisions = self.attachments = 0
        self.differences: list[str] = []

    def as_a_whole(self) -> None:
        numbers = [(info["doc_count"], info["doc_del_count"])
                   for info in (self._first.info(), self._second.info())]  # fmt: skip
        for what, one, other in zip(("documents", "deleted documents"), *numbers, strict=True):
            if one != other:
                self.differences.append(f"There are {one} {what}, and {other} in the copy.")
        if self._first.security() != self._second.security():
            self.differences.append("The security objects differ.")
        if self._first.revs_limit() != self._second.revs_limit():
            self.differences.append("The revs limits differ.")

    def page(self, rows: Sequence[Row]) -> None:
        """Everything that the first has."""
        leaves = [(row["id"], change["rev"]) for row in rows for change in row["changes"]]
        (ours, damaged), (theirs, broken) = (
            _read(side, leaves) for side in (self._first, self._second)
        )
        self.differences += damaged
        self.differences += [f"In the copy: {reason}" for reason in broken]
        self.documents += sum(not row.get("deleted", False) for row in rows)
        for leaf in leaves:
            one, other = ours.get(leaf), theirs.get(leaf)
            if one is None:
                continue  # replaced since the page was read
            self.revisions += 1
            if other is None:
                self.differences.append(f"{leaf[0]} {leaf[1]} is missing in the copy.")
            else:
                self._revision(leaf, one, other)

    def surplus(self, rows: Sequence[Row]) -> None:
        """What the second has and the first has not."""
        asked = {row["id"]: [change["rev"] for change in row["changes"]] for row in rows}
        for docid, found in self._first.revs_diff(asked).items():
            for rev in found["missing"]:
                self.differences.append(f"{docid} {rev} is in the copy alone.")

    def _revision(self, leaf: Leaf, one: Doc, other: Doc) -> None:
        if _body(one) != _body(other):
            self.differences.append(f"{leaf[0]} {leaf[1]} has another content in the copy.")
        files, others = (doc.get("_attachments", {}) for doc in (one, other))
        if set(files) != set(others):
            self.differences.append(f"{leaf[0]} {leaf[1]} has other attachments in the copy.")
            return
        for name, stub in files.items():
            self.attachments += 1
            if not self._same_bytes(leaf, name, stub, others[name]):
                self.differences.append(f"{leaf[0]} {leaf[1]}: {name} differs in the copy.")

    def _same_bytes(
        self, leaf: Leaf, name: str, one: Mapping[str, Json], other: Mapping[str, Json]
    ) -> bool:
        if one["content_type"] != other["content_type"]:
            return False
        if one["digest"] == other["digest"]:
            return True
        return _digest(self._first, leaf, name) == _digest(self._second, leaf, name)


def _pages(database: Database) -> Iterator[list[Row]]:
    since: Seq = 0
    while True:
        page = database.changes(ChangesOptions(since=since, limit=PAGE, style="all_docs"))
        if page["results"]:
            yield page["results"]
        if not page["results"] or page.get("pending") == 0:
            return
        since = page["last_seq"]


def _read(database: Database, leaves: Sequence[Leaf]) -> tuple[dict[Leaf, Doc], list[str]]:
    """Those of the leaves that are still there, and what is said of those that cannot be read."""
    answer = database.bulk_get([{"id": docid, "rev": rev} for docid, rev in leaves])
    entries = [entry for result in answer["results"] for entry in result["docs"]]
    found = [entry["ok"] for entry in entries if "ok" in entry]
    damaged = [entry["error"]["reason"] for entry in entries
               if entry.get("error", {}).get("error") == DamagedDocument.error]  # fmt: skip
    return {(doc["_id"], doc["_rev"]): doc for doc in found}, damaged


def _body(doc: Doc) -> dict[str, Any]:
    return {name: value for name, value in doc.items() if name != "_attachments"}


def _digest(database: Database, leaf: Leaf, name: str) -> str:
    docid, rev = leaf
    digest = hashlib.sha256()
    for piece in database.get_attachment(docid, name, rev=rev).pieces():
        digest.update(piece)
    return digest.hexdigest()
