"""Saying to a wait or a long work that it shall end."""

import signal
import threading
from collections.abc import Callable
from types import FrameType


class Cancel(threading.Event):
    """An event that also wakes threads which wait for something else than itself."""

    def __init__(self) -> None:
        super().__init__()
        self._guard = threading.Lock()
        self._told: list[Callable[[], object]] = []

    def set(self) -> None:
        super().set()
        with self._guard:
            told = list(self._told)
        for callback in told:
            callback()

    def tell(self, callback: Callable[[], object]) -> None:
        """Call `callback` when this is set, or now where it is."""
        with self._guard:
            self._told.append(callback)
        if self.is_set():
            callback()

    def untell(self, callback: Callable[[], object]) -> None:
        """Call it no more."""
        with self._guard:
            self._told.remove(callback)


def told_to_stop() -> threading.Event:
    """An event that SIGTERM sets from now on, and SIGINT, also where the shell ignores it for a job
    in the background. Only the main thread may call this."""
    stop = threading.Event()

    def tell(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, tell)
    return stop
