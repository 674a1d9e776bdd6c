"""Ids for new documents, by CouchDB's algorithms (documentation 3.5, `[uuids] algorithm`)."""

import secrets
import threading
import time
from collections.abc import Callable

PREFIX_DIGITS = 26
OVERFLOW = 0xFFF000


class _Sequential:
    """26 random digits and a number that grows by random steps: ids made one after the other
    stand together in an index, and nobody guesses the next one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begin()

    def __call__(self) -> str:
        with self._lock:
            if self._number >= OVERFLOW:
                self._begin()
            made = f"{self._prefix}{self._number:06x}"
            self._number += 1 + secrets.randbelow(0xFFD)
            return made

    def _begin(self) -> None:
        self._prefix = secrets.token_hex(PREFIX_DIGITS // 2)
        self._number = 1 + secrets.randbelow(0xFFD)


class _Clock:
    """The time in microseconds, never the same twice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> str:
        with self._lock:
            self._last = max(self._last + 1, time.time_ns() // 1000)
            return f"{self._last:014x}"


_utc = _Clock()


def _random() -> str:
    return secrets.token_hex(16)


class Uuids:
    """Makes ids by the named algorithm; by the sequential one where it is not known. `suffix` ends
    those of `utc_id`."""

    def __init__(self, algorithm: str = "sequential", suffix: str = "") -> None:
        known: dict[str, Callable[[], str]] = {
            "random": _random,
            "utc_random": lambda: _utc() + secrets.token_hex(9),
            "utc_id": lambda: _utc() + suffix,
        }
        self._make = known.get(algorithm) or _Sequential()

    def __call__(self) -> str:
        return self._make()


new_uuid = Uuids()
"""Ids for the documents that come without one."""
