"""One side of a replication as people write it: an address, or a database of this server."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

from store.api import Database, Server
from store.couch.opening import open_couch
from store.errors import BadRequest, DatabaseExists, NotFound, NotOpened
from store.types import ADMIN, Auth, BasicAuth, BearerAuth, Json, UserContext


@dataclass(frozen=True)
class Endpoint:
    """`url` is an address without credentials that ends with the database's name, or the bare name
    of a database of this server."""

    url: str
    auth: Auth | None = None

    @property
    def is_remote(self) -> bool:
        return is_address(self.url)

    @property
    def facts(self) -> list[Json]:
        """What tells this endpoint from others; a new password makes it no other."""
        return [self.url.rstrip("/"), self.auth.user if isinstance(self.auth, BasicAuth) else None]

    @contextmanager
    def opened(
        self, server: Server, user: UserContext, *, create: bool = False
    ) -> Iterator[Database]:
        """The database, under `user`'s name where it is of this `server`; made where it is missing
        and `create`. Raises NotOpened where it is missing, and the other errors of opening."""
        if not self.is_remote:
            yield self._database(server, self.url, user, create)
            return
        base, name = split(self.url)
        remote = open_couch(base, self.auth)
        try:
            yield self._database(remote, name, ADMIN, create)
        finally:
            remote.close()

    def _database(self, server: Server, name: str, user: UserContext, create: bool) -> Database:
        created(server, name, create)
        try:
            return server.database(name, user)
        except NotFound as error:
            raise NotOpened(f"could not open {self.url}") from error


def created(server: Server, name: str, create: bool) -> None:
    """Make the database where it is missing and `create`."""
    if create and not server.exists(name):
        try:
            server.create(name)
        except DatabaseExists:
            return  # by somebody else, just now


def is_address(text: str) -> bool:
    """Whether it names a database elsewhere, and is not the bare name of one here."""
    return "://" in text


def split(url: str) -> tuple[str, str]:
    """The address of the server and the name of the database. Raises BadRequest."""
    parts = urlsplit(url)
    path, _, name = parts.path.rstrip("/").rpartition("/")
    if not name or not (parts.netloc or path):
        raise BadRequest(f"{url} is no address of a database: write https://host/database.")
    return urlunsplit((parts.scheme, parts.netloc, path, "", "")), unquote(name)


def endpoint(value: Json, side: str) -> Endpoint:
    """From `source` or `target` of a replication: a name, a URL, or `{"url", "auth", "headers"}`
    (CouchDB 3.5, "Specifying Usernames and Passwords"). Raises BadRequest, without the address
    where that may hold a password."""
    if isinstance(value, str):
        value = {"url": value}
    if not isinstance(value, Mapping) or not isinstance(value.get("url"), str):
        raise BadRequest(f"`{side}` must be a database's name or address.")
    url, auth = _without_credentials(value["url"], side)
    auth = _basic(value.get("auth"), side) or auth or _from_headers(value.get("headers"), side)
    if not url or (is_address(url) and not _over_http(url)):
        raise BadRequest(f"{side} has an invalid url")
    return Endpoint(url, auth)


def _over_http(url: str) -> bool:
    """Whether it is a whole address over HTTP: files of the server are nobody's to name."""
    try:
        return urlsplit(url).scheme in ("http", "https") and bool(urlsplit(split(url)[0]).hostname)
    except (BadRequest, ValueError):
        return False


def _without_credentials(url: str, side: str) -> tuple[str, Auth | None]:
    try:
        parts = urlsplit(url)
        name, password = parts.username, parts.password
    except ValueError:
        raise BadRequest(f"{side} has an invalid url") from None
    if name is None:
        return url, None
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return bare, BasicAuth(unquote(name), unquote(password or ""))


def _basic(auth: Json, side: str) -> Auth | None:
    if auth is None:
        return None
    basic = auth.get("basic") if isinstance(auth, Mapping) else None
    names = ("username", "password")
    if not isinstance(basic, Mapping) or not all(isinstance(basic.get(n), str) for n in names):
        raise BadRequest(f"`auth` of {side} must be {{basic: {{username, password}}}}.")
    return BasicAuth(basic["username"], basic["password"])


def _from_headers(headers: Json, side: str) -> Auth | None:
    """Of request headers `Authorization` alone is taken; another would be dropped on the way."""
    if headers is None:
        return None
    if not isinstance(headers, Mapping):
        raise BadRequest(f"`headers` of {side} must be an object.")
    auth: Auth | None = None
    for name, value in headers.items():
        if name.lower() != "authorization" or not isinstance(value, str):
            raise BadRequest(f"Of `headers` only Authorization can be given for {side}.")
        kind, _, rest = value.partition(" ")
        auth = BearerAuth(rest) if kind.lower() == "bearer" else _decoded(kind, rest, side)
    return auth


def _decoded(kind: str, rest: str, side: str) -> Auth:
    try:
        if kind.lower() != "basic":
            raise ValueError("neither Basic nor Bearer")
        name, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        raise BadRequest(f"The Authorization header of {side} cannot be read.") from None
    return BasicAuth(name, password)


def shown(value: Json) -> Json:
    """`source` or `target` as others may see it: without credentials, None where it is no address
    at all."""
    try:
        return endpoint(value, "endpoint").url
    except BadRequest:
        return None
