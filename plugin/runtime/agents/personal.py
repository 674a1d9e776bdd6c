"""Housekeeping of the databases that people have for themselves (mailboxes), all of them in turn.

One thread for however many there are: one question says which of them changed since the last round.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plugin.runtime.agents.feed import AgentFeed
from plugin.runtime.agents.housekeeping import housekeeper
from store.errors import NotFound

if TYPE_CHECKING:
    from plugin.runtime.office import Office


class PersonalFeeds:
    """The housekeepers of personal databases. Not thread-safe: one thread runs them."""

    def __init__(self, office: "Office") -> None:
        self._office = office
        self._feeds: dict[str, AgentFeed] = {}
        self._stood: dict[str, str] = {}

    def run_once(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Keep in order what changed, or is due again. Returns how often a housekeeper ran."""
        ran = 0
        for name, standing in self._office.server.standings(self._names()).items():
            if stop():
                return ran
            feed = self._feed(name)
            if self._stood.get(name) == standing and feed.seconds_to_next(1) > 0:
                continue
            try:
                ran += feed.run_once(stop)
            except NotFound:  # deleted just now
                continue
            self._stood[name] = "" if stop() else standing
        return ran

    def status(self) -> dict[str, dict[str, Any]]:
        """As `AgentRunner.status`, of those that failed at something."""
        told = {self._feed(name).agent.name: self._feed(name).status() for name in self._names()}
        return {name: state for name, state in told.items() if state["retry"] or state["log"]}

    def _names(self) -> list[str]:
        return [name for name, (_, spec) in self._office.owners().items() if spec.template]

    def _feed(self, name: str) -> AgentFeed:
        if name not in self._feeds:
            office, agent = self._office, housekeeper(name)
            db = office.server.database(name)
            self._feeds[name] = AgentFeed(db, office.system(), agent, clock=office.clock)
        return self._feeds[name]
