"""Notices to people: documents of the outbox, which the mail bridge takes from there.

The id says what the notice is about and for whom, so that asking twice sends once.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from plugin.runtime.clock import Clock, stamp
from plugin.runtime.errors import BadInput
from plugin.runtime.module import Raw
from plugin.runtime.people.directory import SERVER_NAME
from store.api import Database, Server
from store.cancel import Cancel
from store.errors import Conflict, NotFound
from store.types import Seq, UserContext

DATABASE = "outbox"
FORM = "outgoing"
SERVER = UserContext(SERVER_NAME, ("_admin", "divan", "kind:server"))
"""The server itself, as the store's validation sees it."""
_PART = re.compile(r"[A-Za-z0-9._:@-]+")


class HasOffice(Protocol):
    """The part of an Office that notices need."""

    @property
    def server(self) -> Server: ...

    @property
    def clock(self) -> Clock: ...


def notice_id(kind: str, key: str, to: str) -> str:
    """`outgoing:<kind>:<key>:<person>`. Raises BadInput where a part has other signs than
    letters, digits and `._:@-`."""
    for part in (kind, key, to):
        if not _PART.fullmatch(part):
            raise BadInput("A notice cannot have {part} in its id.", part=repr(part))
    return f"{FORM}:{kind}:{key}:{to}"


def notify(
    office: HasOffice,
    *,
    kind: str,
    key: str,
    to: str,
    about: Mapping[str, str] | None = None,
    values: Mapping[str, Any] | None = None,
) -> bool:
    """Put a notice into the outbox. True where it is new, False where it was already there.

    `kind` names the text ("chase-up", "reminder", "digest" …), `key` what it is about, `to` the
    person. `about` is `{"database", "id"}` of the document that the person is told of: the bridge
    sends the notice only if the person may still read it then, and takes title and link from it.
    `values` are what the text of this kind needs (see mailbridge/templates.py).
    """
    now = stamp(office.clock())
    doc: Raw = {
        "_id": notice_id(kind, key, to),
        "form": FORM,
        "kind": kind,
        "to": to,
        "about": dict(about) if about else None,
        "values": dict(values or {}),
        "state": "waiting",
        "ways": {},
        "readers": {"people": ["[Admin]"]},
        "authors": {"people": ["[Admin]"]},
        "created": {"at": now, "by": SERVER_NAME},
        "updated": {"at": now, "by": SERVER_NAME},
    }
    db = office.server.database(DATABASE, SERVER)
    if _was_there(db, doc["_id"]):
        return False
    try:
        db.put(doc)
    except Conflict:
        return False
    return True


def _was_there(db: Database, docid: str) -> bool:
    """True also for a deleted one: what somebody deleted is not sent again."""
    try:
        db.get(docid)
    except NotFound as error:
        return error.reason == "deleted"
    return True


class Outbox:
    """The outbox as the bridge sees it. Writes are compare-and-set: of two processes that take the
    same notice one is told so before it does anything."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def read(self, docid: str) -> Raw | None:
        """The notice as it is stored, None where it was deleted."""
        try:
            return self.db.get(docid)
        except NotFound:
            return None

    def write(self, doc: Raw, now: datetime) -> Raw | None:
        """Store a changed notice; returns it with its new revision, None where another process
        changed it since it was read. Durable on return."""
        doc = {**doc, "updated": {"at": stamp(now), "by": SERVER_NAME}}
        try:
            return {**doc, "_rev": self.db.put(doc)}
        except Conflict:
            return None

    def sequence(self) -> Seq:
        """The update sequence as it is now."""
        seq: Seq = self.db.info()["update_seq"]
        return seq

    def wait(self, since: Seq, timeout: float, cancel: Cancel | None = None) -> bool:
        """True as soon as something was written after `since`, False after `timeout` seconds or
        when cancelled."""
        return self.db.wait_for_change(since, timeout, cancel)
