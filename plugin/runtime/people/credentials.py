"""Passwords, one-time links and tokens of laptops, in the database `credentials`.

That database is never replicated and nobody but the server reaches it. Passwords are kept as
argon2id hashes (RFC 9106), links and tokens as SHA-256 of 32 random bytes: what they stand for
cannot be had back from the store.
"""

import secrets
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from plugin.runtime.clock import Clock, parse_stamp, stamp, utcnow
from plugin.runtime.errors import BadInput, NotFound
from plugin.runtime.messages import Message
from plugin.runtime.people.secret_store import SecretStore, digest
from plugin.runtime.people.tries import TooManyTries, after_failure, seconds_to_wait
from store.api import Server
from store.types import Doc

SHORTEST, LONGEST = 10, 1000
INVITATION = timedelta(days=7)
USED_EVERY = timedelta(minutes=15)


@dataclass(frozen=True)
class Token:
    """A token as its owner sees it; the secret itself is shown once, when it is issued."""

    id: str
    name: str
    kind: str
    label: str
    issued_at: str
    revoked_at: str = ""
    used_at: str = ""
    """About when it was used last, `USED_EVERY` more or less."""


def password_problem(password: str) -> Message | None:
    """Why this cannot be a password, or None."""
    if len(password) < SHORTEST:
        return Message("The password needs at least {count} characters.", {"count": SHORTEST})
    if len(password) > LONGEST:
        return Message("The password may have at most {count} characters.", {"count": LONGEST})
    return None


