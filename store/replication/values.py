"""What a replication is asked for, and what it tells: while it runs, and at the end."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from store.errors import BadRequest
from store.types import ChangesOptions, Json, Seq

OF_A_RUN = ("start_time", "end_time", "docs_read", "docs_written", "doc_write_failures")
VERSION = 4
"""`replication_id_version` of CouchDB, for whoever reads a checkpoint."""


@dataclass(frozen=True)
class Options:
    """What is replicated and how, with CouchDB's names and defaults (documentation 3.5,
    "Replicator Database").

    At most one of `filter` (with `query_params`), `doc_ids` and `selector` chooses documents.
    Ours alone are `designs_last`, by which all design documents come after what else there is, for
    a copy of what was checked when it was written: to be given until a run was complete; and
    `without_attachments`, which leaves the bytes of attachments behind, where the target is an
    embedded store.
    `since_seq` counts where no checkpoint is found. `batch` is the number of changes asked for at
    a time, `checkpoint_interval` is in seconds. `retries` says how often one request is tried
    again before the run ends with its error; None is for ever.
    """

    continuous: bool = False
    filter: str | None = None
    query_params: Mapping[str, str] = field(default_factory=dict)
    doc_ids: tuple[str, ...] | None = None
    selector: Mapping[str, Json] | None = None
    since_seq: Seq = 0
    winning_revs_only: bool = False
    designs_last: bool = False
    without_attachments: bool = False
    use_checkpoints: bool = True
    checkpoint_interval: float = 5.0
    batch: int = 1000
    retries: int | None = 5

    def __post_init__(self) -> None:
        given = (self.filter, self.doc_ids, self.selector)
        if sum(choice is not None for choice in given) > 1:
            raise BadRequest("`doc_ids`, `filter`, `selector` are mutually exclusive")

    def chosen(self) -> list[Json] | None:
        """What makes a run carry something else than another between the same databases; None
        where it carries everything."""
        ids = None if self.doc_ids is None else sorted(set(self.doc_ids))
        selector = None if self.selector is None else dict(self.selector)
        narrowed = [self.winning_revs_only, self.since_seq]
        narrowed += [True] if self.without_attachments else []
        if [self.filter, ids, selector, *narrowed] == [None, None, None, False, 0]:
            return None
        return [self.filter, ids, selector, *narrowed, dict(self.query_params)]

    def changes(self, since: Seq) -> ChangesOptions:
        """The filter is named, so that a source that lacks it says so and does not send all. No row
        need tell its sequence, which costs some sources more than the row."""
        options = ChangesOptions(
            since=since,
            limit=self.batch,
            seq_interval=self.batch,
            style="main_only" if self.winning_revs_only else "all_docs",
        )
        if self.doc_ids is not None:
            return replace(options, filter="_doc_ids", doc_ids=self.doc_ids)
        if self.selector is not None:
            return replace(options, filter="_selector", selector=self.selector)
        if self.filter is not None:
            view = self.query_params.get("view") if self.filter == "_view" else None
            return replace(options, filter=self.filter, view=view, query=self.query_params)
        return options


def digest(*facts: Json) -> str:
    """A short stable name of facts: 32 hexadecimal digits, as CouchDB's replication ids have."""
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def name_of(replication: str, options: Options, code: Json = None) -> str:
    """The name of the checkpoints of a run: that of the replication, or where it does not carry
    everything, one made of it and of what is chosen, the text of a filter function included."""
    chosen = options.chosen()
    return replication if chosen is None else digest(replication, chosen, code)


@dataclass(frozen=True)
class Refused:
    """A revision that is not carried, with the words of the side to which it is due: the target
    did not take it, or the source cannot read it."""

    id: str
    rev: str
    error: str
    reason: str


@dataclass(frozen=True)
class Counts:
    """Revisions of one run so far: looked at, lacking in the target, read from the source with
    their size as JSON in bytes, written, refused."""

    checked: int = 0
    found: int = 0
    read: int = 0
    bytes: int = 0
    written: int = 0
    refused: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.checked + other.checked,
            self.found + other.found,
            self.read + other.read,
            self.bytes + other.bytes,
            self.written + other.written,
            self.refused + other.refused,
        )


@dataclass(frozen=True)
class Progress:
    """After each step of a run. `last_seq` is the source's sequence up to which all was carried,
    `pending` the number of its changes still to be looked at, None where the source does not say;
    `newly_refused` are the revisions refused since the last progress. `waiting` is true where all
    is carried and a continuous run waits for the next change."""

    counts: Counts
    last_seq: Seq
    pending: int | None
    seconds: float
    newly_refused: tuple[Refused, ...] = ()
    waiting: bool = False

    @property
    def rate(self) -> float:
        """Documents read a second since the run began."""
        return self.counts.read / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True)
class Summary:
    """`last_seq` is the source's sequence up to which both agree but for `refused`. `complete` is
    False where the replication was cancelled before the end of the source's changes. `history`
    holds this run and those before it, as CouchDB's checkpoints and `_replicate` tell them; it is
    empty where nothing was new and no run before it is known."""

    counts: Counts
    refused: tuple[Refused, ...]
    last_seq: Seq
    complete: bool
    session_id: str
    history: tuple[Mapping[str, Json], ...] = ()
    no_changes: bool = False

    def to_json(self, *, by_ids: bool = False) -> dict[str, Json]:
        """The answer of `POST /_replicate`; where documents were named, with the run itself in it,
        as CouchDB has kept it from its beginnings."""
        newest = self.history[0] if by_ids and self.history else {}
        told = {
            **{name: newest[name] for name in OF_A_RUN if name in newest},
            "ok": True,
            "session_id": self.session_id,
            "source_last_seq": self.last_seq,
            "replication_id_version": VERSION,
            "history": [dict(entry) for entry in self.history],
        }
        return {"no_changes": True, **told} if self.no_changes else told
