"""Threads that do the work behind the pages, as long as this process holds a lease."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from store.cancel import Cancel
from store.lease import Lease

PAUSES = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Seconds to wait after the 1st, 2nd … failure of a step in a row."""
LONGEST_WAIT = 30.0
"""Seconds after which a step that waits for a change goes round again: clocks are set, and machines
sleep."""
PATIENCE = 20.0
"""Seconds that `stop` waits for the step under way."""

log = logging.getLogger(__name__)


class Service(Protocol):
    """What an entry point of the group `divan.services` gives for an office."""

    def start(self) -> None: ...

    def stop(self) -> None:
        """End the work in an orderly way; returns when it has ended or after a fair wait."""
        ...


Work = Callable[[Cancel], None]
"""One pass of work. Waits for something to do, at most `LONGEST_WAIT` or so; ends early when it is
cancelled. What it raises is logged, and the step is called again after a pause."""


class Tenure(Cancel):
    """One time of holding the lease: it ends with it, or with the process. A process that was
    paused for longer than its lease learns it here, before it does another thing."""

    def __init__(self, lease: Lease) -> None:
        super().__init__()
        self._lease = lease

    def is_set(self) -> bool:
        return super().is_set() or not self._lease.held()


@dataclass
class Workers:
    """A thread for each step, and one that keeps the lease."""

    lease: Lease
    steps: Sequence[Work]
    _stop: threading.Event = field(default_factory=threading.Event)
    _held: threading.Event = field(default_factory=threading.Event)
    _tenure: Tenure = field(init=False)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self._tenure = Tenure(self.lease)
        jobs: list[Callable[[], None]] = [self._keep_lease]
        jobs += [lambda step=step: self._work(step) for step in self.steps]  # type: ignore[misc]
        for number, job in enumerate(jobs):
            name = f"{self.lease.name}-{number}"
            thread = threading.Thread(target=job, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._tenure.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        self._threads.clear()

    @property
    def active(self) -> bool:
        """True while this process holds the lease."""
        return self.lease.held() and not self._stop.is_set()

    def _keep_lease(self) -> None:
        while not self._stop.is_set():
            try:
                held = self.lease.acquire()
            except Exception:
                log.exception("the lease %s cannot be renewed", self.lease.name)
                held = self.lease.held()
            if held and not self._held.is_set():
                self._tenure = Tenure(self.lease)
                self._held.set()
            elif not held:
                self._held.clear()
                self._tenure.set()
            self._stop.wait(self.lease.seconds / 3)
        self._tenure.set()
        self._held.set()  # wakes those that wait for the lease: now nobody clears it again
        for thread in self._threads[1:]:
            thread.join(PATIENCE)
        self.lease.release()

    def _work(self, step: Work) -> None:
        failures = 0
        while not self._stop.is_set():
            self._held.wait()
            tenure = self._tenure
            if self._stop.is_set():
                return
            if tenure.is_set():  # lost, which the thread that keeps the lease is about to notice
                self._stop.wait(self.lease.seconds / 10)
                continue
            try:
                step(tenure)
                failures = 0
            except Exception:
                log.exception("a step of %s failed", self.lease.name)
                tenure.wait(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1
