"""Saying to a wait or a long work that it shall end."""

import threading
from collections.abc import Callable


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
