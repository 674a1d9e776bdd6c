"""A CouchDB server, an IBM Cloudant account or a Divan office as the store's `Server`."""

import time
from collections.abc import Mapping, Sequence

from store import names
from store.cancel import Cancel
from store.couch.database import CouchDatabase
from store.couch.proxy import Proxy
from store.couch.transport import Ask, Headers, Transport
from store.errors import Conflict, NotFound
from store.types import ADMIN, ChangesOptions, Seq, UserContext

LOOK_SECONDS = 1.0
MOST_INFOS = 100
"""Databases of which CouchDB tells at once (`max_db_number_for_dbs_info_req`)."""


class CouchServer:
    """Implements `store.api.Server` over HTTP.

    A handle for a user other than ADMIN acts under that user's name by CouchDB's proxy
    authentication (documentation 3.5, "Proxy Authentication") where `proxy_secret` is known.
    Without it every handle acts as whoever the credentials belong to.
    """

    def __init__(self, transport: Transport, proxy_secret: str | None = None) -> None:
        self._transport = transport
        self._proxy = None if proxy_secret is None else Proxy(transport, proxy_secret)
        self._known: set[str] = set()

    def all_dbs(self) -> list[str]:
        found = self._transport.json(Ask("GET", ("_all_dbs",), again=True))
        return [name for name in found if not name.startswith("_")]

    def exists(self, name: str) -> bool:
        if not names.is_legal(name):
            return False
        try:
            self._transport.json(Ask("GET", (name,), again=True))
        except NotFound:
            self._known.discard(name)
            return False
        self._known.add(name)
        return True

    def create(self, name: str) -> None:
        names.check(name)
        self._transport.json(Ask("PUT", (name,)))
        self._known.add(name)

    def delete(self, name: str, *, at: Seq | None = None) -> None:
        if not names.is_legal(name):
            raise NotFound("Database does not exist.")
        if at is not None and self.database(name).info()["update_seq"] != at:
            raise Conflict("The database was changed since.")
        self._known.discard(name)
        self._transport.json(Ask("DELETE", (name,)))

    def database(self, name: str, user: UserContext = ADMIN) -> CouchDatabase:
        """Asks the server only the first time: one that went since says so at the next request."""
        if name not in self._known and not self.exists(name):
            raise NotFound("Database does not exist.")
        return CouchDatabase(self._transport, name, user, self._headers(user))

    def standings(self, databases: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for at in range(0, len(databases), MOST_INFOS):
            body = {"keys": list(databases[at : at + MOST_INFOS])}
            rows = self._transport.json(Ask("POST", ("_dbs_info",), None, body, again=True))
            infos = {row["key"]: row["info"] for row in rows if "info" in row}
            found |= {
                name: f"{info['instance_start_time']} {info['update_seq']}"
                for name, info in infos.items()
            }
        self._known |= found.keys()
        return found

    def wait_for_changes(
        self, since: Mapping[str, Seq], timeout: float, cancel: Cancel | None = None
    ) -> frozenset[str]:
        """CouchDB has no feed of several databases without an administrator's preparation, so
        each is asked once a second."""
        cancel, end = cancel or Cancel(), time.monotonic() + timeout
        while True:
            found = frozenset(name for name, seq in since.items() if self._is_past(name, seq))
            left = end - time.monotonic()
            if found or left <= 0 or cancel.wait(min(left, LOOK_SECONDS)):
                return found

    def _is_past(self, name: str, since: Seq) -> bool:
        try:
            changes = self.database(name).changes(ChangesOptions(since=since, limit=1))
        except NotFound:
            return True
        return bool(changes["results"])

    def close(self) -> None:
        self._transport.close()

    def _headers(self, user: UserContext) -> Headers:
        if self._proxy is None or user == ADMIN:
            return {}
        return self._proxy.headers(user)
