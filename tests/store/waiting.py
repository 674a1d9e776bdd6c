"""Waiting in a test for what other threads and processes do, where nothing tells of it."""

import threading
import time
from collections.abc import Callable


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Return once `condition` holds; fail after `seconds`."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, "what was waited for did not happen"
        pause.wait(0.02)
