"""Who asks, for a store that is served by itself: one administrator, and users whom a trusted
peer names by CouchDB's proxy authentication (documentation 3.5, "Proxy Authentication")."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import Authorization

from store.api import Database, Server
from store.cancel import Cancel
from store.errors import Forbidden, Unauthorized
from store.types import ADMIN, BasicAuth, Seq, UserContext


@dataclass(frozen=True)
class ServerAs:
    """`server` as `user` may use it; implements `store.api.Server`."""

    server: Server
    user: UserContext

    def all_dbs(self) -> list[str]:
        self._check_admin()
        return self.server.all_dbs()

    def exists(self, name: str) -> bool:
        return self.server.exists(name)

    def create(self, name: str) -> None:
        self._check_admin()
        self.server.create(name)

    def delete(self, name: str) -> None:
        self._check_admin()
        self.server.delete(name)

    def database(self, name: str, user: UserContext = ADMIN) -> Database:
        """Always under `self.user`: nobody gets more by asking for it."""
        return self.server.database(name, self.user)

    def wait_for_changes(
        self, since: Mapping[str, Seq], timeout: float, cancel: Cancel | None = None
    ) -> frozenset[str]:
        for name in filter(self.exists, since):
            self.database(name).info()  # raises where the user may not see it
        return self.server.wait_for_changes(since, timeout, cancel)

    def close(self) -> None:
        """The server belongs to whoever opened it."""

    def _check_admin(self) -> None:
        if not self.user.is_admin:
            raise Forbidden("You are not a server admin.")


def signed_in(
    server: Server, admin: BasicAuth, *, proxy_secret: str | None = None
) -> Callable[[Mapping[str, Any]], Server]:
    """A `server_for` of `protocol_app`: `admin` by name and password, others by proxy headers
    where a secret is shared. Everybody else is Unauthorized."""

    def server_for(environ: Mapping[str, Any]) -> Server:
        header = environ.get("HTTP_AUTHORIZATION")
        if header:
            return ServerAs(server, _by_password(str(header), admin))
        if proxy_secret is not None and "HTTP_X_AUTH_COUCHDB_USERNAME" in environ:
            return ServerAs(server, _by_proxy(environ, proxy_secret))
        raise Unauthorized("Authentication required.")

    return server_for


def _by_password(header: str, admin: BasicAuth) -> UserContext:
    given = Authorization.from_header(header)
    if given is not None and given.type == "basic":
        pair = f"{given.username}:{given.password}".encode()
        if hmac.compare_digest(pair, f"{admin.user}:{admin.password}".encode()):
            return UserContext(admin.user, ("_admin",))
    raise Unauthorized("Name or password is incorrect.")


def _by_proxy(environ: Mapping[str, Any], secret: str) -> UserContext:
    name = str(environ["HTTP_X_AUTH_COUCHDB_USERNAME"])
    token = str(environ.get("HTTP_X_AUTH_COUCHDB_TOKEN", ""))
    expected = hmac.new(secret.encode(), name.encode(), hashlib.sha1).hexdigest()
    if not hmac.compare_digest(token.encode(), expected.encode()):
        raise Unauthorized("The proxy token is incorrect.")
    roles = str(environ.get("HTTP_X_AUTH_COUCHDB_ROLES", ""))
    return UserContext(name or None, tuple(role for role in roles.split(",") if role))
