"""One database of a laptop brought level with the office: rights, pull, merge, push.

Every step can be cut and done again: rights are confirmed by a state that is stored only after
they were carried out, pull and push have CouchDB's checkpoints, merging is deterministic.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from plugin.runtime.errors import Stopped
from plugin.runtime.replica.merging import Wishes, settle_all, usual
from plugin.runtime.replica.remote import Remote
from store.api import Database
from store.errors import NotFound
from store.replication import Cancel, Progress, Summary, replicate
from store.types import ChangesOptions, Doc, Seq, ViewOptions

STATE_ID = "_local/replica"
REVIEW_PREFIX = "_local/review-"
PAGE = 1000

Show = Callable[[str, Progress], None]
"""("pull" or "push", how far it is)"""


@dataclass
class Synced:
    """What a sync of one database did. `refused` and `review` are lists for a person to look at.
    `here` and `there` are how far it came in the changes of the laptop and of the office."""

    database: str
    pulled: int = 0
    pushed: int = 0
    removed: int = 0
    merged: int = 0
    conflicts: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    review: list[str] = field(default_factory=list)
    here: Seq = 0
    there: Seq = 0

    def to_json(self) -> dict[str, Any]:
        told = asdict(self)
        del told["here"], told["there"]
        return told


class DatabaseSync:
    """`local` and `office` are handles of the same database here and at the office."""

    def __init__(
        self,
        local: Database,
        office: Database,
        remote: Remote,
        replica_id: str,
        person: str,
        cancel: Cancel | None = None,
        wishes: Wishes = usual,
    ) -> None:
        self.wishes = wishes
        self.local = local
        self.office = office
        self.remote = remote
        self.replica_id = replica_id
        self.person = person
        self.cancel = cancel

    def run(self, show: Show = lambda step, progress: None) -> Synced:
        """Both ways once. Raises Unreachable, Revoked, Stopped, or store errors; going on later is
        safe."""
        state = read_state(self.local)
        done = Synced(self.local.name, review=list(state.get("review", [])))
        mine = written_since(self.local, state.get("pushed_seq", 0), self.person)
        edited = {doc["_id"] for doc in mine}
        rights = self.remote.rights(self.local.name, state.get("rights"))
        done.removed = self._remove(rights["lost"], edited, done.review)
        done.pulled, done.there = self._pull(show)
        done.pulled += self._fetch(rights["gained"])
        self._write_state(rights=rights["state"])
        done.merged, done.conflicts = settle_all(self.local, self.wishes)
        done.pushed, done.here = self._push(show)
        done.refused = self._still_refused()
        return done

    def _push(self, show: Show) -> tuple[int, Seq]:
        def note(progress: Progress) -> None:
            # At once: an error later in the push must not make these forgotten.
            if progress.newly_refused:
                known = {entry["id"]: entry for entry in read_state(self.local).get("refused", [])}
                known |= {refused.id: asdict(refused) for refused in progress.newly_refused}
                self._write_state(refused=list(known.values()))
            show("push", progress)

        pushed = replicate(
            self.local,
            self.office,
            replication_id=f"{self.replica_id}-push",
            progress=note,
            cancel=self.cancel,
        )
        _demand_whole(pushed)
        self._write_state(pushed_seq=pushed.last_seq)
        return pushed.counts.written, pushed.last_seq

    def _still_refused(self) -> list[dict[str, Any]]:
        """What was refused and is still not at the office."""
        refused = read_state(self.local).get("refused", [])
        left = [entry for entry in refused if self._differs(entry["id"])]
        if left != refused:
            self._write_state(refused=left)
        return left

    def _pull(self, show: Show) -> tuple[int, Seq]:
        pulled = replicate(
            self.office,
            self.local,
            replication_id=f"{self.replica_id}-pull",
            progress=lambda progress: show("pull", progress),
            cancel=self.cancel,
        )
        _demand_whole(pulled)
        return pulled.counts.written, pulled.last_seq

    def _differs(self, docid: str) -> bool:
        """Whether the office lacks a live revision that is here."""
        leaves = _leaves(self.local, docid)
        revs = [leaf["_rev"] for leaf in leaves]
        return bool(revs) and bool(self.office.revs_diff({docid: revs}))

    def _remove(self, lost: Iterable[str], edited: set[str], review: list[str]) -> int:
        """Forget what the person may no longer read. An edit that waits here is kept for review."""
        hashes = set(lost)
        if not hashes:
            return 0
        removed = 0
        for docid in [docid for docid in _ids(self.local) if hashed(docid) in hashes]:
            leaves = _leaves(self.local, docid)
            if docid in edited and docid not in review:
                self._keep_for_review(docid, leaves)
                review.append(docid)
                self._write_state(review=review)
            self.local.purge({docid: [leaf["_rev"] for leaf in leaves]})
            removed += 1
        return removed

    def _keep_for_review(self, docid: str, leaves: list[Doc]) -> None:
        name = REVIEW_PREFIX + hashed(docid)
        kept = {
            "_id": name,
            "document": docid,
            "branches": [without_underscores(leaf) for leaf in leaves],
        }
        try:
            kept["_rev"] = self.local.get_local(name)["_rev"]
        except NotFound:
            kept.pop("_rev", None)
        self.local.put_local(kept)

    def _fetch(self, ids: list[str]) -> int:
        """Bring documents that became readable although they did not change."""
        fetched = 0
        for docid in ids:
            try:
                found = self.office.open_revs(docid, "all", with_revs=True, attachments=True)
            except NotFound:
                continue
            branches = [entry["ok"] for entry in found if "ok" in entry]
            revs = [branch["_rev"] for branch in branches]
            if self.local.revs_diff({docid: revs}):
                self.local.bulk_docs(branches, new_edits=False)
                fetched += 1
        return fetched

    def _write_state(self, **values: Any) -> dict[str, Any]:
        state = read_state(self.local) | values
        self.local.put_local({"_id": STATE_ID, **state})
        return state


def _demand_whole(summary: Summary) -> None:
    """Raises Stopped where a run was cancelled: what comes next needs all of it."""
    if not summary.complete:
        raise Stopped()


def read_state(local: Database) -> dict[str, Any]:
    """What this laptop remembers of its last sync of a database; empty before the first."""
    try:
        return local.get_local(STATE_ID)
    except NotFound:
        return {}


def written_since(database: Database, seq: Any, person: str) -> Iterator[Doc]:
    """Documents that the laptop's person wrote since the last push.

    After a whole sync these are all that changed; after one that was cut, documents that the cut
    pull brought are told apart by who wrote them last.
    """
    for row in database.changes(ChangesOptions(since=seq, include_docs=True))["results"]:
        if _writer(row["doc"]) == person:
            yield row["doc"]


def hashed(docid: str) -> str:
    """An id as `rights` tells it: whoever does not have the document learns nothing from it."""
    return hashlib.sha256(docid.encode()).hexdigest()[:32]


def without_underscores(doc: Doc) -> Doc:
    """A document's own items, for keeping it inside another."""
    return {name: value for name, value in doc.items() if not name.startswith("_")}


def _writer(doc: Doc) -> Any:
    updated = doc.get("updated")
    return updated.get("by") if isinstance(updated, dict) else None


def _leaves(database: Database, docid: str) -> list[Doc]:
    try:
        found = database.open_revs(docid, "all")
    except NotFound:
        return []
    return [entry["ok"] for entry in found if "ok" in entry]


def _ids(database: Database) -> list[str]:
    ids: list[str] = []
    options = ViewOptions(limit=PAGE)
    while True:
        rows = database.all_docs(options)["rows"]
        ids += [row["id"] for row in rows]
        if len(rows) < PAGE:
            return ids
        options = ViewOptions(limit=PAGE, startkey=ids[-1], skip=1)
