"""How far a replication came: `_local/<replication id>` on both sides, in CouchDB's form.

Only what both sides remember counts, so that a side that was replaced or restored from a backup
is not skipped (CouchDB 3.5, "Replication protocol", "Find Common Ancestry").
"""

import uuid
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any

from store.api import Database
from store.errors import Conflict, NotFound
from store.replication.retry import Patience
from store.replication.values import VERSION, Counts
from store.types import Doc, Json, Seq

BEGINNING: Seq = 0
HISTORY = 50
"""Runs that are remembered, as in CouchDB."""

Entry = Mapping[str, Json]


def common(source: Doc, target: Doc) -> tuple[Seq, list[Entry]]:
    """The last sequence that both documents remember of one and the same run, and the history from
    that run back. Sequences are only ever compared for being the same."""
    known = {str(entry["session_id"]): entry for entry in _history(target)}
    entries = _history(source)
    for number, entry in enumerate(entries):
        other = known.get(str(entry["session_id"]))
        if other is not None:
            # One side is behind after a cut between the two writes, or where it was restored from
            # a backup that was made in the middle of that run.
            behind = min(entry, other, key=lambda each: _number(each.get("missing_checked")))
            return behind.get("recorded_seq", BEGINNING), [behind, *entries[number + 1 :]]
    return BEGINNING, []


def _history(doc: Doc) -> list[Entry]:
    """The entries of a document that may have been written by another program."""
    entries = doc.get("history")
    if not isinstance(entries, list):
        return []
    return [entry for entry in entries if isinstance(entry, dict) and "session_id" in entry]


def _counted(entry: Entry) -> Counts:
    return Counts(
        checked=_number(entry.get("missing_checked")),
        found=_number(entry.get("missing_found")),
        read=_number(entry.get("docs_read")),
        written=_number(entry.get("docs_written")),
        refused=_number(entry.get("doc_write_failures")),
    )


def _number(value: Json) -> int:
    return value if isinstance(value, int) else 0


class Checkpoints:
    """The two checkpoint documents of one run."""

    def __init__(self, sides: tuple[Database, Database], name: str, patience: Patience) -> None:
        """`sides` are source and target, `name` is the replication id. Asks nothing yet."""
        self.session = uuid.uuid4().hex
        self.history: tuple[Entry, ...] = ()
        self._docid = f"_local/{name}"
        self._patience = patience
        self._sides = sides
        self._revs: list[str | None] = [None, None]
        self._before: list[Entry] = []
        self._began = formatdate(usegmt=True)
        self._start: Seq = BEGINNING
        self._earlier = Counts()

    def load(self, otherwise: Seq) -> Seq:
        """Read both and return where to begin; `otherwise` where they have nothing in common."""
        docs = [self._read(side) for side in self._sides]
        self._revs = [doc.get("_rev") for doc in docs]
        self._start, self._before = common(docs[0], docs[1])
        if not self._before:
            self._start = otherwise
        self.history = tuple(self._before)
        self._earlier = _counted(self._before[0]) if self._before else Counts()
        return self._start

    def _read(self, side: Database) -> Doc:
        try:
            return self._patience(lambda: side.get_local(self._docid))
        except NotFound:
            return {}

    def save(self, seq: Seq, counts: Counts) -> None:
        """Remember `seq` on both sides. All before it must be durable in the target.

        Raises Conflict where another run under the same id wrote in between.
        """
        self.history = (self._entry(seq, counts), *self._before)[:HISTORY]
        doc: Doc = {
            "_id": self._docid,
            "session_id": self.session,
            "source_last_seq": seq,
            "replication_id_version": VERSION,
            "history": list(self.history),
        }
        for number, side in enumerate(self._sides):
            self._revs[number] = self._patience(self._put(side, doc, self._revs[number]))

    def _entry(self, seq: Seq, counts: Counts) -> dict[str, Any]:
        """This run in the history, where as in CouchDB it counts with those before it."""
        summed = self._earlier + counts
        return {
            "session_id": self.session,
            "start_time": self._began,
            "end_time": formatdate(usegmt=True),
            "start_last_seq": self._start,
            "end_last_seq": seq,
            "recorded_seq": seq,
            "missing_checked": summed.checked,
            "missing_found": summed.found,
            "docs_read": summed.read,
            "docs_written": summed.written,
            "doc_write_failures": summed.refused,
        }

    def _put(self, side: Database, doc: Doc, rev: str | None) -> Callable[[], str]:
        def put() -> str:
            try:
                return side.put_local(doc if rev is None else {**doc, "_rev": rev})
            except Conflict:
                there = self._read(side)
                written = there.pop("_rev", None)
                if there != doc:
                    raise
                return str(written)  # an earlier try arrived, only its answer was lost

        return put
