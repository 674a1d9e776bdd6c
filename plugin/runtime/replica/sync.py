"""One database of a laptop brought level with the office: rights, pull, merge, push.

Every step can be cut and done again: rights are confirmed by a state that is stored only after
they were carried out, pull and push have CouchDB's checkpoints, merging is deterministic.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from acl import ACL_ID
from plugin.runtime.designs.design import DESIGN_ID
from plugin.runtime.errors import Stopped
from plugin.runtime.replica.dating import corrected
from plugin.runtime.replica.deciding import reset
from plugin.runtime.replica.merging import Forms, ask, settle_all, unknown
from plugin.runtime.replica.part import Part
from plugin.runtime.replica.receipts import Receipts
from plugin.runtime.replica.remote import Remote
from plugin.runtime.replica.returning import Keeper, Returns, fetch, leaves_of, writer
from plugin.runtime.replica.review import OVERRULED, REFUSED
from plugin.runtime.replica.subset import WHOLE, Subset
from store.api import Database, Server
from store.errors import NotFound
from store.replication import Cancel, Progress, Summary, agree, replicate
from store.types import ChangesOptions, Doc, Seq, ViewOptions

STATE_ID = "_local/replica"
PAGE = 1000

Show = Callable[[str, Progress], None]
"""("pull" or "push", how far it is)"""


@dataclass
class Synced:
    """What a sync of one database did. `refused` (with id and reason) and `review` (ids) are lists
    for a person to look at.
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

    @property
    def moved(self) -> bool:
        """Whether anything is other than before."""
        counts = (self.pulled, self.pushed, self.removed, self.merged)
        return any(counts) or bool(self.refused)

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
        keeper: Keeper,
        receipts: Receipts,
        now: str,
        cancel: Cancel | None = None,
        forms: Forms = unknown,
        subset: Subset = WHOLE,
    ) -> None:
        """`now` is the office's time."""
        self.now = now
        self.forms = forms
        self.local = local
        self.office = office
        self.remote = remote
        self.replica_id = replica_id
        self.keeper = keeper
        self.receipts = receipts
        self.returns = Returns(keeper, local, office)
        self.cancel = cancel
        self.subset = subset

    def run(self, show: Show = lambda step, progress: None) -> Synced:
        """Both ways once. Raises Unreachable, Revoked, Stopped, or store errors; going on later is
        safe."""
        done = Synced(self.local.name)
        state = read_state(self.local)
        rights = self.remote.rights(self.local.name, state.get("rights"))
        done.removed = self._remove(rights["lost"])
        part = Part(self.local, self.subset, state.get("kept", {}), self._write_kept)
        part.begin(self.remote, self._edited)
        first = "rights" not in state
        done.pulled, done.there = self._pull(part, first, show)
        if first:
            self._pass_over(done.pulled)
        ids = [*rights["gained"], *part.entered]
        bare = not self.subset.attachments
        done.pulled += fetch(self.local, self.office, ids, part.keeping().keeps, bare=bare)
        self._put_times_right(state.get("office_at", ""))
        self._write_state(rights=rights["state"], there=done.there, office_at=self.now)
        self.receipts.finish(self.local.name)
        done.merged, done.conflicts = self._settle(first)
        done.pushed, done.here = self._push(show)
        done.refused = self.returns.still_refused()
        self._restore_acl()
        kept = self.keeper.folder.all(self.local.name)
        done.review = sorted({edit.id for edit in kept if edit.why != REFUSED})
        done.removed += part.end(done.there, self._edited)
        return done

    def _pass_over(self, pulled: int) -> None:
        """Offer the office nothing of its own back. All that is here up to the design came from it
        where the pull made every change, one for each document: without a design nobody makes one.
        """
        info, asked = self.local.info(), ChangesOptions(filter="_doc_ids", doc_ids=(DESIGN_ID,))
        design = self.local.changes(asked)["results"]
        if design and info["update_seq"] == info["doc_count"] + info["doc_del_count"] == pulled:
            seq = design[0]["seq"]
            agree(self.local, self.office, replication_id=self._push_id, seq=seq)
            self._write_state(pushed_seq=seq)

    @property
    def _push_id(self) -> str:
        return f"{self.replica_id}-push"

    def _restore_acl(self) -> None:
        """A list that was altered here must not stand above the office's once it was refused: what
        Managers change there would not count here. The altered one is kept to be seen."""
        for edit in self.keeper.folder.all(self.local.name):
            if edit.id == ACL_ID and edit.why == REFUSED:
                self.keeper.folder.put(replace(edit, why=OVERRULED))
                reset(self.local, self.office, edit)

    def _push(self, show: Show) -> tuple[int, Seq]:
        def note(progress: Progress) -> None:
            self.returns.note(progress.newly_refused)
            show("push", progress)

        pushed = replicate(
            self.local,
            self.office,
            replication_id=self._push_id,
            progress=note,
            cancel=self.cancel,
        )
        _demand_whole(pushed)
        self._forget_handed_over(pushed.last_seq)
        self._write_state(pushed_seq=pushed.last_seq, pending=[])
        return pushed.counts.written, pushed.last_seq

    def _forget_handed_over(self, pushed: Seq) -> None:
        """Forget what the person wrote here for other readers: the office never saw it as it was
        when he read it, so it cannot tell that it was lost. What he saved after `pushed` stays, for
        the next push."""
        kept = self.keeper.folder.all(self.local.name)
        sent = sorted(self._unsent() - {edit.id for edit in kept if edit.why == REFUSED})
        leaves = {docid: leaves_of(self.local, docid) for docid in sent}
        moved = [one for one in sent if any(leaf.get("former_readers") for leaf in leaves[one])]
        if not moved:
            return
        rows = self.office.all_docs(ViewOptions(keys=tuple(moved)))["rows"]
        shown = {row.get("id") for row in rows}
        later = {row["id"] for row in self.local.changes(ChangesOptions(since=pushed))["results"]}
        for docid in moved:
            if docid not in shown | later:
                self.local.purge({docid: [leaf["_rev"] for leaf in leaves[docid]]})

    def _pull(self, part: Part, first: bool, show: Show) -> tuple[int, Seq]:
        """The first time without `validate_doc_update`: the office has checked all of it."""
        era = f"-{part.era}" if part.era else ""
        pulled = replicate(
            self.office,
            self.local,
            replication_id=f"{self.replica_id}-pull{era}",
            options=replace(part.options, designs_last=first),
            progress=lambda progress: show("pull", progress),
            cancel=self.cancel,
        )
        _demand_whole(pulled)
        return pulled.counts.written, pulled.last_seq

    def _unsent(self) -> set[str]:
        """Ids of documents that hold an edit of the person which was never sent."""
        state = read_state(self.local)
        mine = written_since(self.local, state.get("pushed_seq", 0), self.keeper.person)
        return {doc["_id"] for doc in mine} | set(state.get("pending", []))

    def _edited(self) -> set[str]:
        """The same with those that were refused: what the office does not have."""
        kept = self.keeper.folder.all(self.local.name)
        return self._unsent() | {edit.id for edit in kept if edit.why == REFUSED}

    def _remove(self, lost: Iterable[str]) -> int:
        """Forget what the person may no longer read. An edit that waits here is kept for review."""
        hashes = set(lost)
        if not hashes:
            return 0
        removed = 0
        edited = self._edited()
        here = [docid for docid in ids_of(self.local) if hashed(docid) in hashes]
        self.receipts.begin(self.local.name, hashes, map(hashed, here))
        for docid in here:
            while leaves := leaves_of(self.local, docid):  # again where he saves at this moment
                if any(writer(leaf) == self.keeper.person for leaf in leaves):
                    edited = edited if docid in edited else self._edited()
                if docid in edited:
                    self.keeper.take(self.local, docid, leaves)
                self.local.purge({docid: [leaf["_rev"] for leaf in leaves]})
            removed += 1
        return removed

    def _settle(self, cloned: bool) -> tuple[int, int]:
        """Merge; who saved last is then perhaps somebody else, so what is mine is noted first. What
        a form lets go without a question, its person finds among the kept edits."""
        pending = sorted(self._unsent())
        if pending != read_state(self.local).get("pending", []):
            self._write_state(pending=pending)
        self._ask()
        return settle_all(self.local, self.forms, self.keeper.overrule, indexed=not cloned)

    def _put_times_right(self, since: str) -> None:
        """Where this laptop's clock was wrong, what was written since the last sync says so no
        more: the office takes no times that cannot be."""
        for docid in sorted(self._unsent()):
            for leaf in leaves_of(self.local, docid):
                if writer(leaf) == self.keeper.person:
                    new = corrected(leaf, self.keeper.person, since, self.now)
                    self.local.bulk_docs([new] if new else [])

    def _ask(self) -> None:
        """Note deletions that met an edit, one of them the person's own; others are the office's to
        note, and who may only read could not send it."""
        since = read_state(self.local).get("pushed_seq", 0)
        for page in self.local.changes_pages(ChangesOptions(since=since, style="all_docs")):
            for row in page["results"]:
                leaves = leaves_of(self.local, row["id"]) if len(row["changes"]) > 1 else []
                ends = [leaf for leaf in leaves if leaf.get("_deleted")]
                own = any(writer(leaf) == self.keeper.person for leaf in leaves)
                if own and 0 < len(ends) < len(leaves):
                    ask(self.local, row["id"], self.forms)

    def _write_kept(self, kept: dict[str, Any]) -> None:
        self._write_state(kept=kept)

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


