"""How many changes come after a sequence: `pending` of the changes feed."""

import sqlite3
import threading
from collections import OrderedDict

from store.lite.storage import State

KEPT = 64


class PendingCounts:
    """Remembers counts, so that a feed that is read page by page is counted once. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, int, int], int] = OrderedDict()

    def after(
        self, conn: sqlite3.Connection, state: State, seq: int, *, before: int, passed: int
    ) -> int:
        """The number of changes past `seq`. `passed` of them lie after `before`, where the last
        page ended, and up to `seq`."""
        with self._lock:
            known = self._known.get((state.created, state.update_seq, before))
        found = _count(conn, seq) if known is None else known - passed
        with self._lock:
            self._known[state.created, state.update_seq, seq] = found
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return found


def _count(conn: sqlite3.Connection, seq: int) -> int:
    found: int = conn.execute("SELECT count(*) FROM docs WHERE seq > ?", (seq,)).fetchone()[0]
    return found
