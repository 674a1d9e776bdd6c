"""The ACLs of personal databases (mailboxes), remembered, so that a page need not open all of them.

Only to leave out quickly what somebody surely may not enter: who may is asked for anew.
"""

import threading
import time
from collections.abc import Callable, Sequence

from acl import Acl

FRESH = 60.0
"""Seconds after which an ACL is read again, because another process may have changed it."""
AT_ONCE = 5
"""How many of these are read again for one question; the oldest first."""


def personal_name(template: str, person: str) -> str:
    """The name of a person's database of a template."""
    return f"{template}_{person.replace('.', '_')}"


class PersonalAcls:
    """`read` gives the ACL of a database as it is now, None where it has none. Thread-safe."""

    def __init__(self, read: Callable[[str], Acl | None]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Acl]] = {}
        self._changes = 0

    def of(self, databases: Sequence[str]) -> dict[str, Acl]:
        """The ACL of each database that has one, by name."""
        with self._lock:
            known = dict(self._known)
        limit = time.monotonic() - FRESH
        new = [name for name in databases if name not in known]
        old = [name for name in databases if name in known and known[name][0] < limit]
        old.sort(key=lambda name: known[name][0])
        now = {name: self._read_now(name) for name in (*new, *old[:AT_ONCE])}
        found = {name: now[name] if name in now else known[name][1] for name in databases}
        return {name: acl for name, acl in found.items() if acl is not None}

    def forget(self, database: str) -> None:
        """Read this one again at the next question: it was changed by this process."""
        with self._lock:
            self._changes += 1
            self._known.pop(database, None)

    def _read_now(self, name: str) -> Acl | None:
        with self._lock:
            changes = self._changes
        read_at, acl = time.monotonic(), self._read(name)
        with self._lock:
            if acl is None:
                self._known.pop(name, None)
            elif changes == self._changes:  # else it may be older than what `forget` was told of
                self._known[name] = read_at, acl
        return acl
