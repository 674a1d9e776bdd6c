"""A sync whenever something changed, here or at the office, until it is told to stop."""

import threading
from collections.abc import Callable, Mapping

from plugin.runtime.errors import DivanError, Stopped
from plugin.runtime.replica.alone import Busy
from plugin.runtime.replica.laptop import Replica, Show
from plugin.runtime.replica.remote import Unreachable
from plugin.runtime.replica.sync import Synced
from store.cancel import Cancel
from store.types import Seq

PAUSES = (5.0, 15.0, 60.0, 300.0)
"""Seconds to wait after the 1st, 2nd … try in a row that did not reach the office."""
PATIENCE = 25.0
"""Seconds of one question to the office whether something changed."""
LONGEST_WAIT = 300.0
"""Seconds after which a sync is due although nobody told of a change: machines sleep."""

Told = Callable[[list[Synced]], object]
Away = Callable[[DivanError, float], object]
"""(what the office, or another sync, is not there for; seconds until the next try)"""


class Follower:
    """Both sides are asked by the feeds of their changes; nobody looks again and again."""

    def __init__(self, replica: Replica, cancel: Cancel) -> None:
        """`cancel` must be the one of `replica`."""
        self._replica = replica
        self._cancel = cancel
        self._woken = Cancel()
        self._guard = threading.Condition()
        self._there: Mapping[str, Seq] | None = None

    def run(self, told: Told, away: Away, show: Show = lambda *_: None) -> None:
        """Follow until `cancel` is set. Raises what is not a matter of time, such as Revoked."""
        self._cancel.tell(self._stop)
        threading.Thread(target=self._watch_office, name="office-watch", daemon=True).start()
        failures = 0
        try:
            while not self._cancel.is_set():
                try:
                    done = self._replica.sync(show)
                except Stopped:
                    return
                except (Unreachable, Busy) as error:
                    pause = pause_after(failures)
                    failures += 1
                    away(error, pause)
                    self._cancel.wait(pause)
                    continue
                failures = 0
                told(done)
                self._wait(done)
        finally:
            self._cancel.untell(self._stop)
            self._stop()

    def _wait(self, done: list[Synced]) -> None:
        """Return when a database changed here or there since this sync."""
        alive = [one for one in done if self._replica.office.server.exists(one.database)]
        self._woken.clear()
        with self._guard:
            self._there = {one.database: one.there for one in alive}
            self._guard.notify_all()
        if self._cancel.is_set():
            return
        here = {one.database: one.here for one in alive}
        self._replica.office.server.wait_for_changes(here, LONGEST_WAIT, self._woken)

    def _watch_office(self) -> None:
        """One question at a time, with what the last sync reached; what an older one is answered
        does not count, since the newer one would be answered too."""
        while True:
            with self._guard:
                self._guard.wait_for(lambda: self._there is not None or self._cancel.is_set())
                asked = self._there
            if self._cancel.is_set() or asked is None:
                return
            try:
                answer = self._replica.remote.wait(asked, PATIENCE)
            except DivanError:
                answer = {"changed": list(asked)}  # the next sync tells what is wrong
            with self._guard:
                if asked is self._there and answer["changed"]:
                    self._there = None
                    self._woken.set()
            self._cancel.wait(float(answer.get("pause", 0)))

    def _stop(self) -> None:
        self._woken.set()
        with self._guard:
            self._guard.notify_all()


def pause_after(failures: int) -> float:
    """Seconds to wait after so many failures in a row before this one."""
    return PAUSES[min(failures, len(PAUSES) - 1)]
