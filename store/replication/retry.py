"""Trying again what may pass: the network, an overloaded or restarting server."""

import random
import threading
from collections.abc import Callable
from typing import TypeVar

from store.errors import (
    Damaged,
    DesignError,
    DiskFailure,
    StoreError,
    Unavailable,
    UnsupportedFormat,
)

Answer = TypeVar("Answer")

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 60.0
LASTING = (Damaged, DesignError, DiskFailure, UnsupportedFormat)
"""Errors with a status of 500 and above that stay until somebody does something."""


class Cancelled(Exception):
    """The run was ended while it waited for its next try."""


def may_pass(error: StoreError) -> bool:
    """Whether the same request may succeed later without anybody's doing."""
    return error.status >= 500 and not isinstance(error, LASTING)


def pause_before(number: int, error: StoreError) -> float:
    """Seconds before try `number` (from 1): doubled each time up to a minute, less a random part,
    so that many clients of one server do not come back in step; at least what the server asks."""
    most = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(number - 1, 16))
    asked = error.retry_after if isinstance(error, Unavailable) else 0.0
    return max(asked, most * random.uniform(0.5, 1.0))


class Patience:
    """Tries each request up to `retries` times again (None: for ever) until `ended` is set."""

    def __init__(self, retries: int | None, ended: threading.Event) -> None:
        self._retries = retries
        self._ended = ended

    def __call__(self, request: Callable[[], Answer]) -> Answer:
        """The answer of `request`, which must do no harm when done twice.

        Raises Cancelled where the run ended meanwhile, else the error of the last try.
        """
        tries = 0
        while True:
            try:
                return request()
            except StoreError as error:
                tries += 1
                if not may_pass(error) or (self._retries is not None and tries > self._retries):
                    raise
                if self._ended.wait(pause_before(tries, error)):
                    raise Cancelled from error
