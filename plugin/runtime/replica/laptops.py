"""What the office knows of its laptops: how they are, and whether they removed what they had to.

One document a laptop, in a database that only the server reaches; it goes with the laptop's token.
The times are the office's, so that a laptop whose clock is wrong looks no newer than it is.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from acl import Level
from plugin.runtime.clock import parse_stamp, stamp
from plugin.runtime.errors import BadInput, NotFound, Refused
from plugin.runtime.office import Office
from plugin.runtime.people.credentials import Token
from plugin.runtime.people.directory import SETTINGS
from plugin.runtime.people.secret_store import SecretStore
from plugin.runtime.replica.office_side import replicable
from plugin.runtime.replica.receipts import digest_of, signature_of
from plugin.runtime.session import Session
from store.types import Doc

DATABASE = "laptops"
MOST_REMOVALS = 20
"""Removals that are remembered of a laptop."""
FORGOTTEN = timedelta(days=90)
"""After so long a laptop whose access was ended is no longer listed."""
MOST = 2**53
"""Larger numbers are none to JSON."""
COUNTS = ("documents", "bytes", "waiting", "refused", "review", "conflicts")


@dataclass(frozen=True)
class Removal:
    """Documents that a laptop had to remove because of rights. `acknowledged_at` is empty as long
    as the laptop did not say that they are gone; `removed` is how many it had of them."""

    database: str
    count: int
    at: str
    acknowledged_at: str = ""
    removed: int = 0


@dataclass(frozen=True)
class LaptopHealth:
    """One laptop as it reported last. `skew` is by how many seconds its clock is ahead."""

    token: Token
    reported_at: str = ""
    version: str = ""
    skew: int = 0
    keep: Any = None
    databases: tuple[Mapping[str, Any], ...] = ()
    removals: tuple[Removal, ...] = ()
    told_over_at: str = ""

    def sum_of(self, count: str) -> int:
        """One of COUNTS over all databases."""
        return sum(int(one.get(count, 0)) for one in self.databases)

    @property
    def outstanding(self) -> tuple[Removal, ...]:
        return tuple(one for one in self.removals if not one.acknowledged_at)


class Laptops:
    """The laptops of an office. For the endpoint; what administrators see is `health`."""

    def __init__(self, office: Office) -> None:
        self._office = office

    @cached_property
    def _store(self) -> SecretStore:
        return SecretStore(self._office.server, DATABASE)

    def told(self, token: Token, database: str, lost: Iterable[str]) -> None:
        """Note that a laptop was told to remove documents; it has to acknowledge that."""
        hashes = sorted(lost)
        if not hashes:
            return
        new = {"database": database, "count": len(hashes), "digest": digest_of(hashes)}
        new |= {"at": self._now()}

        def change(doc: Doc) -> Doc:
            kept = [one for one in doc.get("removals", ()) if not _is_open(one, database)]
            return {**doc, "removals": [*kept, new][-MOST_REMOVALS:]}

        self._store.update(_id(token), change)

    def report(self, token: Token, secret: str, body: Mapping[str, Any]) -> None:
        """Take what a laptop tells of itself. Raises BadInput for what makes no sense."""
        told = _read_report(body, self._office.clock())
        receipts = [_read_receipt(one, secret) for one in body.get("receipts", ())]
        now = self._now()

        def change(doc: Doc) -> Doc:
            removals = list(doc.get("removals", ()))
            for receipt in receipts:
                removals = _acknowledged(removals, receipt, now)
            return {**doc, **told, "reported_at": now, "removals": removals[-MOST_REMOVALS:]}

        self._store.update(_id(token), change)

    def over(self, token: Token) -> None:
        """Note that a laptop heard that its access was ended; it empties itself then."""
        now = {"told_over_at": self._now()}
        self._store.update(
            _id(token), lambda doc: None if "told_over_at" in doc else {**doc, **now}
        )

    def all(self) -> list[LaptopHealth]:
        """Every laptop that has a token, or had one of late; the one reported last comes first."""
        found = []
        now = self._office.clock()
        for token in self._office.credentials.all_tokens():
            if token.revoked_at and now - parse_stamp(token.revoked_at) > FORGOTTEN:
                self._store.drop(_id(token))
            else:
                found.append(self._health(token, self._store.get(_id(token)) or {}))
        return sorted(found, key=lambda one: one.reported_at, reverse=True)

    def _health(self, token: Token, doc: Doc) -> LaptopHealth:
        names = ("database", "count", "at", "acknowledged_at", "removed")
        removals = [
            Removal(**{name: one[name] for name in names if name in one})
            for one in doc.get("removals", ())
        ]
        databases = tuple(doc.get("databases", ()))
        told_over_at = str(doc.get("told_over_at", ""))
        if not told_over_at:
            removals += self._lost(token, databases)
        return LaptopHealth(
            token=token,
            reported_at=str(doc.get("reported_at", "")),
            version=str(doc.get("version", "")),
            skew=int(doc.get("skew", 0)),
            keep=doc.get("keep"),
            databases=databases,
            removals=tuple(removals),
            told_over_at=told_over_at,
        )

    def _lost(self, token: Token, databases: Iterable[Mapping[str, Any]]) -> list[Removal]:
        """Databases that the laptop still has and may not have any more: all of them where its
        access was ended."""
        may = set() if token.revoked_at else self._replicable(token.name)
        at = token.revoked_at
        return [
            Removal(one["name"], one["documents"], at)
            for one in databases
            if one["name"] not in may
        ]

    def _replicable(self, person: str) -> set[str]:
        try:
            identity = self._office.directory.identity(person)
        except NotFound:
            return set()
        return set(replicable(self._office.session(identity)))

    def _now(self) -> str:
        return stamp(self._office.clock())


def health(session: Session) -> list[LaptopHealth]:
    """All laptops, for administrators: Managers of the settings. Raises Refused."""
    if not sees_laptops(session):
        raise Refused("Only administrators see the laptops of all people.")
    return Laptops(session.office).all()


def sees_laptops(session: Session) -> bool:
    """Whether this person is an administrator of the laptops."""
    return session.context(SETTINGS).access.level is Level.MANAGER


def _acknowledged(removals: list[Doc], receipt: Mapping[str, Any], now: str) -> list[Doc]:
    """The removals with what the receipt says. One that nobody told is of a lost database."""
    done = {"acknowledged_at": now, "removed": len(receipt["removed"])}
    name, digest = receipt["database"], receipt["told"]
    if any(one["database"] == name and one["digest"] == digest for one in removals):
        return [
            one | done if (one["database"], one["digest"]) == (name, digest) else one
            for one in removals
        ]
    new = {"database": name, "digest": digest, "count": len(receipt["removed"]), "at": now}
    return [*removals, new | done]


def _read_report(body: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    try:
        skew = int((parse_stamp(str(body["at"])) - now).total_seconds())
        databases = [
            {
                "name": str(one["name"])[:200],
                "synced_at": str(one.get("synced_at") or "")[:40],
                **{name: max(0, min(int(one[name]), MOST)) for name in COUNTS},
            }
            for one in body["databases"][:1000]
        ]
        version = str(body["version"])[:40]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadInput("This is no report of a laptop.") from error
    keep = body.get("keep")
    told = {"skew": skew, "version": version, "databases": databases}
    return told | {"keep": keep if isinstance(keep, dict) else None}


def _read_receipt(receipt: Any, secret: str) -> Mapping[str, Any]:
    if not isinstance(receipt, Mapping) or not isinstance(receipt.get("removed"), list):
        raise BadInput("This is no receipt of a laptop.")
    given = str(receipt.get("signature", "")).encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(given, signature_of(receipt, secret).encode()):
        raise BadInput("This receipt was not written by this laptop.")
    return {**receipt, "database": str(receipt.get("database")), "told": str(receipt.get("told"))}


def _is_open(removal: Mapping[str, Any], database: str) -> bool:
    return removal["database"] == database and not removal.get("acknowledged_at")


def _id(token: Token) -> str:
    return f"laptop:{token.id}"
