"""Who may sign in: administrators of the configuration, and the documents of `_users`."""

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from store.errors import BadRequest, Conflict, Forbidden, NotFound, Unauthorized
from store.lite.server import LiteServer
from store.node import passwords
from store.node.config import Config
from store.node.passwords import Scheme
from store.types import Json, UserContext

USERS = "_users"
PREFIX = "org.couchdb.user:"
LOCKED_OUT = "Account is temporarily locked due to multiple authentication failures"
LOCKOUT_SECONDS = 300.0
REMEMBERED = 1000
"""Accounts, signed-in passwords and failures kept in memory, each."""


@dataclass(frozen=True)
class Account:
    """A name with its roles, and `kept`: the members that keep the password."""

    name: str
    roles: tuple[str, ...]
    kept: Mapping[str, Json]
    is_document: bool

    @property
    def user(self) -> UserContext:
        return UserContext(self.name, self.roles)

    @property
    def salt(self) -> str:
        return str(self.kept.get("salt", ""))


def users_database(config: Config) -> str:
    """The name of the database of users, `_users` unless configured."""
    return config.text("chttpd_auth", "authentication_db") or USERS


class Accounts:
    """The accounts of a node. What was found is remembered as long as neither the configuration
    nor `_users` changes, by whichever process."""

    def __init__(self, server: LiteServer, config: Config) -> None:
        self._server, self._config = server, config
        self._lock = threading.Lock()
        self._stamp: tuple[Any, ...] = ()
        self._found: dict[str, Account | None] = {}
        self._key = secrets.token_bytes(32)
        self._known: dict[tuple[str, str], bytes] = {}
        self._failures: dict[tuple[str, str, str], tuple[int, float]] = {}

    @property
    def database(self) -> str:
        """The name of the database of users."""
        return users_database(self._config)

    def scheme(self) -> Scheme:
        prf = self._config.text("chttpd_auth", "pbkdf2_prf")
        iterations = max(1, self._config.number("chttpd_auth", "iterations"))
        return Scheme(prf if prf in passwords.HASHES else Scheme.prf, iterations)

    @property
    def requirements(self) -> str:
        """What new passwords must be like; older sites have it in the section of that time."""
        sections = ("chttpd_auth", "couch_httpd_auth")
        texts = (self._config.text(section, "password_regexp") for section in sections)
        return next(filter(None, texts), "[]")

    def find(self, name: str) -> Account | None:
        """The account of that name. Raises Unauthorized where its document is in conflict."""
        stamp = (self._config.version, *self._standing())
        with self._lock:
            if stamp != self._stamp or len(self._found) >= REMEMBERED:
                self._stamp, self._found = stamp, {}
            elif name in self._found:
                return self._found[name]
        account = self._looked_up(name)
        with self._lock:
            if stamp == self._stamp:
                self._found[name] = account
        return account

    def authenticate(self, name: str, password: str, peer: str) -> Account | None:
        """The account where the password is right. One kept in an older way is then kept anew.

        Raises Forbidden where `peer` failed too often with this name.
        """
        account = self.find(name)
        salt = account.salt if account else ""
        self._check_lockout((peer, name, salt))
        if account is None or not self._right(account, password):
            self._failed((peer, name, salt))
            return None
        return account

    def _right(self, account: Account, password: str) -> bool:
        """What was verified once is compared by a quick keyed hash from then on, as in CouchDB:
        the slow one protects what is on disk, and would take its time at each request."""
        place = (account.name, account.salt)
        quick = hmac.digest(self._key, f"{account.salt}:{password}".encode(), hashlib.sha256)
        known = self._known.get(place)
        if known is not None:
            return hmac.compare_digest(known, quick)
        if not passwords.verified(password, account.kept):
            return False
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[place] = quick
        if account.is_document and self._config.flag("chttpd_auth", "upgrade_hash_on_auth"):
            self._kept_anew(account, password)
        return True

    def _kept_anew(self, account: Account, password: str) -> None:
        if not passwords.outdated(account.kept, self.scheme()):
            return
        users = self._server.database(self.database)
        doc = users.get(PREFIX + account.name)
        try:
            # The salt stays, so that sessions of this user go on.
            users.put({**doc, "password": password, "preserve_salt": True})
        except Conflict:
            return  # somebody else has just changed it; the next sign-in sees what it is now
        except (BadRequest, Forbidden):
            return  # a new one would have to be another; this one stays as it is kept

    def _looked_up(self, name: str) -> Account | None:
        doc = self._document(name)
        roles = tuple(str(role) for role in doc.get("roles", ())) if doc else ()
        line = self._config.text("admins", name)
        if line:
            kept = passwords.from_line(line) or {}
            return Account(name, ("_admin", *roles), kept, is_document=False)
        return Account(name, roles, doc, is_document=True) if doc else None

    def _document(self, name: str) -> dict[str, Json] | None:
        try:
            doc = self._server.database(self.database).get(PREFIX + name, conflicts=True)
        except NotFound:
            return None
        if "_conflicts" in doc:
            raise Unauthorized(
                "User document conflicts must be resolved before the document is used for"
                " authentication purposes."
            )
        return doc

    def _standing(self) -> tuple[str, int]:
        try:
            return self._server.database(self.database).standing()
        except NotFound:
            return "", 0

    def _check_lockout(self, place: tuple[str, str, str]) -> None:
        if self._config.text("chttpd_auth_lockout", "mode") != "enforce":
            return
        times, until = self._failures.get(place, (0, 0.0))
        if times >= self._config.number("chttpd_auth_lockout", "threshold"):
            if time.monotonic() < until:
                raise Forbidden(LOCKED_OUT)
            self._failures.pop(place, None)

    def _failed(self, place: tuple[str, str, str]) -> None:
        with self._lock:
            if len(self._failures) >= REMEMBERED:
                self._failures.clear()
            times = self._failures.get(place, (0, 0.0))[0]
            self._failures[place] = (times + 1, time.monotonic() + LOCKOUT_SECONDS)
