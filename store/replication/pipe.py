"""A run's two halves: one thread reads ahead while the other writes."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from store.cancel import Cancel

Item = TypeVar("Item")


class ReadAhead(Generic[Item]):
    """The items of `source`, made in a thread that is never more than `ahead` items further.

    Iterating raises what `source` raises. `ended` stops both sides; who iterates sets it when he
    leaves, and joins.
    """

    def __init__(self, source: Iterable[Item], ended: Cancel, ahead: int = 1) -> None:
        self._source = source
        self._ended = ended
        self._ahead = ahead
        self._items: deque[Item] = deque()
        self._changed = threading.Condition()
        self._thread = ThreadPoolExecutor(1, "replication")
        ended.tell(self._wake)
        self._reading = self._thread.submit(self._read)
        self._reading.add_done_callback(lambda reading: self._wake())

    def __iter__(self) -> Iterator[Item]:
        while (item := self._take()) is not None:
            yield item

    def join(self) -> None:
        """Wait until the reading has ended; `ended` must be set."""
        self._thread.shutdown()

    def _take(self) -> Item | None:
        """The next item; None at the end, or where the run was ended."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._items or self._reading.done() or self._ended.is_set()
            )
            if self._ended.is_set():
                return None
            if self._items:
                item = self._items.popleft()
                self._changed.notify_all()
                return item
        self._reading.result()  # raises what stopped it
        return None

    def _read(self) -> None:
        for item in self._source:
            with self._changed:
                self._changed.wait_for(
                    lambda: len(self._items) < self._ahead or self._ended.is_set()
                )
                if self._ended.is_set():
                    return
                self._items.append(item)
                self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