class Credentials:
    """What people and their laptops prove themselves with. Names are stable ids of persons.

    Whether a person exists and is active is the directory's business. Safe for several threads and
    processes: each document is written against the revision that was read.
    """

    def __init__(
        self, server: Server, clock: Clock = utcnow, hasher: PasswordHasher | None = None
    ) -> None:
        self._store = SecretStore(server)
        self._clock = clock
        self._hasher = hasher or PasswordHasher()

    def set_password(self, name: str, password: str) -> None:
        """Replace the password; open sessions of the person end. Raises BadInput for a bad one."""
        _demand(password)
        doc = {
            "form": "password",
            "at": self._now(),
            "hash": self._hasher.hash(_plain(password)),
            "stamp": secrets.token_hex(8),
        }
        self._store.update(f"password:{name}", lambda old: doc)
        self._store.drop(f"tries:{name}")

    def has_password(self, name: str) -> bool:
        return self._store.get(f"password:{name}") is not None

    def check(self, name: str, password: str) -> bool:
        """Whether this is the person's password. Takes as long where there is no such person.

        Raises TooManyTries after repeated wrong ones, until its seconds have passed.
        """
        doc = self._store.get(f"password:{name}")
        tries = self._store.get(f"tries:{name}")
        wait = seconds_to_wait(tries, self._clock())
        if wait:
            raise TooManyTries(wait)
        right = self._verify(doc["hash"] if doc else self._nobodys_hash, password)
        if doc is None:
            return False
        if not right:
            now = self._clock()
            self._store.update(f"tries:{name}", lambda old: after_failure(old, now))
            return False
        if tries is not None:
            self._store.drop(f"tries:{name}")
        self._strengthen(name, doc["hash"], password)
        return True

    def stamp(self, name: str) -> str:
        """A mark that changes with the password: a session that holds another one is over."""
        doc = self._store.get(f"password:{name}")
        return str(doc["stamp"]) if doc else ""

    def holds(self, name: str, mark: str, session: str) -> bool:
        """Whether a session that began with this `stamp` goes on: nobody ended it."""
        doc = self._store.get(f"password:{name}")
        if doc is None or doc["stamp"] != mark:
            return False
        return digest(session) not in doc.get("ended", {})

    def end_session(self, name: str, session: str, lifetime: timedelta) -> None:
        """End one session of a person, whoever has a copy of its cookie. It is remembered for the
        `lifetime` of a cookie: after that none is taken."""
        now = self._clock()
        over = {digest(session): stamp(now + lifetime)}

        def ended(doc: Doc) -> Doc | None:
            before = {one: end for one, end in doc.get("ended", {}).items() if end > stamp(now)}
            return {**doc, "ended": {**before, **over}} if doc else None

        self._store.update(f"password:{name}", ended)

    def end_sessions(self, name: str) -> None:
        """End all sessions of a person; laptops go on."""
        new = {"stamp": secrets.token_hex(8), "ended": {}}
        self._store.update(f"password:{name}", lambda doc: {**doc, **new} if doc else None)

    def invite(
        self, name: str, *, purpose: str = "invite", lifetime: timedelta = INVITATION
    ) -> str:
        """The secret of a new one-time link for the person; earlier ones of it stop working."""
        for link in self._store.all("link:"):
            if (link["name"], link["purpose"]) == (name, purpose) or self._expired(link):
                self._store.drop(link["_id"])
        secret = secrets.token_urlsafe(32)
        expires = stamp(self._clock() + lifetime)
        doc = {"form": "link", "name": name, "purpose": purpose, "expires": expires}
        self._store.update(f"link:{digest(secret)}", lambda old: doc)
        return secret

    def invited(self, secret: str, *, purpose: str = "invite") -> str | None:
        """The person whom the link is for; None where it is unknown, used or too old."""
        link = self._store.get(f"link:{digest(secret)}")
        if link is None or link["purpose"] != purpose or self._expired(link):
            return None
        return str(link["name"])

    def consume(self, secret: str, *, purpose: str = "invite") -> str:
        """Use up the link and return its person; of two at once one wins. Raises NotFound."""
        name = self.invited(secret, purpose=purpose)
        if name is None or not self._store.drop(f"link:{digest(secret)}"):
            raise NotFound(
                "This link was used already, or it is too old. Please ask for a new one."
            )
        return name

    def accept(self, secret: str, password: str) -> str:
        """Set the password of the person whom the link is for, once; returns the person.

        Raises NotFound, BadInput; after BadInput the link still works.
        """
        _demand(password)
        name = self.consume(secret)
        self.set_password(name, password)
        return name

    def issue_token(self, name: str, *, kind: str = "laptop", label: str = "") -> str:
        """The secret of a new token, to be sent with every request instead of a password."""
        secret = secrets.token_urlsafe(32)
        doc = {"form": "token", "name": name, "kind": kind, "label": label}
        doc |= {"issued_at": self._now()}
        self._store.update(f"token:{digest(secret)}", lambda old: doc)
        return secret

    def check_token(self, secret: str) -> Token | None:
        """The token with this secret, or None where it is unknown or was revoked."""
        token = self.find_token(secret)
        return token if token and not token.revoked_at else None

    def find_token(self, secret: str) -> Token | None:
        """The token with this secret, also a revoked one: a laptop is told that it is over."""
        doc = self._store.get(f"token:{digest(secret)}")
        return _token(doc) if doc else None

    def note_use(self, token: Token) -> None:
        """Remember that the token was used, where that was not noted a short while ago."""
        now = self._clock()
        if token.used_at and now - parse_stamp(token.used_at) < USED_EVERY:
            return
        self._store.update(f"token:{token.id}", lambda doc: doc | {"used_at": stamp(now)})

    def tokens(self, name: str) -> list[Token]:
        """All tokens of a person, revoked ones too, the oldest first."""
        found = [_token(doc) for doc in self._store.all("token:") if doc["name"] == name]
        return sorted(found, key=lambda token: (token.issued_at, token.id))

    def laptops(self) -> Counter[str]:
        """How many laptops can sign in, by person."""
        docs = self._store.all("token:")
        return Counter(
            doc["name"] for doc in docs if doc["kind"] == "laptop" and not doc.get("revoked_at")
        )

    def all_tokens(self) -> list[Token]:
        """The tokens of all people, revoked ones too."""
        return [_token(doc) for doc in self._store.all("token:")]

    def revoke(self, token_id: str) -> None:
        """End a token for good. Raises NotFound for an id that is none."""
        if self._store.get(f"token:{token_id}") is None:
            raise NotFound("There is no token {token}.", token=token_id)
        now = self._now()

        def revoked(doc: Doc) -> Doc | None:
            return None if doc.get("revoked_at") else doc | {"revoked_at": now}

        self._store.update(f"token:{token_id}", revoked)

    def forget(self, name: str) -> None:
        """Take everything from a person who leaves: password, links, tokens, open sessions."""
        self._store.drop(f"password:{name}")
        self._store.drop(f"tries:{name}")
        for link in self._store.all("link:"):
            if link["name"] == name:
                self._store.drop(link["_id"])
        for token in self.tokens(name):
            self.revoke(token.id)

    @cached_property
    def _nobodys_hash(self) -> str:
        return self._hasher.hash(secrets.token_hex())

    def _verify(self, hashed: str, password: str) -> bool:
        if len(password) > LONGEST:
            return False
        try:
            return self._hasher.verify(hashed, _plain(password))
        except (VerificationError, InvalidHashError):
            return False

    def _strengthen(self, name: str, hashed: str, password: str) -> None:
        """Hash anew where the hash was made with weaker parameters than those of today."""
        if not self._hasher.check_needs_rehash(hashed):
            return
        better = self._hasher.hash(_plain(password))
        same = {"hash": hashed}
        self._store.update(
            f"password:{name}",
            lambda doc: {**doc, "hash": better} if doc.items() >= same.items() else None,
        )

    def _expired(self, link: Doc) -> bool:
        return self._clock() >= parse_stamp(link["expires"])

    def _now(self) -> str:
        return stamp(self._clock())


def _demand(password: str) -> None:
    problem = password_problem(password)
    if problem is not None:
        raise BadInput(problem)


def _plain(password: str) -> bytes:
    """One form for the same characters typed on different keyboards (RFC 8265, section 4). Also of
    what is no text at all: a program may send half a surrogate pair."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def _token(doc: Doc) -> Token:
    return Token(
        doc["_id"].removeprefix("token:"),
        doc["name"],
        doc["kind"],
        doc["label"],
        doc["issued_at"],
        doc.get("revoked_at", ""),
        doc.get("used_at", ""),
    )
