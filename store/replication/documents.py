"""Replications that documents ask for: following a `_replicator` database.

Of several processes on one store one follows, under a lease. CouchDB 3.5 writes into a document
only how it ended: `_replication_state` "completed" or "failed".
"""

import logging
import threading
import time
from collections.abc import Mapping

from store.api import Database, Server
from store.cancel import Cancel
from store.errors import BadRequest, Conflict, NotFound, StoreError
from store.lease import Lease
from store.replication.endpoint import shown
from store.replication.job import Job, counts_json, stamp
from store.replication.request import Request, from_document
from store.replication.scheduler import Scheduler
from store.replication.values import Summary
from store.types import ADMIN, ChangesOptions, Doc, Json, Row, Seq, UserContext, ViewOptions

log = logging.getLogger(__name__)

REPLICATOR = "_replicator"
ITSELF = UserContext(None, ("_admin", "_replicator"))
LEASE_SECONDS = 10.0
LEASE_ID = "_design/lease"
"""A design document without functions: nobody takes it for a replication."""
PAGE = 200
ENDED = ("completed", "failed")
PARTS = ("_replication_state", "_replication_state_time", "_replication_state_reason",
         "_replication_id", "_replication_stats")  # fmt: skip


class Documents:
    """Follows the database `name` of `server` from now on until `close`."""

    def __init__(
        self,
        server: Server,
        scheduler: Scheduler,
        name: str = REPLICATOR,
    ) -> None:
        self._server = server
        self._scheduler = scheduler
        self._name = name
        self._ended = Cancel()
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._follow, name=f"follow {name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Follow no more. The jobs end with the scheduler, which is closed before."""
        self._ended.set()
        self._thread.join()

    def shown(self) -> list[dict[str, Json]]:
        """`_scheduler/docs`: every document with the state of its replication, by id.

        Raises NotFound where the database is missing."""
        database = self._server.database(self._name, ADMIN)
        rows = database.all_docs(ViewOptions(include_docs=True))["rows"]
        return [self._shown(row["doc"]) for row in rows if not row["id"].startswith("_design/")]

    def shown_one(self, docid: str) -> dict[str, Json]:
        """`_scheduler/docs/_replicator/docid`. Raises NotFound."""
        return self._shown(self._server.database(self._name, ADMIN).get(docid))

    def _shown(self, doc: Doc) -> dict[str, Json]:
        with self._lock:
            job = self._jobs.get(doc["_id"])
        if job is not None and doc.get("_replication_state") not in ENDED:
            return job.document_json(self._scheduler.node)
        return _of_document(doc, self._name, self._scheduler.node)

    def _follow(self) -> None:
        """Until `close`: where documents ask for something, hold the lease, and while it is held do
        that. A lease that is renewed is a change: nobody holds it for nothing."""
        lease: Lease | None = None  # one for all tries: it takes over where it saw nothing move
        while not self._ended.is_set():
            try:
                database = self._server.database(self._name, ITSELF)
                seq = database.info()["update_seq"]
                if not _asks(database):
                    database.wait_for_change(seq, LEASE_SECONDS, self._ended)
                    continue
                lease = lease or Lease(
                    database, "replicator", seconds=LEASE_SECONDS, docid=LEASE_ID
                )
                if self._follow_one(database, lease):
                    continue
            except NotFound:
                log.debug("%s is not there, or was deleted", self._name)
            except StoreError:
                log.exception("%s cannot be followed", self._name)
            self._ended.wait(LEASE_SECONDS / 3)

    def _follow_one(self, database: Database, lease: Lease) -> bool:
        """Follow from the beginning as long as the lease is held; True where nothing is asked for
        any more."""
        since: Seq = 0
        due = time.monotonic()
        try:
            while not self._ended.is_set():
                left = due - time.monotonic()
                if left <= 0:  # not with each change: renewing is a change itself
                    if since and not _asks(database):
                        return True
                    if not lease.acquire():
                        return False
                    left = LEASE_SECONDS / 3
                    due = time.monotonic() + left
                options = ChangesOptions(since=since, limit=PAGE, include_docs=True)
                page = database.changes(options)
                for row in page["results"]:
                    self._see(database, row)
                since = page["last_seq"]
                if not page["results"]:
                    database.wait_for_change(since, left, self._ended)
            return False
        finally:
            self._drop_all()
            lease.release()

    def _see(self, database: Database, row: Row) -> None:
        docid, doc = row["id"], row["doc"]
        if docid.startswith("_design/"):
            return
        if row.get("deleted") or doc.get("_replication_state") in ENDED:
            self._drop(docid)
            return
        try:
            asked = from_document(doc, self._name)
        except BadRequest as error:
            self._drop(docid)
            _mark(database, docid, "failed", None, _replication_state_reason=error.reason)
            return
        self._schedule(database, docid, asked)

    def _schedule(self, database: Database, docid: str, asked: Request) -> None:
        with self._lock:
            known = self._jobs.get(docid)
        if known is not None and known.request == asked:
            return
        self._drop(docid)

        def completed(job: Job, summary: Summary) -> None:
            seq = summary.last_seq
            stats = {**counts_json(summary.counts, seq), "start_time": job.start_time}
            _mark(database, docid, "completed", asked, _replication_stats=stats)
            with self._lock:
                if self._jobs.get(docid) is job:
                    del self._jobs[docid]

        job = self._scheduler.add(asked, ITSELF, completed)
        if job.request != asked:
            other = job.request.doc_id or "_replicate"
            reason = f"Replication `{job.id}` is already started by `{other}`."
            _mark(database, docid, "failed", asked, _replication_state_reason=reason)
            return
        with self._lock:
            self._jobs[docid] = job

    def _drop(self, docid: str) -> None:
        with self._lock:
            job = self._jobs.pop(docid, None)
        if job is not None:
            self._scheduler.remove(job)

    def _drop_all(self) -> None:
        for docid in list(self._jobs):
            self._drop(docid)


def _asks(database: Database) -> bool:
    """Whether a document asks for a replication that has not ended."""
    rows = database.all_docs(ViewOptions(include_docs=True))["rows"]
    docs = (row["doc"] for row in rows if not row["id"].startswith("_design/"))
    return any(doc.get("_replication_state") not in ENDED for doc in docs)


def _mark(database: Database, docid: str, state: str, asked: Request | None, **facts: Json) -> None:
    """Write how a replication ended into its document, unless that asks for another one now."""
    while True:
        try:
            doc = database.get(docid)
        except NotFound:
            return
        if asked is not None and from_document(doc, database.name) != asked:
            return
        kept = {name: value for name, value in doc.items() if name not in PARTS}
        told = {"_replication_state": state, "_replication_state_time": stamp(), **facts}
        try:
            database.put({**kept, **told})
        except Conflict:
            continue
        return


def _of_document(doc: Doc, database: str, node: str) -> dict[str, Json]:
    """A document without a job, as `_scheduler/docs` shows it."""
    state, time = doc.get("_replication_state"), doc.get("_replication_state_time")
    stats = doc.get("_replication_stats")
    info: Mapping[str, Json] | None = None
    start = time
    if state == "completed" and isinstance(stats, Mapping):
        info = {name: value for name, value in stats.items() if name != "start_time"}
        start = stats.get("start_time")
    elif state == "failed":
        info = {"error": doc.get("_replication_state_reason")}
    return {
        "database": database,
        "doc_id": doc["_id"],
        "id": None,
        "node": node,
        "source": shown(doc.get("source")),
        "target": shown(doc.get("target")),
        "state": state,
        "info": info,
        "error_count": int(state == "failed"),
        "last_updated": time,
        "start_time": start,
    }
