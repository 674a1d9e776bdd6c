"""The part of a database that a laptop keeps: asked for, pulled, and what left it let go.

Everything can be cut and done again. A changed choice begins a new era, which is written down
first: it pulls from the beginning, so that nothing is missed that an earlier one let go.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from plugin.runtime.designs.design import DESIGN_ID
from plugin.runtime.listings.anchors import read_anchors
from plugin.runtime.replica.keeping import Keeping
from plugin.runtime.replica.remote import Remote
from plugin.runtime.replica.returning import leaves_of
from plugin.runtime.replica.subset import FILTER, WHOLE, Subset
from store.api import Database
from store.errors import NotFound
from store.replication import Options
from store.types import Doc, Seq, ViewOptions

PAGE = 500
Unsent = Callable[[], Collection[str]]
"""Ids of the documents that hold what the office does not have."""
State = dict[str, Any]
"""What is remembered: the choice (`subset`), its `era`, whether what is here was looked through for
it (`swept`), and `anchors`, `since` and `seq` of the office's last answer."""


class Part:
    """One sync of the part. `write` keeps the state."""

    def __init__(
        self, local: Database, subset: Subset, state: State, write: Callable[[State], object]
    ) -> None:
        self._local = local
        self._subset = subset
        self._before = state
        self._write = write
        self._answer: State = {"anchors": None, "since": "", "seq": None}
        self._changed = read_subset(state) != subset
        self.entered: list[str] = []
        self._left: list[str] = []
        self.era = int(state.get("era", 0)) + self._changed

    @property
    def options(self) -> Options:
        """How to pull."""
        chosen = self._subset.to_query()
        return Options(
            filter=FILTER if chosen else None,
            query_params=chosen,
            without_attachments=not self._subset.attachments,
        )

    def begin(self, remote: Remote, unsent: Unsent) -> None:
        """Ask the office what the choice comes to, after a changed one was written down."""
        if self._changed:
            before = read_subset(self._before)
            self._before = self._before | {
                "subset": self._subset.to_json(), "era": self.era, "swept": False,
            }  # fmt: skip
            self._write(self._before)
            if before.attachments != self._subset.attachments:
                self._forget(_attached(self._local), unsent)
        if self._subset.to_query():
            asked = {name: self._before.get(name) for name in ("anchors", "seq")}
            told = remote.kept(self._local.name, {"subset": self._subset.to_json(), **asked})
            self._answer = {name: told[name] for name in ("anchors", "since", "seq")}
            self.entered, self._left = told["entered"], told["left"]

    def keeping(self) -> Keeping:
        """The decision on documents here, once the design is here."""
        try:
            table = self._local.get(DESIGN_ID).get("anchors", {})
        except NotFound:
            table = {}
        anchors = self._answer["anchors"]
        wanted = None if anchors is None else frozenset(anchors)
        return Keeping(read_anchors(table), wanted, self._answer["since"])

    def end(self, reached: Seq, unsent: Unsent) -> int:
        """Let go of what left the part, but for what stands here alone; how many documents.

        `reached` is how far the pull came, which counts where the office had nothing to say.
        """
        gone = self._forget(self._left, unsent)
        if self._must_sweep():
            keeping = self.keeping()
            outside = (doc["_id"] for doc in _documents(self._local) if not keeping.keeps(doc))
            gone += self._forget(outside, unsent)
        seq = reached if self._answer["seq"] is None else self._answer["seq"]
        state = {"subset": self._subset.to_json(), "era": self.era, "swept": True}
        state |= self._answer | {"seq": seq}
        if state != self._before:
            self._write(state)
        return gone

    def _must_sweep(self) -> bool:
        """Whether something can have left the part without a change of its own."""
        if (
            not self._before.get("swept", True)
            or self._before.get("since") != self._answer["since"]
        ):
            return bool(self._subset.to_query())
        before, now = self._before.get("anchors"), self._answer["anchors"]
        return now is not None and not set(before or ()) <= set(now)

    def _forget(self, ids: Iterable[str], unsent: Unsent) -> int:
        # Read before asking what stands here alone: what is saved since then is none of these.
        revs = {docid: [leaf["_rev"] for leaf in leaves_of(self._local, docid)] for docid in ids}
        here = unsent() if revs else frozenset()
        gone = 0
        for docid, found in revs.items():
            if found and docid not in here:
                gone += bool(self._local.purge({docid: found})["purged"].get(docid))
        return gone


def is_settled(state: State, subset: Subset, first: str, calm: bool) -> bool:
    """Whether the part is as at the last sync, where the database has no news. `first` is the first
    day of the choice; a narrowed one depends on other databases too, which are `calm` or not."""
    if read_subset(state) != subset or not state.get("swept", True):
        return False
    return not subset.to_query() or (calm and state.get("since", "") == first)


def read_subset(state: State) -> Subset:
    """The choice that the last sync carried out, or began to."""
    return Subset.from_json(state["subset"]) if "subset" in state else WHOLE


def _attached(database: Database) -> Iterator[str]:
    return (doc["_id"] for doc in _documents(database) if doc.get("_attachments"))


def _documents(database: Database) -> Iterator[Doc]:
    """All but the designs. Documents may go meanwhile."""
    options = ViewOptions(limit=PAGE, include_docs=True)
    while True:
        rows = database.all_docs(options)["rows"]
        yield from (row["doc"] for row in rows if not row["id"].startswith("_design/"))
        if len(rows) < PAGE:
            return
        options = ViewOptions(limit=PAGE, include_docs=True, startkey=rows[-1]["id"] + "\x00")
