"""Replications of a server: `_replicate` jobs and those that documents ask for.

States, history and back-off are those of CouchDB (documentation 3.5, "Replicator Database").
"""

import logging
import threading
import time
from collections.abc import Mapping

from store.api import Server
from store.cancel import Cancel
from store.errors import NotFound, StoreError, Unauthorized, Unavailable
from store.replication.job import Completed, Job
from store.replication.request import Request, request
from store.replication.values import Summary
from store.types import Json, UserContext

log = logging.getLogger(__name__)

MAX_JOBS = 100
STOPPING = 5.0
"""Seconds that `close` waits for the steps in work."""


class Scheduler:
    """Runs jobs in threads, up to `max_jobs` at a time; further ones wait for their turn.

    `server` holds the databases that are named without an address, and is not closed here. `node`
    names the server in replication ids: it must not change, and must differ between servers.
    """

    def __init__(self, server: Server, node: str, *, max_jobs: int = MAX_JOBS) -> None:
        self.node = node
        self._server = server
        self._max_jobs = max_jobs
        self._changed = threading.Condition()
        self._jobs: dict[str, Job] = {}
        self._closed = False
        self._supervisor = threading.Thread(target=self._supervise, name="scheduler", daemon=True)
        self._supervisor.start()

    def replicate(self, body: Mapping[str, Json], user: UserContext) -> tuple[int, dict[str, Json]]:
        """`POST /_replicate` of `user`: the status and the answer, which for a replication that is
        not continuous comes at its end.

        Raises BadRequest for what cannot be read, NotFound where there is nothing to cancel,
        Unauthorized for the job of somebody else, and the errors of the replication.
        """
        if body.get("cancel"):
            return 200, {"ok": True, "_local_id": self._cancelled(body, user)}
        asked = request(body, user)
        job = self.add(asked, user)
        if asked.options.continuous:
            return 202, {"ok": True, "_local_id": job.id}
        by_ids = asked.options.doc_ids is not None
        return 200, job.result.result().to_json(by_ids=by_ids)

    def _cancelled(self, body: Mapping[str, Json], user: UserContext) -> str:
        given = [body[name] for name in ("replication_id", "id", "_local_id") if name in body]
        name = str(given[0]) if given else request(body, user).id(self.node)
        with self._changed:
            job = self._jobs.get(name)
            if job is None:
                raise NotFound("missing")
            _check_owner(job, user)
        self.remove(job)
        return name

    def add(
        self, asked: Request, user: UserContext, completed: Completed = lambda job, summary: None
    ) -> Job:
        """The job for a request, which is to run from now on; the one there already where the same
        was asked before. `completed` is told at its end, in the job's thread."""
        name = asked.id(self.node)
        with self._changed:
            job = self._jobs.get(name)
            if job is not None:
                _check_owner(job, user)
                return job
            job = self._jobs[name] = Job(name, asked, completed)
            job.note("added")
            if self._closed:
                job.result.set_exception(Unavailable("The server is shutting down."))
            self._changed.notify_all()
            return job

    def remove(self, job: Job) -> None:
        """Stop a job and forget it. Returns when it has ended."""
        with self._changed:
            self._forget(job)
            if job.cancel is not None:
                job.cancel.set()
            elif not job.result.done():
                job.result.set_exception(NotFound("The replication was cancelled."))
        if job.thread is not None and job.thread is not threading.current_thread():
            job.thread.join()

    def jobs(self) -> list[Job]:
        """All jobs, by id."""
        with self._changed:
            return [self._jobs[name] for name in sorted(self._jobs)]

    def job(self, name: str) -> Job:
        """Raises NotFound."""
        with self._changed:
            if name not in self._jobs:
                raise NotFound("missing")
            return self._jobs[name]

    def active_tasks(self) -> list[dict[str, Json]]:
        """The running replications, for `_active_tasks`."""
        return [job.task_json(self.node) for job in self.jobs() if job.state == "running"]

    def close(self) -> None:
        """Stop all jobs; those of documents run again with the next scheduler."""
        with self._changed:
            self._closed = True
            running = [job for job in self._jobs.values() if job.cancel is not None]
            for job in self._jobs.values():
                if job.cancel is not None:
                    job.cancel.set()
                elif not job.result.done():
                    job.result.set_exception(Unavailable("The server is shutting down."))
            self._changed.notify_all()
        self._supervisor.join()
        end = time.monotonic() + STOPPING
        for job in running:
            if job.thread is not None:
                job.thread.join(max(0.0, end - time.monotonic()))

    def _supervise(self) -> None:
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                waiting = [job for job in self._jobs.values() if job.cancel is None]
                free = self._max_jobs - (len(self._jobs) - len(waiting))
                due = sorted((job for job in waiting if job.due <= now), key=lambda job: job.due)
                for job in due[: max(0, free)]:
                    self._start(job, now)
                later = [job.due - now for job in waiting if job.due > now]
                self._changed.wait(min(later, default=None))

    def _start(self, job: Job, now: float) -> None:
        job.cancel, job.started, job.error = Cancel(), now, None
        job.thread = threading.Thread(
            target=self._run, args=(job, job.cancel), name=f"replication {job.id}", daemon=True
        )
        job.note("started")
        job.thread.start()

    def _run(self, job: Job, cancel: Cancel) -> None:
        try:
            self._finished(job, job.run(self._server, self.node, cancel))
        except StoreError as error:
            self._crashed(job, error)
        except Exception as error:
            log.exception("replication %s broke", job.id)
            self._crashed(job, StoreError(f"{type(error).__name__}: {error}"))

    def _finished(self, job: Job, summary: Summary) -> None:
        if summary.complete and not job.request.options.continuous:
            job.completed(job, summary)
            with self._changed:
                self._forget(job)
        with self._changed:
            job.cancel = None
            job.note("stopped")
            self._changed.notify_all()
        job.result.set_result(summary)

    def _crashed(self, job: Job, error: StoreError) -> None:
        with self._changed:
            job.cancel = None
            job.crashed(f"{error.error}: {error.reason}", time.monotonic())
            if job.is_transient:
                self._forget(job)
            self._changed.notify_all()
        if job.is_transient:
            job.result.set_exception(error)

    def _forget(self, job: Job) -> None:
        if self._jobs.get(job.id) is job:
            del self._jobs[job.id]


def _check_owner(job: Job, user: UserContext) -> None:
    if not user.is_admin and job.request.user.name != user.name:
        raise Unauthorized("You are not a server admin.")
