"""One process at a time: a lease on a name, kept in an ordinary document.

An ordinary one, because only these are compared and set: CouchDB takes any write to a `_local/`
document. No clock is compared with another machine's: who waits watches whether the holder's
revision moves, and takes over when it stood still for as long as the holder asked for. The holder
counts from before its last renewal, so it knows sooner than the others that it is over.

On a cluster that is cut in two, both halves may grant it. When they meet again CouchDB's winner,
which is the same everywhere, is the holder. A lease saves double work; that nothing is done twice
rests on telling ids and compare-and-set in the work itself.
"""

import os
import socket
import time
import uuid
from collections.abc import Callable

from store.api import Database
from store.errors import Conflict, NotFound
from store.types import Doc

SECONDS = 10.0


def elapsed() -> float:
    """Seconds that pass also while the machine sleeps, where the system can tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Lease:
    """The right to do the work called `name`, for `seconds` at a time.

    `seconds` have to be many times what a write takes. `elapsed` tells the time that passed on this
    machine. One thread acquires and releases; `held` may be asked by any.
    """

    def __init__(
        self,
        db: Database,
        name: str,
        *,
        seconds: float = SECONDS,
        docid: str | None = None,
        holder: str | None = None,
        elapsed: Callable[[], float] = elapsed,
    ) -> None:
        self.name = name
        self.seconds = seconds
        # Host and process are for people: containers share both.
        self.holder = holder or f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex}"
        self._db = db
        self._docid = docid or f"lease:{name}"
        self._elapsed = elapsed
        self._until = float("-inf")
        self._seen: tuple[str, float, float] = ("", 0.0, 0.0)

    def acquire(self) -> bool:
        """Take or renew the lease. False where another holds it, or got it at this moment."""
        now = self._elapsed()
        doc = self._read()
        if not self._is_free(doc, now):
            self._until = float("-inf")
            return False
        if not self._write(doc, self.holder):
            return False
        if doc.get("holder") != self.holder and self._read().get("holder") != self.holder:
            return False
        self._until = now + self.seconds
        return True

    def acquire_or_see(self) -> bool:
        """As `acquire`, but waits until it is had, or the holder has shown that it is alive."""
        first: str | None = None
        while True:
            before = self._db.info()["update_seq"]
            if self.acquire():
                return True
            rev, since, seconds = self._seen
            if first not in (None, rev):
                return False
            first = rev
            left = since + seconds - self._elapsed()
            self._db.wait_for_change(before, max(0.01, left))

    def held(self) -> bool:
        """Whether it is still ours: it was renewed, and not too long ago."""
        return self._elapsed() < self._until

    def release(self) -> None:
        """Give the lease back so that the next need not wait. Nothing happens if it was lost."""
        self._until = float("-inf")
        doc = self._read()
        if doc.get("holder") == self.holder:
            self._write(doc, None)

    def current(self) -> str | None:
        """Who has it (`host:process:…`), dead or alive; None where it was given back."""
        holder: str | None = self._read().get("holder")
        return holder

    def _is_free(self, doc: Doc, now: float) -> bool:
        holder = doc.get("holder")
        if not holder or holder == self.holder:
            return True
        rev, since, seconds = self._seen
        if doc["_rev"] != rev:
            self._seen = (doc["_rev"], now, float(doc["seconds"]))
            return False
        return now - since >= seconds

    def _read(self) -> Doc:
        try:
            return self._db.get(self._docid)
        except NotFound:
            return {}

    def _write(self, doc: Doc, holder: str | None) -> bool:
        parent = {"_rev": doc["_rev"]} if "_rev" in doc else {}
        new = {"_id": self._docid, "holder": holder, "seconds": self.seconds}
        try:
            self._db.put(new | parent)
        except Conflict:
            return False
        return True
