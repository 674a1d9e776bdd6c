"""Runs the modules' agents and scheduled jobs: at once when something changes, and by the clock."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plugin.runtime.agents.feed import AgentFeed
from plugin.runtime.agents.housekeeping import housekeeper
from plugin.runtime.agents.personal import PersonalFeeds
from plugin.runtime.agents.schedule import Scheduler
from plugin.runtime.agents.workers import LONGEST_WAIT, Service, Work, Workers
from plugin.runtime.handover.running import Handovers
from plugin.runtime.people.directory import SETTINGS
from store.cancel import Cancel
from store.lease import Lease

if TYPE_CHECKING:
    from plugin.runtime.office import Office

LEASE = "agents"
ROUNDS = 20
"""How often `run_once` goes round at most: what one agent writes may call another."""

log = logging.getLogger(__name__)


class AgentRunner:
    """The agents and jobs of all modules of an office, under the server's own name, and its
    handovers, each under the name of who asked for it.

    `start` and `stop` run them in threads of this process, one process at a time by a lease;
    `run_once` does what there is to do now, in the caller's thread.
    """

    def __init__(self, office: "Office") -> None:
        self._office = office
        session = office.system()
        agents = [agent for module in office.modules for agent in module.agents]
        agents += [housekeeper(name) for name in _plain_databases(office)]
        present = [agent for agent in agents if office.server.exists(agent.database)]
        for agent in agents:
            if agent not in present:
                log.warning("agent %s: there is no database %s", agent.name, agent.database)
        self.feeds = [
            AgentFeed(office.server.database(agent.database), session, agent, clock=office.clock)
            for agent in present
        ]
        self._personal = PersonalFeeds(office)
        self._handovers = Handovers(office)
        jobs = [job for module in office.modules for job in module.scheduled]
        settings = office.server.database(SETTINGS)
        self._scheduler = Scheduler(settings, session, jobs, clock=office.clock)
        self.lease = Lease(office.coordination, LEASE)
        self._workers: Workers | None = None

    def run_once(self) -> int:
        """Run every job, and the agents until nothing is left for them. Returns how often they
        ran. The caller holds the lease or knows that nobody else runs agents."""
        ran = self._scheduler.run_all() + self._handovers.run_once()
        for _ in range(ROUNDS):
            round_ran = sum(feed.run_once() for feed in self.feeds) + self._personal.run_once()
            if not round_ran:
                break
            ran += round_ran
        return ran

    def status(self) -> dict[str, dict[str, Any]]:
        """For each agent what waits to be tried again, and its log of failures; of personal
        databases only those with some."""
        shared = {feed.agent.name: feed.status() for feed in self.feeds}
        return shared | self._personal.status()

    def start(self) -> None:
        databases = sorted({feed.agent.database for feed in self.feeds})
        steps = [self._feed_step(name) for name in databases]
        steps += [self._handovers.step] if self._handovers.there else []
        self._workers = Workers(self.lease, [*steps, self._personal_step, self._schedule_step])
        self._workers.start()

    def stop(self) -> None:
        if self._workers is not None:
            self._workers.stop()
            self._workers = None

    def _feed_step(self, database: str) -> Work:
        feeds = [feed for feed in self.feeds if feed.agent.database == database]
        db = self._office.server.database(database)

        def step(stop: Cancel) -> None:
            before = db.info()["update_seq"]
            for feed in feeds:
                feed.run_once(stop.is_set)
            patience = min(feed.seconds_to_next(LONGEST_WAIT) for feed in feeds)
            db.wait_for_change(before, patience, stop)

        return step

    def _personal_step(self, stop: Cancel) -> None:
        self._personal.run_once(stop.is_set)
        stop.wait(LONGEST_WAIT)

    def _schedule_step(self, stop: Cancel) -> None:
        self._scheduler.run_due()
        stop.wait(min(LONGEST_WAIT, self._scheduler.seconds_to_next()))


def _plain_databases(office: "Office") -> list[str]:
    specs = [spec for module in office.modules for spec in module.databases]
    return [spec.name for spec in specs if not spec.template]


class Idle:
    """The service of a laptop: its notices and agents' work are done at the office, where its
    changes arrive by replication. Done in both places they would make conflicts."""

    def start(self) -> None:
        log.info("a laptop: agents and notices run at the office")

    def stop(self) -> None:
        """There is nothing to end."""


def at_office(office: "Office", make: Callable[["Office"], Service]) -> Service:
    """The service where this is an office, an idle one on a laptop."""
    return make(office) if office.kind == "office" else Idle()


def service(office: "Office") -> Service:
    """The agents as a service, for the entry-point group `divan.services`."""
    return at_office(office, AgentRunner)
