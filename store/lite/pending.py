"""How many changes come after a place: `pending` of a changes feed."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

KEPT = 64


class PendingCounts:
    """Remembers counts, so that a feed that is read page by page is counted once. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[Hashable, int], int] = OrderedDict()

    def after(
        self, feed: Hashable, place: int, *, before: int, passed: int, count: Callable[[], int]
    ) -> int:
        """The number of changes past `place`, which `count` finds out. `passed` of them lie after
        `before`, where the last page ended, and up to `place`. `feed` names what is counted in the
        state that it is in: another one where anything changed."""
        with self._lock:
            known = self._known.get((feed, before))
        found = count() if known is None else known - passed
        with self._lock:
            self._known[feed, place] = found
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return found
