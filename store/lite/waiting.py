"""Waiting for changes of databases: woken at once by a commit of this process or of another."""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from store.cancel import Cancel
from store.errors import Unavailable
from store.lite.doorbell import Doorbell

LOOK_SECONDS = 5.0
"""After this time a waiter looks by itself: a message may have been lost."""
DEAF_LOOK_SECONDS = 0.2
"""The same where the system gives us no socket to hear others by."""


class Waiter:
    """One thread that waits for some databases."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self._guard = threading.Lock()
        self._told = set(self.names)
        self._woken = threading.Event()

    def tell(self, names: Iterable[str]) -> None:
        with self._guard:
            self._told.update(names)
        self._woken.set()

    def due(self) -> frozenset[str]:
        """The names told since the last call; all at the first one."""
        with self._guard:
            told, self._told = frozenset(self._told), set()
            self._woken.clear()
        return told

    def sleep(self, seconds: float) -> None:
        """Until somebody tells, or for `seconds`; then all names are due."""
        if not self._woken.wait(seconds):
            self.tell(self.names)

    def wake(self) -> None:
        self._woken.set()


class Waiting:
    """All who wait in this process. Thread-safe."""

    def __init__(self, directory: Path) -> None:
        self._guard = threading.Lock()
        self._waiters: dict[str, set[Waiter]] = {}
        self._doorbell = Doorbell(directory, self._tell)
        self._closed = False

    def announce(self, name: str) -> None:
        """Told after a commit that others may wait for."""
        self._tell(name)
        self._doorbell.ring(name)

    def wait(
        self,
        names: Collection[str],
        changed: Callable[[str], bool],
        timeout: float,
        cancel: Cancel | None,
    ) -> frozenset[str]:
        """The databases that `changed` says yes of, as soon as there are any; none after `timeout`
        seconds or when cancelled. Raises Unavailable where the store is closed."""
        end = time.monotonic() + timeout
        with self._waiter(names, cancel) as waiter:
            while True:
                # What comes while we look is heard, and due again: names are taken before the look.
                hears = self._doorbell.listen()
                found = frozenset(name for name in waiter.due() if changed(name))
                left = end - time.monotonic()
                if found or left <= 0 or (cancel is not None and cancel.is_set()):
                    return found
                waiter.sleep(min(left, LOOK_SECONDS if hears else DEAF_LOOK_SECONDS))
                if self._closed:
                    raise Unavailable("The store is closed.")

    def close(self) -> None:
        self._closed = True
        self._tell(None)
        self._doorbell.close()

    def _tell(self, name: str | None) -> None:
        with self._guard:
            if name is not None:
                told = list(self._waiters.get(name, ()))
            else:
                told = [each for waiters in self._waiters.values() for each in waiters]
        for waiter in told:
            waiter.tell(waiter.names if name is None else (name,))

    @contextmanager
    def _waiter(self, names: Iterable[str], cancel: Cancel | None) -> Iterator[Waiter]:
        waiter = Waiter(names)
        with self._guard:
            for name in waiter.names:
                self._waiters.setdefault(name, set()).add(waiter)
        if cancel is not None:
            cancel.tell(waiter.wake)
        try:
            yield waiter
        finally:
            if cancel is not None:
                cancel.untell(waiter.wake)
            with self._guard:
                for name in waiter.names:
                    self._waiters[name].discard(waiter)
                    if not self._waiters[name]:
                        del self._waiters[name]