def states_of(local: Server) -> dict[str, str]:
    """What the office is told at the next sync, by database: those that had a whole one before."""
    states = {name: read_state(local.database(name)).get("rights") for name in local.all_dbs()}
    return {name: state for name, state in states.items() if state is not None}


def at_rest(local: Database, keeper: Keeper) -> Synced | None:
    """The outcome of a sync of a database where nothing is new at the office; None where something
    is to be sent, or to be asked for again."""
    state, here = read_state(local), local.info()["update_seq"]
    edits = keeper.folder.all(local.name)
    if state.get("pushed_seq") != here or any(edit.why == REFUSED for edit in edits):
        return None
    return Synced(
        local.name,
        conflicts=state.get("conflicts", 0),
        review=sorted({edit.id for edit in edits}),
        here=here,
        there=state["there"],
    )


def written_since(database: Database, seq: Any, person: str) -> Iterator[Doc]:
    """What the laptop's person wrote since the last push: one version of each document.

    After a whole sync these are all that changed; after one that was cut, documents that the cut
    pull brought are told apart by who wrote them last. What it brought may have won over what the
    person wrote.
    """
    options = ChangesOptions(since=seq, include_docs=True, style="all_docs")
    for row in database.changes(options)["results"]:
        others = leaves_of(database, row["id"]) if len(row["changes"]) > 1 else []
        leaves = [row["doc"], *(leaf for leaf in others if not leaf.get("_deleted"))]
        own = next((leaf for leaf in leaves if writer(leaf) == person), None)
        if own is not None:
            yield own


def hashed(docid: str) -> str:
    """An id as `rights` tells it: whoever does not have the document learns nothing from it."""
    return hashlib.sha256(docid.encode()).hexdigest()[:32]


def without_underscores(doc: Doc) -> Doc:
    """A document's own items, for keeping it inside another."""
    return {name: value for name, value in doc.items() if not name.startswith("_")}


def ids_of(database: Database) -> list[str]:
    """The ids of all documents, page by page."""
    ids: list[str] = []
    options = ViewOptions(limit=PAGE)
    while True:
        rows = database.all_docs(options)["rows"]
        ids += [row["id"] for row in rows]
        if len(rows) < PAGE:
            return ids
        options = ViewOptions(limit=PAGE, startkey=ids[-1], skip=1)
