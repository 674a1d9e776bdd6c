"""What of one database comes back from a sync: edits that were refused, taken away or overruled."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from plugin.runtime.messages import Message
from plugin.runtime.replica.review import OVERRULED, REFUSED, TAKEN, Edit, ReviewFolder
from store.api import Database
from store.errors import NotFound
from store.replication import Refused, left_behind
from store.types import Doc

GONE = Message("You may no longer read this document.")
NO_DATABASE = Message("You may not replicate this database any more.")
OVERRULING = Message("The form of this document lets the version with more saves behind it stand.")


@dataclass(frozen=True)
class Keeper:
    """Where the edits of a laptop are kept, by whom and when they were made up, and their titles
    `title(database, document)`."""

    folder: ReviewFolder
    person: str
    now: Callable[[], str]
    title: Callable[[str, Doc], str]

    def keep(
        self, why: str, reason: str, database: str, version: Doc, office: Doc | None = None
    ) -> None:
        title = self.title(database, version)
        self.folder.put(Edit(database, why, reason, self.now(), version, title, office))

    def take(
        self, local: Database, docid: str, leaves: Sequence[Doc], reason: Message = GONE
    ) -> None:
        """Keep the person's versions of a document that has to go, files included. Where somebody
        else's save was merged with his, that is the version."""
        live = [leaf for leaf in leaves if not leaf.get("_deleted")] or leaves
        own = [leaf for leaf in live if writer(leaf) == self.person] or live
        for leaf in own:
            whole = local.get(docid, rev=leaf["_rev"], revs=True, attachments=True)
            self.keep(TAKEN, str(reason), local.name, whole)

    def overrule(self, local: Database, docid: str, losers: Sequence[Doc]) -> None:
        """Keep the person's branches that the form of the document lets go."""
        for branch in losers:
            if writer(branch) == self.person:
                whole = local.get(docid, rev=branch["_rev"], revs=True, attachments=True)
                self.keep(OVERRULED, str(OVERRULING), local.name, whole)


class Returns:
    """The refused edits of one database, as the office is now."""

    def __init__(self, keeper: Keeper, local: Database, office: Database) -> None:
        self._keeper = keeper
        self._local = local
        self._office = office

    def note(self, refused: Iterable[Refused]) -> None:
        """Keep what was refused. At once: an error later in the push must not make it forgotten."""
        for one in refused:
            try:
                version = self._local.get(one.id, rev=one.rev, revs=True)
            except NotFound:  # the person wrote it anew meanwhile
                continue
            if version.get("merged"):  # the end of a branch, which goes with its merge
                continue
            self._keeper.keep(REFUSED, one.reason, self._local.name, version)

    def still_refused(self) -> list[dict[str, Any]]:
        """Let go of what was written anew or taken after all; `[{"id", "rev", "reason"}]` of the
        others. New ones get the office's version beside them."""
        edits = [one for one in self._keeper.folder.all(self._local.name) if one.why == REFUSED]
        here = {docid: leaves_of(self._local, docid) for docid in {one.id for one in edits}}
        revs = {docid: [leaf["_rev"] for leaf in leaves] for docid, leaves in here.items()}
        asked = {docid: found for docid, found in revs.items() if found}
        lacking = self._office.revs_diff(asked) if asked else {}
        left = []
        for edit in edits:
            if edit.rev not in lacking.get(edit.id, {}).get("missing", ()):
                self._keeper.folder.drop(edit)
                continue
            if edit.office is None and (theirs := self._theirs(edit.id)):
                self._keeper.folder.put(replace(edit, office=theirs))
            left.append({"id": edit.id, "rev": edit.rev, "reason": edit.reason})
        return left

    def _theirs(self, docid: str) -> Doc | None:
        try:
            return self._office.get(docid, revs=True)
        except NotFound:
            return None


def writer(doc: Doc) -> Any:
    """Who saved this version."""
    updated = doc.get("updated")
    return updated.get("by") if isinstance(updated, dict) else None


def leaves_of(database: Database, docid: str) -> list[Doc]:
    """All leaves, tombstones included; none where the document never was."""
    try:
        found = database.open_revs(docid, "all")
    except NotFound:
        return []
    return [entry["ok"] for entry in found if "ok" in entry]


def fetch(
    local: Database,
    office: Database,
    ids: Iterable[str],
    keeps: Callable[[Doc], bool] = lambda branch: True,
    *,
    bare: bool = False,
) -> int:
    """Bring documents as they are at the office although they did not change; how many came. One
    comes where a branch of it is kept; where it is to be bare, without the bytes attached."""
    fetched = 0
    for docid in ids:
        try:
            found = office.open_revs(docid, "all", with_revs=True, attachments=not bare)
        except NotFound:
            continue
        branches = [entry["ok"] for entry in found if "ok" in entry]
        revs = [branch["_rev"] for branch in branches]
        if any(map(keeps, branches)) and local.revs_diff({docid: revs}):
            written = map(left_behind, branches) if bare else branches
            local.bulk_docs(list(written), new_edits=False)
            fetched += 1
    return fetched
