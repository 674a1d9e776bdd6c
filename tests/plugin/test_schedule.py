"""Jobs by the clock."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from plugin import Scheduled
from plugin.runtime.agents.schedule import Scheduler
from store.api import Database
from store.lite.server import LiteServer
from tests.plugin.steady_clock import SteadyClock


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    server = LiteServer(tmp_path)
    server.create("settings")
    yield server.database("settings")
    server.close()


class Jobs:
    def __init__(self, db: Database, clock: SteadyClock) -> None:
        self.ran: list[tuple[str, datetime]] = []
        self.fails = False
        self._db, self._clock = db, clock

    def scheduler(self, **every: float) -> Scheduler:
        jobs = [Scheduled(name, seconds, self._run(name)) for name, seconds in every.items()]
        session: Any = None  # handed through to the jobs, which do not use it here
        return Scheduler(self._db, session, jobs, clock=self._clock)

    def _run(self, name: str) -> Any:
        def run(session: Any, now: datetime) -> None:
            self.ran.append((name, now))
            if self.fails:
                raise ValueError("the job fails")

        return run


def test_each_job_runs_at_its_own_pace(db: Database) -> None:
    clock = SteadyClock()
    jobs = Jobs(db, clock)
    scheduler = jobs.scheduler(quick=2, slow=5)
    for _ in range(10):  # seconds 0 to 9
        scheduler.run_due()
        clock.forward(seconds=1)
    assert [name for name, _ in jobs.ran].count("quick") == 5
    assert [name for name, _ in jobs.ran].count("slow") == 2


def test_it_tells_how_long_nothing_is_due(db: Database) -> None:
    clock = SteadyClock()
    scheduler = Jobs(db, clock).scheduler(slow=60)
    assert scheduler.seconds_to_next() == 0
    scheduler.run_due()
    clock.forward(seconds=15)
    assert scheduler.seconds_to_next() == 45


def test_a_rare_job_remembers_its_last_run_over_a_restart(db: Database) -> None:
    clock = SteadyClock()
    jobs = Jobs(db, clock)
    jobs.scheduler(nightly=86400).run_due()
    clock.forward(hours=23)
    assert jobs.scheduler(nightly=86400).run_due() == 0
    clock.forward(hours=49)  # the machine was off for two days: once, not twice
    restarted = jobs.scheduler(nightly=86400)
    assert restarted.run_due() == 1
    assert restarted.run_due() == 0


def test_a_job_that_fails_comes_again_and_stops_no_other(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    clock = SteadyClock()
    jobs = Jobs(db, clock)
    jobs.fails = True
    scheduler = jobs.scheduler(first=10, second=10)
    assert scheduler.run_due() == 2
    clock.forward(seconds=10)
    assert scheduler.run_due() == 2
    assert db.get_local("_local/schedule-first")["error"] == "ValueError: the job fails"
    assert "the job fails" in caplog.text
