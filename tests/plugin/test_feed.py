"""Agents on the changes feed: each change, again after a crash, failures set aside."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugin import Agent
from plugin.runtime.agents.feed import RETRIES, RUNS_PER_MINUTE, AgentFeed
from store.api import Database
from store.lite.server import LiteServer
from tests.plugin.steady_clock import SteadyClock


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    server = LiteServer(tmp_path)
    server.create("tracking")
    yield server.database("tracking")
    server.close()


class Recorder:
    """An agent that notes what it was called with; fails for the ids in `broken`."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.broken: set[str] = set()

    def run(self, session: Any, doc: dict[str, Any]) -> None:
        self.seen.append(f"{doc['_id']} {doc.get('text', '')}".strip())
        if doc["_id"] in self.broken:
            raise ValueError("this one fails")


def feed(db: Database, recorder: Recorder, clock: SteadyClock) -> AgentFeed:
    agent = Agent("notices", "tracking", frozenset({"chase"}), recorder.run)
    session: Any = None  # handed through to the agent, which does not use it here
    return AgentFeed(db, session, agent, clock=clock)


def chase(number: int, **items: Any) -> dict[str, Any]:
    return {"_id": f"chase:{number}", "form": "chase", **items}


def test_it_runs_for_documents_of_its_forms_and_each_change_once(db: Database) -> None:
    recorder, clock = Recorder(), SteadyClock()
    db.put({"_id": "deal:1", "form": "deal"})
    rev = db.put(chase(1))
    gone = db.put(chase(2))
    db.delete("chase:2", gone)
    assert feed(db, recorder, clock).run_once() == 1
    assert feed(db, recorder, clock).run_once() == 0, "the checkpoint is kept over a restart"
    db.put(chase(1, _rev=rev, text="again"))
    assert feed(db, recorder, clock).run_once() == 1
    assert recorder.seen == ["chase:1", "chase:1 again"]


def test_what_fails_waits_and_holds_up_nobody(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    recorder, clock = Recorder(), SteadyClock()
    recorder.broken = {"chase:1"}
    db.bulk_docs([chase(1), chase(2)])
    running = feed(db, recorder, clock)
    running.run_once()
    assert recorder.seen == ["chase:1", "chase:2"]
    assert running.run_once() == 0, "not before its time"
    recorder.broken.clear()
    clock.forward(seconds=RETRIES[0].total_seconds())
    assert feed(db, recorder, clock).run_once() == 1
    assert running.status()["retry"] == {}
    assert running.status()["log"][0]["error"] == "ValueError: this one fails"
    assert "chase:1" in caplog.text


def test_what_fails_always_is_given_up_after_a_bounded_number_of_tries(db: Database) -> None:
    recorder, clock = Recorder(), SteadyClock()
    recorder.broken = {"chase:1"}
    db.put(chase(1))
    running = feed(db, recorder, clock)
    for _ in range(20):
        running.run_once()
        clock.forward(hours=1)
    assert len(recorder.seen) == 1 + len(RETRIES)
    assert running.status()["retry"] == {}
    assert len(running.status()["log"]) == 1 + len(RETRIES)


def test_a_deleted_document_is_not_tried_again(db: Database) -> None:
    recorder, clock = Recorder(), SteadyClock()
    recorder.broken = {"chase:1"}
    rev = db.put(chase(1))
    running = feed(db, recorder, clock)
    running.run_once()
    db.delete("chase:1", rev)
    clock.forward(hours=1)
    assert running.run_once() == 0
    assert running.status()["retry"] == {}


def test_an_agent_that_calls_itself_is_slowed_down(db: Database) -> None:
    class Restless(Recorder):
        def run(self, session: Any, doc: dict[str, Any]) -> None:
            super().run(session, doc)
            db.put({**doc, "text": str(len(self.seen))})

    recorder, clock = Restless(), SteadyClock()
    db.put(chase(1))
    running = feed(db, recorder, clock)
    running.run_once()
    assert len(recorder.seen) == RUNS_PER_MINUTE
    assert "again and again" in running.status()["log"][0]["error"]


def test_a_crash_before_the_checkpoint_brings_the_changes_again(db: Database) -> None:
    class Crash(BaseException):
        pass

    class Mortal(Recorder):
        def run(self, session: Any, doc: dict[str, Any]) -> None:
            super().run(session, doc)
            if len(self.seen) == 2:
                raise Crash

    recorder, clock = Mortal(), SteadyClock()
    db.bulk_docs([chase(n) for n in range(3)])
    with pytest.raises(Crash):
        feed(db, recorder, clock).run_once()
    feed(db, recorder, clock).run_once()
    assert recorder.seen == ["chase:0", "chase:1", "chase:0", "chase:1", "chase:2"]
