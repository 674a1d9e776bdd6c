"""How far a replication came: `_local/<replication id>` on both sides.

Only what both sides remember counts, so that a side that was replaced or restored from a backup
is not skipped (CouchDB 3.5, "Replication protocol", "Find Common Ancestry").
"""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from store.api import Database
from store.errors import NotFound
from store.types import Doc, Json, Seq

BEGINNING: Seq = 0
VERSION = 4
"""`replication_id_version` of CouchDB, for whoever reads the document."""
HISTORY = 50


def selection(doc_ids: Sequence[str] | None, selector: Mapping[str, Json] | None) -> str | None:
    """A short name of what is replicated, None for everything: another selection begins anew."""
    if doc_ids is None and selector is None:
        return None
    chosen = [None if doc_ids is None else sorted(set(doc_ids)), selector]
    text = json.dumps(chosen, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def common(source: Doc, target: Doc) -> Seq:
    """The last sequence that both documents remember of one and the same run."""
    known = {str(entry["session_id"]): entry for entry in target.get("history", ())}
    for entry in source.get("history", ()):
        other = known.get(str(entry["session_id"]))
        if other is not None:
            # A cut between the two writes leaves one side a step behind.
            behind: dict[str, Any] = min(entry, other, key=lambda each: each["checkpoints"])
            seq: Seq = behind["recorded_seq"]
            return seq
    return BEGINNING


class Checkpoints:
    """The two checkpoint documents of one run."""

    def __init__(
        self, source: Database, target: Database, replication_id: str, chosen: str | None
    ) -> None:
        self._sides = (source, target)
        self._docid = f"_local/{replication_id}"
        self._chosen = chosen
        self._session = uuid.uuid4().hex
        self._written = 0
        self._revs: list[str | None] = [None, None]
        self._history: list[dict[str, Json]] = []

    def load(self) -> Seq:
        """Read both and return where to begin."""
        docs = [self._read(side) for side in self._sides]
        self._revs = [doc.get("_rev") for doc in docs]
        if any(doc.get("selection") != self._chosen for doc in docs):
            return BEGINNING
        self._history = list(docs[0].get("history", ()))
        return common(docs[0], docs[1])

    def _read(self, side: Database) -> Doc:
        try:
            return side.get_local(self._docid)
        except NotFound:
            return {}

    def save(self, seq: Seq, read: int, written: int, refused: int) -> None:
        """Remember `seq` on both sides. All before it must be durable in the target.

        Raises Conflict where another run under the same id wrote in between.
        """
        self._written += 1
        entry: dict[str, Json] = {
            "session_id": self._session,
            "recorded_seq": seq,
            "checkpoints": self._written,
            "docs_read": read,
            "docs_written": written,
            "doc_write_failures": refused,
        }
        doc: Doc = {
            "_id": self._docid,
            "replication_id_version": VERSION,
            "session_id": self._session,
            "source_last_seq": seq,
            "selection": self._chosen,
            "history": [entry, *self._history][:HISTORY],
        }
        for index, side in enumerate(self._sides):
            rev = self._revs[index]
            self._revs[index] = side.put_local(doc if rev is None else {**doc, "_rev": rev})
