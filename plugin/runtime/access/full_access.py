"""Full access: an administrator passes lists and Readers items for some minutes, and all is logged.

After the Full Access Administrators of Notes. The log is a database that only the server reaches:
lines are added, nobody changes one. It is for the pages of the office; replication never has it.
"""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Protocol

from acl import Identity, Level
from plugin.runtime.clock import Clock, parse_stamp, stamp
from plugin.runtime.coordination import server_database
from plugin.runtime.errors import BadInput, NotFound, Refused
from plugin.runtime.people.directory import ADMINISTRATORS
from store.api import Database, Server
from store.errors import Conflict
from store.errors import NotFound as Missing
from store.types import ViewOptions

DATABASE = "full_access"
LONGEST_REASON = 300
EACH = ("changed", "deleted")
"""What is logged each time; the rest once for each grant."""


class HasSettings(Protocol):
    """The part of an Office that full access needs."""

    @property
    def kind(self) -> str: ...

    @property
    def server(self) -> Server: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def settings(self) -> Any: ...


@dataclass(frozen=True)
class Grant:
    """Full access of one person, from one moment to another."""

    id: str
    person: str
    reason: str
    at: datetime
    until: datetime


@dataclass(frozen=True)
class Logged:
    """One line of the log. `what` is started, ended, listed, searched, opened, changed or deleted;
    `about` the document, listing or words."""

    at: str
    person: str
    what: str
    reason: str
    database: str = ""
    about: str = ""


def may_have(office: HasSettings, identity: Identity) -> bool:
    """Whether somebody may turn it on, and read the log: an administrator, at the office."""
    return office.kind == "office" and ADMINISTRATORS in identity.plain_groups


class FullAccess:
    """Grants and log of one office."""

    def __init__(self, office: HasSettings) -> None:
        self._office = office

    @cached_property
    def _db(self) -> Database:
        return server_database(self._office.server, DATABASE, history=1)

    def start(self, identity: Identity, reason: str) -> Grant:
        """Begin it, for as long as the setting says. Raises NotFound for who is no administrator,
        Refused for a session that is capped, BadInput without a reason."""
        if not may_have(self._office, identity):
            raise NotFound
        if identity.cap < Level.MANAGER:
            raise Refused("The highest level of this kind of session does not let you do this.")
        reason = reason.strip()
        if not reason:
            raise BadInput("Please say why you need full access.")
        if len(reason) > LONGEST_REASON:
            raise BadInput("The reason may have at most {count} characters.", count=LONGEST_REASON)
        now = self._office.clock()
        until = now + timedelta(minutes=int(self._office.settings.full_access_minutes))
        grant = Grant(uuid.uuid4().hex, str(identity.name), reason, now, until)
        self._db.put({"_id": f"grant:{grant.id}", **_raw(grant)})
        self._add(grant, "started", now)
        return grant

    def active(self, grant_id: str, identity: Identity) -> Grant | None:
        """The grant if it is this person's and goes on; one whose time is over ends here."""
        doc = self._read(grant_id)
        if doc is None or doc["person"] != identity.name:
            return None
        grant = _grant(grant_id, doc)
        if not may_have(self._office, identity):
            self.end(grant_id, identity)
            return None
        return None if self._is_over(grant) else grant

    def end(self, grant_id: str, identity: Identity) -> None:
        """End a person's own grant; nothing where it is over already."""
        doc = self._read(grant_id)
        if doc is None or doc["person"] != identity.name:
            return
        grant = _grant(grant_id, doc)
        if not self._is_over(grant):
            self._add(grant, "ended", self._office.clock())

    def note(self, grant: Grant, what: str, database: str, about: str = "") -> None:
        """Log what is done by it, before it is done: what is not logged is not seen. Documents and
        listings that were looked at are there once for each grant."""
        self._add(grant, what, self._office.clock(), database, about)

    def log(self, limit: int | None = None) -> list[Logged]:
        """The last lines, or all; the newest first."""
        for doc in self._rows("grant:"):
            self._is_over(_grant(doc["_id"].removeprefix("grant:"), doc))
        lines = sorted(self._rows("line:"), key=lambda doc: str(doc["moment"]), reverse=True)
        return [
            Logged(doc["at"], doc["person"], doc["what"], doc["reason"], doc["database"], doc["id"])
            for doc in lines[:limit]
        ]

    def _is_over(self, grant: Grant) -> bool:
        """Whether it ended, by its person or by the clock; the latter is written down here."""
        try:
            self._db.get(_line_id(grant, "ended"))
        except Missing:
            if self._office.clock() < grant.until:
                return False
            self._add(grant, "ended", grant.until)
        return True

    def _read(self, grant_id: str) -> Mapping[str, Any] | None:
        try:
            return self._db.get(f"grant:{grant_id}")
        except Missing:
            return None

    def _rows(self, prefix: str) -> list[dict[str, Any]]:
        options = ViewOptions(startkey=prefix, endkey=prefix + "\uffff", include_docs=True)
        return [row["doc"] for row in self._db.all_docs(options)["rows"]]

    def _add(
        self, grant: Grant, what: str, at: datetime, database: str = "", about: str = ""
    ) -> None:
        each = [uuid.uuid4().hex] if what in EACH else []
        line = {"at": stamp(at), "person": grant.person, "what": what, "reason": grant.reason}
        line |= {"database": database, "id": about, "moment": at.isoformat()}
        with suppress(Conflict):
            self._db.put({"_id": _line_id(grant, what, database, about, *each), **line})


def _line_id(grant: Grant, *parts: str) -> str:
    return ":".join(("line", grant.id, *filter(None, parts)))


def _raw(grant: Grant) -> dict[str, str]:
    times = {"at": stamp(grant.at), "until": stamp(grant.until)}
    return {"person": grant.person, "reason": grant.reason, **times}


def _grant(grant_id: str, doc: Mapping[str, Any]) -> Grant:
    at, until = (parse_stamp(doc[name]) for name in ("at", "until"))
    return Grant(grant_id, doc["person"], doc["reason"], at, until)
