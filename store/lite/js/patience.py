"""The time that functions which fail may take in one request, all of them together."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from store.errors import DesignError
from store.lite.js.pool import TIMEOUT, TimedOut

SHORTEST = 0.05
"""Seconds below which a call is not begun."""


class Patience:
    """Belongs to one request, which ends within `seconds` and the time of what works."""

    def __init__(self, seconds: float = TIMEOUT) -> None:
        self._left = seconds

    @contextmanager
    def tried(self) -> Iterator[float]:
        """For one call: the seconds it may take, half of what is left, so that others can be tried
        after it. Its time counts where it raises DesignError. Raises TimedOut at the end."""
        limit = self._left / 2
        if limit < SHORTEST:
            raise TimedOut("os_process_error", "other functions of this request took too long")
        begin = time.monotonic()
        try:
            yield limit
        except DesignError:
            self._left -= time.monotonic() - begin
            raise
