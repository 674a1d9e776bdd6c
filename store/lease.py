"""One process at a time: a lease on a name, kept in a `_local/` document.

A lease expires, so that a process that was killed or cut off does not hold the work up. It saves
double work; that nothing is done twice rests on telling ids and compare-and-set, since a process
may be paused for longer than its lease.
"""

import os
import socket
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from store.api import Database
from store.bookkeeping import Checkpoint
from store.errors import Conflict


class Lease:
    """The right to do the work called `name`, for `seconds` at a time.

    `clock` gives the present time (with a time zone). The store's machines must agree on the time
    to within the lease's length.
    """

    def __init__(
        self,
        db: Database,
        name: str,
        *,
        clock: Callable[[], datetime],
        seconds: float = 10.0,
        holder: str | None = None,
    ) -> None:
        self.name = name
        self.seconds = seconds
        self.holder = holder or f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._checkpoint = Checkpoint(db, f"lease-{name}")
        self._clock = clock

    def acquire(self) -> bool:
        """Take or renew the lease. False where another holds it."""
        now = self._clock()
        state = self._checkpoint.load()
        if not self._free(state, now):
            return False
        until = now + timedelta(seconds=self.seconds)
        try:
            self._checkpoint.save({"holder": self.holder, "until": until.isoformat()})
        except Conflict:
            return False
        return True

    def release(self) -> None:
        """Give the lease back so that the next need not wait. Nothing happens if it was lost."""
        state = self._checkpoint.load()
        if state.get("holder") == self.holder:
            try:
                self._checkpoint.save({"holder": None, "until": self._clock().isoformat()})
            except Conflict:
                return  # somebody took it meanwhile: it is theirs

    def current(self) -> str | None:
        """Who holds the lease now (`host:process:…`), None where it is free."""
        state = self._checkpoint.load()
        return None if self._free(state, self._clock(), mine=False) else state["holder"]

    def _free(self, state: dict[str, Any], now: datetime, *, mine: bool = True) -> bool:
        holder = state.get("holder")
        if not holder or (mine and holder == self.holder):
            return True
        return datetime.fromisoformat(state["until"]) <= now or _is_dead(holder)


def _is_dead(holder: str) -> bool:
    """True where the holder was a process of this machine and is no more.

    Lets a restarted process go on at once. Only on POSIX: elsewhere signal 0 may end a process.
    """
    host, _, rest = holder.rpartition(":")[0].rpartition(":")
    if os.name != "posix" or host != socket.gethostname() or not rest.isdigit():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
