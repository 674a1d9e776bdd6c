"""One replication under the scheduler: its state, its history, and how it is shown."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime

from store.api import Server
from store.cancel import Cancel
from store.replication.replicate import replicate
from store.replication.request import Request
from store.replication.values import Counts, Progress, Summary
from store.types import Json, Seq

HISTORY = 20
"""Events that are remembered of a job, as CouchDB's `max_history`."""
HEALTHY = 120.0
"""Seconds after which a run that crashes is no longer counted as one of a series."""
FIRST_BACK_OFF = 30.0
MAX_DOUBLINGS = 10

Completed = Callable[["Job", Summary], None]


def stamp(moment: datetime | None = None) -> str:
    """A moment (now) as CouchDB writes it: `2026-11-22T06:00:00Z`."""
    return (moment or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(eq=False)
class Job:
    """A replication that is to run, runs or crashed. `due` is the monotonic time of its next start,
    `cancel` is there while it runs. `result` is told the outcome of a run of `_replicate`.

    The scheduler alone changes it, under its lock, but for `progress`.
    """

    id: str
    request: Request
    completed: Completed = lambda job, summary: None
    due: float = 0.0
    cancel: Cancel | None = None
    thread: threading.Thread | None = None
    errors: int = 0
    error: str | None = None
    progress: Progress | None = None
    started: float = 0.0
    start_time: str = field(default_factory=stamp)
    last_updated: str = field(default_factory=stamp)
    history: deque[dict[str, Json]] = field(default_factory=lambda: deque(maxlen=HISTORY))
    result: Future[Summary] = field(default_factory=Future)

    @property
    def is_transient(self) -> bool:
        """Whether it comes from `_replicate`: it is not started again after a crash."""
        return self.request.doc_id is None

    @property
    def state(self) -> str:
        if self.cancel is not None:
            return "running"
        return "pending" if self.error is None else "crashing"

    def note(self, kind: str, **facts: Json) -> None:
        """Write an event into the history, the newest first."""
        self.last_updated = stamp()
        self.history.appendleft({"timestamp": self.last_updated, "type": kind, **facts})

    def crashed(self, reason: str, now: float) -> None:
        """Remember a crash at the monotonic time `now`; the next start is put off, twice as long
        after each crash in a row."""
        self.errors = self.errors + 1 if now - self.started <= HEALTHY else 1
        self.error = reason
        self.due = now + FIRST_BACK_OFF * 2.0 ** min(self.errors - 1, MAX_DOUBLINGS)
        self.note("crashed", reason=reason)

    def run(self, server: Server, node: str, cancel: Cancel) -> Summary:
        """Replicate until all is done or `cancel` is set. Raises StoreError."""
        asked = self.request
        with (
            asked.source.opened(server, asked.user) as source,
            asked.target.opened(server, asked.user, create=asked.create_target) as target,
        ):
            return replicate(
                source,
                target,
                replication_id=asked.base(node),
                options=asked.options,
                progress=self._tell,
                cancel=cancel,
            )

    def _tell(self, progress: Progress) -> None:
        self.progress = progress

    def info(self) -> dict[str, Json] | None:
        """`info` of `_scheduler`: the statistics of the run, or the error it crashed with."""
        if self.state == "crashing":
            return {"error": self.error}
        return None if self.progress is None else statistics(self.progress)

    def to_json(self, node: str) -> dict[str, Json]:
        """The job as `_scheduler/jobs` shows it."""
        return {
            "database": self.request.database,
            "id": self.id,
            "pid": None if self.thread is None else f"<0.{self.thread.native_id}.0>",
            "source": self.request.source.url,
            "target": self.request.target.url,
            "user": self.request.user.name,
            "doc_id": self.request.doc_id,
            "info": self.info(),
            "history": list(self.history),
            "node": node,
            "start_time": self.start_time,
        }

    def document_json(self, node: str) -> dict[str, Json]:
        """The job as `_scheduler/docs` shows it."""
        return {
            "database": self.request.database,
            "doc_id": self.request.doc_id,
            "id": self.id,
            "node": node,
            "source": self.request.source.url,
            "target": self.request.target.url,
            "state": self.state,
            "info": self.info(),
            "error_count": self.errors,
            "last_updated": self.last_updated,
            "start_time": self.start_time,
            "source_proxy": None,
            "target_proxy": None,
        }

    def task_json(self, node: str) -> dict[str, Json]:
        """The running job as `_active_tasks` shows it."""
        progress = self.progress or Progress(Counts(), 0, None, 0.0)
        options = self.request.options
        return {
            "type": "replication",
            "node": node,
            "pid": None if self.thread is None else f"<0.{self.thread.native_id}.0>",
            "replication_id": self.id,
            "database": self.request.database,
            "doc_id": self.request.doc_id,
            "user": self.request.user.name,
            "source": self.request.source.url,
            "target": self.request.target.url,
            "continuous": options.continuous,
            "checkpoint_interval": round(options.checkpoint_interval * 1000),
            "started_on": _epoch(self.start_time),
            "updated_on": _epoch(self.last_updated),
            **statistics(progress),
        }


def statistics(progress: Progress) -> dict[str, Json]:
    """The counts of a run under CouchDB's names."""
    return {**counts_json(progress.counts, progress.last_seq), "changes_pending": progress.pending}


def counts_json(counts: Counts, seq: Seq) -> Mapping[str, Json]:
    return {
        "revisions_checked": counts.checked,
        "missing_revisions_found": counts.found,
        "docs_read": counts.read,
        "docs_written": counts.written,
        "doc_write_failures": counts.refused,
        "source_seq": seq,
        "through_seq": seq,
        "checkpointed_source_seq": seq,
    }


def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
