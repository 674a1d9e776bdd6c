"""How often a sign-in may be tried: a few wrong ones at once, then one now and then.

Pure but for the clock that is given; in memory, so a restart forgets it.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Throttle:
    """Counts failures by key (login, address). After `free` ones each further doubles the wait.

    `first` and `longest` are seconds; a key that had no failure for `longest` is forgotten.
    """

    clock: Callable[[], float]
    free: int = 5
    first: float = 2.0
    longest: float = 900.0
    _failures: dict[str, tuple[int, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, *keys: str) -> float:
        """Seconds until another try with any of these keys is taken; 0 for now."""
        now = self.clock()
        with self._lock:
            return max((self._wait(key, now) for key in keys), default=0.0)

    def failed(self, *keys: str) -> None:
        """Note one wrong try."""
        now = self.clock()
        with self._lock:
            self._forget(now)
            for key in keys:
                count, _ = self._failures.get(key, (0, now))
                self._failures[key] = (count + 1, now)

    def succeeded(self, key: str) -> None:
        """Forget the failures of a key."""
        with self._lock:
            self._failures.pop(key, None)

    def _wait(self, key: str, now: float) -> float:
        count, last = self._failures.get(key, (0, now))
        if count < self.free:
            return 0.0
        pause = min(self.longest, self.first * 2.0 ** min(count - self.free, 30))
        return max(0.0, last + pause - now)

    def _forget(self, now: float) -> None:
        for key, (_, last) in list(self._failures.items()):
            if now - last > self.longest:
                del self._failures[key]


def monotonic_throttle() -> Throttle:
    """The throttle that the shell uses."""
    return Throttle(time.monotonic)
