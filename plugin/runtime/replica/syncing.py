"""The syncs of a laptop that is being served: by timetable, at once when asked, with progress.

One thread waits, syncs, and remembers how it went; pages look at `now` and call the rest.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from plugin.runtime.errors import DivanError, Stopped
from plugin.runtime.messages import Message
from plugin.runtime.office import Office
from plugin.runtime.replica.alone import Busy
from plugin.runtime.replica.following import pause_after
from plugin.runtime.replica.laptop import FILE, Laptop, Replica
from plugin.runtime.replica.remote import Unreachable
from plugin.runtime.replica.timetable import Timetable
from store.cancel import Cancel
from store.errors import StoreError
from store.replication import Progress

LOOK_AGAIN = 60.0
"""Seconds after which the clock is looked at again: machines sleep, and clocks are set."""
PATIENCE = 20.0
"""Seconds that `stop` waits for the sync under way."""
BROKEN = Message("The sync failed. What came is kept, and the next one goes on from there.")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Now:
    """What is going on. `problem` is why the last sync did not end well; `away` says that it was
    because the office does not answer. `documents` and `size` (bytes) were received so far."""

    running: bool = False
    database: str = ""
    documents: int = 0
    size: int = 0
    problem: Message | None = None
    away: bool = False
    due: datetime | None = None


class Syncing:
    """Of one served laptop. `start` and `stop` as any service; the others from any thread."""

    def __init__(self, office: Office, make: Callable[[Office, Cancel], Replica] = Replica) -> None:
        self._office = office
        self._make = make
        self._changed = threading.Condition()
        self._now = Now()
        self._wanted = self._ended = False
        self._cancel = Cancel()
        self._tried: datetime | None = None
        self._failures = 0
        self._thread: threading.Thread | None = None

    @property
    def now(self) -> Now:
        with self._changed:
            return self._now

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._cancel.set()
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def ask(self) -> None:
        """Synchronise now; nothing more where that is happening."""
        with self._changed:
            if not self._now.running:
                self._wanted = True
                self._now = replace(self._now, running=True, documents=0, size=0, database="")
            self._changed.notify_all()

    def cancel(self) -> None:
        """End the sync under way after the step in work; the next one goes on from there."""
        self._cancel.set()

    def look_again(self) -> None:
        """The timetable was changed."""
        with self._changed:
            self._changed.notify_all()

    def wait_for(self, wanted: Callable[[Now], bool], timeout: float) -> bool:
        """Wait until it is as wanted; whether it is, after `timeout` seconds at most."""
        with self._changed:
            return self._changed.wait_for(lambda: wanted(self._now), timeout)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._ended and not self._wanted and not self._is_due():
                    self._changed.wait(self._seconds_to_next())
                if self._ended:
                    return
                self._wanted = False
                self._cancel = Cancel()
                self._now = Now(running=True)
            problem, away = self._sync()
            self._failures = self._failures + 1 if away else 0
            with self._changed:
                self._tried = self._office.clock()
                self._now = Now(problem=problem, away=away, due=self._due())
                self._changed.notify_all()

    def _sync(self) -> tuple[Message | None, bool]:
        try:
            self._make(self._office, self._cancel).sync(self._show)
        except (Unreachable, Busy) as error:
            return error.message, isinstance(error, Unreachable)
        except Stopped as error:
            return error.message, False
        except DivanError as error:
            log.warning("the sync failed: %s", error)
            return error.message, False
        except StoreError as error:
            log.warning("the sync failed: %s", error.reason)
            return BROKEN, error.status == 503
        return None, False

    def _show(self, database: str, step: str, progress: Progress) -> None:
        with self._changed:
            same = self._now.database == database
            done = replace(self._now, database=database)
            if step == "pull":
                self._before = (self._now.documents, self._now.size) if not same else self._before
                documents, size = self._before
                counts = progress.counts
                done = replace(done, documents=documents + counts.written, size=size + counts.bytes)
            self._now = done
            self._changed.notify_all()

    _before = (0, 0)

    def _timetable(self) -> Timetable | None:
        if not (self._office.data / FILE).exists():
            return None
        return Laptop.read(self._office.data).timetable

    def _due(self) -> datetime | None:
        timetable = self._timetable()
        if timetable is None:
            return None
        zone = ZoneInfo(str(self._office.settings.time_zone))
        due = timetable.due(self._tried, zone)
        if due is None or not self._failures or self._tried is None:
            return due
        return self._tried + timedelta(seconds=pause_after(self._failures - 1))

    def _is_due(self) -> bool:
        due = self._due()
        return due is not None and due <= self._office.clock()

    def _seconds_to_next(self) -> float:
        due = self._due()
        if due is None:
            return LOOK_AGAIN
        left = (due - self._office.clock().astimezone(UTC)).total_seconds()
        return min(max(left, 0.01), LOOK_AGAIN)
