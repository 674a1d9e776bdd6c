"""Ctrl-C in order: the step in work is finished first. The second one ends at once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from store.cancel import Cancel


@contextmanager
def interruptible() -> Iterator[Cancel]:
    """Set by SIGINT or SIGTERM within the block, in a process whose main thread runs it."""
    stop = Cancel()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}

    def tell(number: int, frame: FrameType | None) -> None:
        for one, handler in before.items():
            signal.signal(one, handler)
        # A handler runs between any two steps of the main thread, which may hold a lock.
        threading.Thread(target=stop.set).start()

    for number in numbers:
        signal.signal(number, tell)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
