"""The databases of a node as whoever asks may use them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from store.api import Database
from store.cancel import Cancel
from store.errors import Unauthorized
from store.lite.server import LiteServer
from store.node.authorize import NOT_SERVER_ADMIN
from store.node.config import Config
from store.types import ADMIN, Json, Seq, UserContext

ADMIN_ONLY: dict[str, Json] = {"members": {"roles": ["_admin"]}, "admins": {"roles": ["_admin"]}}


@dataclass(frozen=True)
class NodeServer:
    """Implements `store.api.Server` under `user`: nobody gets more by asking for it."""

    server: LiteServer
    config: Config
    user: UserContext

    def all_dbs(self) -> list[str]:
        if self.config.flag("chttpd", "admin_only_all_dbs"):
            self._check_admin()
        return [*self.server.system_dbs(), *self.server.all_dbs()]

    def exists(self, name: str) -> bool:
        return self.server.exists(name)

    def create(self, name: str) -> None:
        """New databases are for administrators until somebody says otherwise, as in CouchDB 3."""
        self._check_admin()
        everyone = self.config.text("couchdb", "default_security") == "everyone"
        self.server.create(name, {} if everyone else ADMIN_ONLY)

    def delete(self, name: str, *, at: Seq | None = None) -> None:
        self._check_admin()
        self.server.delete(name, at=at)

    def database(self, name: str, user: UserContext = ADMIN) -> Database:
        """Under `self.user`, or where the server itself asks, in the name of `user`."""
        return self.server.database(name, user if self.user == ADMIN else self.user)

    def standings(self, databases: Sequence[str]) -> dict[str, str]:
        for name in filter(self.exists, databases):
            self.database(name).info()  # raises where the user may not see it
        return self.server.standings(databases)

    def wait_for_changes(
        self, since: Mapping[str, Seq], timeout: float, cancel: Cancel | None = None
    ) -> frozenset[str]:
        for name in filter(self.exists, since):
            self.database(name).info()  # raises where the user may not see it
        return self.server.wait_for_changes(since, timeout, cancel)

    def close(self) -> None:
        """The server belongs to the node."""

    def _check_admin(self) -> None:
        if not self.user.is_admin:
            raise Unauthorized(NOT_SERVER_ADMIN)
