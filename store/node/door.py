"""Who asks, by proxy headers, cookie or password, in CouchDB's order (documentation 3.5,
"Authentication")."""

import base64
import binascii
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from werkzeug.sansio.http import parse_cookie

from store.errors import BadRequest, Unauthorized
from store.node.accounts import Account, Accounts
from store.node.config import Config
from store.node.passwords import HASHES
from store.node.sessions import COOKIE, RENEWED_BELOW, Signer, ticket
from store.types import UserContext

Environ = dict[str, Any]
HANDLERS = ("proxy", "cookie", "default")
INCORRECT = "Name or password is incorrect."
NOBODY = UserContext()


@dataclass(frozen=True)
class Session:
    """Who asks, by which of `HANDLERS` that is known, and a new cookie where one is due."""

    user: UserContext
    handler: str | None = None
    cookie: str | None = None


class Door:
    """Tells who asks. `clock` gives the seconds since 1970."""

    def __init__(
        self, config: Config, accounts: Accounts, clock: Callable[[], float] = time.time
    ) -> None:
        self._config, self._accounts, self._clock = config, accounts, clock

    def session(self, environ: Environ) -> Session:
        """The session of a request; nobody's where it brings nothing that counts.

        Raises Unauthorized for a wrong password, BadRequest for what cannot be read.
        """
        for known in (self._by_proxy, self._by_cookie, self._by_password):
            session = known(environ)
            if session is not None:
                return session
        self._check_nobody(environ)
        return Session(NOBODY)

    def sign_in(self, name: str, password: str, environ: Environ) -> Account | None:
        return self._accounts.authenticate(name, password, _peer(environ))

    def cookie(self, account: Account) -> str:
        """A `Set-Cookie` that begins a session."""
        value = self._signer().cookie(account.name, account.salt, int(self._clock()))
        return self._set_cookie(value)

    def no_cookie(self) -> str:
        """A `Set-Cookie` that ends one."""
        return self._set_cookie("")

    def _set_cookie(self, value: str) -> str:
        parts = [f"{COOKIE}={value}", "Version=1"]
        if self._config.flag("chttpd_auth", "allow_persistent_cookies"):
            parts.append(f"Max-Age={self._timeout()}")
        parts += ["Path=/", "HttpOnly"]
        same_site = self._config.text("chttpd_auth", "same_site")
        if same_site and same_site.lower() in ("strict", "lax", "none"):
            parts.append(f"SameSite={same_site.capitalize()}")
        return "; ".join(parts)

    def _by_proxy(self, environ: Environ) -> Session | None:
        """A peer that shares the secret names its user. Without `proxy_use_secret` the headers
        mean nothing: CouchDB would then believe anybody."""
        name = environ.get("HTTP_X_AUTH_COUCHDB_USERNAME")
        if name is None or not self._config.flag("chttpd_auth", "proxy_use_secret"):
            return None
        token = str(environ.get("HTTP_X_AUTH_COUCHDB_TOKEN", "")).encode()
        secret = (self._config.text("chttpd_auth", "secret") or "").encode()
        signed = (
            hmac.digest(secret, str(name).encode("latin-1"), HASHES[algorithm]).hex().encode()
            for algorithm in self._config.listed("chttpd_auth", "hash_algorithms")
            if algorithm in HASHES
        )
        if not any(hmac.compare_digest(token, expected) for expected in signed):
            return None
        roles = _utf8(environ.get("HTTP_X_AUTH_COUCHDB_ROLES", "")).split(",")
        stripped = tuple(role.strip() for role in roles if role.strip())
        return Session(UserContext(_utf8(name) or None, stripped), "proxy")

    def _by_cookie(self, environ: Environ) -> Session | None:
        value = parse_cookie(_utf8(environ.get("HTTP_COOKIE", ""))).get(COOKIE)
        if not value:
            return None
        said = ticket(value)
        account = self._accounts.find(said.name)
        if account is None:
            return None
        timeout = self._timeout()
        left = self._signer().left(said, account.salt, int(self._clock()), timeout)
        if left == 0:
            return None
        renewed = self.cookie(account) if left < timeout * RENEWED_BELOW else None
        return Session(account.user, "cookie", renewed)

    def _by_password(self, environ: Environ) -> Session | None:
        pair = _basic(str(environ.get("HTTP_AUTHORIZATION", "")))
        if pair is None:
            return None
        account = self._accounts.authenticate(*pair, _peer(environ))
        if account is None:
            raise Unauthorized(INCORRECT)
        return Session(account.user, "default")

    def _check_nobody(self, environ: Environ) -> None:
        path, method = environ.get("PATH_INFO"), environ.get("REQUEST_METHOD")
        if path == "/_session" and method == "POST":
            return  # else nobody could ever sign in
        except_up = self._config.flag("chttpd", "require_valid_user_except_for_up")
        required = self._config.flag("chttpd", "require_valid_user")
        if required or (except_up and path != "/_up"):
            raise Unauthorized("Authentication required.")

    def _timeout(self) -> int:
        return self._config.number("chttpd_auth", "timeout")

    def _signer(self) -> Signer:
        algorithms = self._config.listed("chttpd_auth", "hash_algorithms")
        return Signer(self._config.text("chttpd_auth", "secret") or "", algorithms)


def _utf8(header: str) -> str:
    """A header, which WSGI gives as Latin-1 whatever it is, as CouchDB reads it."""
    return header.encode("latin-1").decode("utf-8", "replace")


def _peer(environ: Environ) -> str:
    return str(environ.get("REMOTE_ADDR", ""))


def _basic(header: str) -> tuple[str, str] | None:
    """Name and password of a Basic header; None where there is none, and for `_:_`, by which
    browsers are made to forget a sign-in."""
    if not header.startswith("Basic "):
        return None
    try:
        text = base64.b64decode(header[6:], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise BadRequest("Authorization header has invalid base64 value") from error
    name, colon, password = text.partition(":")
    return (name, password) if colon and (name, password) != ("_", "_") else None
