"""Jobs that run every so many seconds, whoever changed what.

A job that was missed (the machine was off) runs once, not once for each time missed: it looks at
what is due, not at how often it was called.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from plugin.runtime.module import Scheduled
from store.api import Database
from store.bookkeeping import Checkpoint

if TYPE_CHECKING:
    from plugin.runtime.session import Session

REMEMBERED_FROM = 60.0
"""Jobs rarer than this many seconds remember their last run over a restart; others need not."""

log = logging.getLogger(__name__)


class Scheduler:
    """Knows when each job is due. One thread runs it. `db` keeps the times of the last runs."""

    def __init__(
        self,
        db: Database,
        session: "Session",
        jobs: Sequence[Scheduled],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._session = session
        self._jobs = tuple(jobs)
        self._clock = clock
        self._checkpoints = {job.name: Checkpoint(db, f"schedule-{job.name}") for job in jobs}
        self._next: dict[str, datetime] = {}

    def run_due(self) -> int:
        """Run the jobs that are due, each at most once. Returns how many ran."""
        ran = 0
        for job in self._jobs:
            now = self._clock()
            if self._due_at(job, now) > now:
                continue
            self._run(job, now)
            ran += 1
        return ran

    def run_all(self) -> int:
        """Run every job now, due or not. Returns how many ran."""
        for job in self._jobs:
            self._run(job, self._clock())
        return len(self._jobs)

    def seconds_to_next(self) -> float:
        """Seconds until a job is due: 0 where one is, an hour where there are no jobs."""
        now = self._clock()
        waits = [(self._due_at(job, now) - now).total_seconds() for job in self._jobs]
        return max(0.0, min(waits, default=3600.0))

    def _due_at(self, job: Scheduled, now: datetime) -> datetime:
        if job.name not in self._next:
            state: dict[str, Any] = {}
            if job.every >= REMEMBERED_FROM:
                state = self._checkpoints[job.name].load()
            last = state.get("at")
            pause = timedelta(seconds=job.every)
            self._next[job.name] = datetime.fromisoformat(last) + pause if last else now
        return self._next[job.name]

    def _run(self, job: Scheduled, now: datetime) -> None:
        error = None
        try:
            job.run(self._session, now)
        except Exception as failure:
            log.exception("job %s failed", job.name)
            error = f"{type(failure).__name__}: {failure}"
        self._next[job.name] = now + timedelta(seconds=job.every)
        if job.every >= REMEMBERED_FROM or error:
            checkpoint = self._checkpoints[job.name]
            checkpoint.load()
            checkpoint.save({"at": now.isoformat(), "error": error})
