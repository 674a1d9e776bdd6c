"""Follows a database's changes from a checkpoint, and runs an agent on them.

A document whose agent fails is put aside and tried again later, a bounded number of times; it does
not hold up the others. The checkpoint is written after the work: after a crash the last changes
come again, so agents are idempotent.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from acl import ACL_FORM
from plugin.runtime.module import Agent, Raw
from store.api import Database
from store.bookkeeping import Checkpoint
from store.errors import NotFound
from store.types import ChangesOptions, Row

if TYPE_CHECKING:
    from plugin.runtime.session import Session

BATCH = 100
RETRIES = (timedelta(seconds=2), timedelta(seconds=20), timedelta(minutes=3), timedelta(minutes=30))
"""Pauses between attempts; after the last one the document is given up and stays in the log."""
LOG_LENGTH = 50
RUNS_PER_MINUTE = 20
"""An agent whose own writing calls it again is slowed down after so many runs on one document."""

log = logging.getLogger(__name__)


def changes(db: Database, since: Any, limit: int = BATCH) -> tuple[list[Row], Any]:
    """The next rows of the changes feed with documents, and the sequence to go on from."""
    answer = db.changes(ChangesOptions(since=since, limit=limit, include_docs=True))
    return answer["results"], answer["last_seq"]


def all_changes(db: Database, since: Any) -> Iterator[tuple[list[Row], Any]]:
    """Batches of `changes` until there are no more."""
    while True:
        rows, since = changes(db, since)
        if not rows:
            return
        yield rows, since


class AgentFeed:
    """One agent on one database. Not thread-safe: one thread runs it."""

    def __init__(
        self, db: Database, session: "Session", agent: Agent, *, clock: Callable[[], datetime]
    ) -> None:
        self._db = db
        self._session = session
        self.agent = agent
        self._clock = clock
        self._checkpoint = Checkpoint(db, f"agent-{agent.name}")
        self._runs: Counter[str] = Counter()
        self._minute = clock()
        self._retries: dict[str, Any] = {}

    def status(self) -> dict[str, Any]:
        """`{"seq", "retry": {id: {attempts, next_at, error}}, "log": [{at, id, error}]}`."""
        return _filled(self._checkpoint.load())

    def run_once(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Run the agent on what changed and on what is due again. Returns how often it ran."""
        state = _filled(self._checkpoint.load())
        ran = self._run_due(state)
        for rows, last in all_changes(self._db, state["seq"]):
            for row in rows:
                if stop():  # what was done of this batch comes again, and is found done
                    return ran
                ran += self._take(row, state)
            state["seq"] = last
            self._checkpoint.save(state)
        self._retries = state["retry"]
        return ran

    def seconds_to_next(self, otherwise: float) -> float:
        """Seconds until a document is to be tried again, as of the last run; at most
        `otherwise`."""
        moments = [datetime.fromisoformat(each["next_at"]) for each in self._retries.values()]
        waits = [(moment - self._clock()).total_seconds() for moment in moments]
        return max(0.0, min([*waits, otherwise]))

    def _take(self, row: Row, state: dict[str, Any]) -> int:
        doc = row.get("doc")
        if doc is None or row.get("deleted") or not self._wants(doc):
            state["retry"].pop(row["id"], None)
            return 0
        return self._run(doc, state)

    def _wants(self, doc: Raw) -> bool:
        form = doc.get("form")
        return form in self.agent.forms or (not self.agent.forms and form not in (None, ACL_FORM))

    def _run_due(self, state: dict[str, Any]) -> int:
        now = self._clock()
        ran = 0
        due = [
            docid
            for docid, entry in state["retry"].items()
            if datetime.fromisoformat(entry["next_at"]) <= now
        ]
        for docid in due:
            try:
                doc = self._db.get(docid)
            except NotFound:
                del state["retry"][docid]
            else:
                ran += self._run(doc, state)
        if due:
            self._checkpoint.save(state)
        return ran

    def _run(self, doc: Raw, state: dict[str, Any]) -> int:
        docid = doc["_id"]
        if self._too_often(docid):
            self._put_aside(docid, "The agent calls itself again and again.", state)
            return 0
        try:
            self.agent.run(self._session, doc)
        except Exception as error:
            log.exception("agent %s failed on %s", self.agent.name, docid)
            self._put_aside(docid, f"{type(error).__name__}: {error}", state)
        else:
            state["retry"].pop(docid, None)
        return 1

    def _put_aside(self, docid: str, error: str, state: dict[str, Any]) -> None:
        now = self._clock()
        attempts = state["retry"].get(docid, {}).get("attempts", 0) + 1
        state["log"] = [*state["log"], {"at": now.isoformat(), "id": docid, "error": error}]
        state["log"] = state["log"][-LOG_LENGTH:]
        if attempts > len(RETRIES):
            state["retry"].pop(docid, None)
            return
        next_at = now + RETRIES[attempts - 1]
        state["retry"][docid] = {
            "attempts": attempts,
            "next_at": next_at.isoformat(),
            "error": error,
        }

    def _too_often(self, docid: str) -> bool:
        now = self._clock()
        if now - self._minute >= timedelta(minutes=1):
            self._minute = now
            self._runs.clear()
        self._runs[docid] += 1
        return self._runs[docid] > RUNS_PER_MINUTE


def _filled(state: dict[str, Any]) -> dict[str, Any]:
    return {
        "seq": state.get("seq", 0),
        "retry": dict(state.get("retry", {})),
        "log": list(state.get("log", [])),
    }
