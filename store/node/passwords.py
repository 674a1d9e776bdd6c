"""CouchDB's password schemes (documentation 3.5, "Authentication Database"). Pure.

A password is kept as the members of a user document: `password_scheme`, `salt`, and with
`pbkdf2` also `pbkdf2_prf`, `iterations` and `derived_key`, with the old `simple` `password_sha`.
Server administrators stand in the configuration with the same facts in one line of text.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from store.errors import Forbidden
from store.types import Json

FIELDS = frozenset(
    (
        "derived_key",
        "iterations",
        "password",
        "password_scheme",
        "password_sha",
        "pbkdf2_prf",
        "preserve_salt",
        "salt",
    )
)
HASHES = {"sha": "sha1", **{name: name for name in ("sha224", "sha256", "sha384", "sha512")}}
"""CouchDB's names of hashes, and Python's."""
MAX_ITERATIONS = 1_000_000_000
_OLD_ITERATIONS = 10_000
_PBKDF2 = re.compile(r"-pbkdf2(?::(?P<prf>\w+))?-(?P<key>[0-9a-f]+),(?P<salt>[^,]+),(?P<times>\d+)")
_SIMPLE = re.compile(r"-hashed-(?P<sha>[0-9a-f]+),(?P<salt>.+)")


@dataclass(frozen=True)
class Scheme:
    """How new passwords are kept: CouchDB's `pbkdf2`, `prf` being the hash within it."""

    prf: str = "sha256"
    iterations: int = 600_000


def new_salt() -> str:
    return secrets.token_hex(16)


def hashed(password: Json, scheme: Scheme, salt: str) -> dict[str, Json]:
    """The members that keep `password`. Raises Forbidden for what is no text."""
    if not isinstance(password, str):
        raise Forbidden(f"Password value of '{password}' is invalid.")
    return {
        "password_scheme": "pbkdf2",
        "pbkdf2_prf": scheme.prf,
        "salt": salt,
        "iterations": scheme.iterations,
        "derived_key": _pbkdf2(scheme.prf, password, salt, scheme.iterations),
    }


def verified(password: str, kept: Mapping[str, Json]) -> bool:
    """Whether `password` is the one kept. Raises Forbidden for a PRF or a number of iterations
    that no server takes."""
    salt = str(kept.get("salt", ""))
    scheme = kept.get("password_scheme", "simple")
    if scheme == "simple":
        return _same(_simple(password, salt), kept.get("password_sha"))
    if scheme == "simple+pbkdf2":
        password = _simple(password, salt)
    elif scheme != "pbkdf2":
        return False
    prf, iterations = kept.get("pbkdf2_prf", "sha"), kept.get("iterations", _OLD_ITERATIONS)
    if prf not in HASHES:
        raise Forbidden("PRF is invalid")
    if type(iterations) is not int or not 1 <= iterations <= MAX_ITERATIONS:
        raise Forbidden("Iteration count is not allowed on this server")
    return _same(_pbkdf2(prf, password, salt, iterations), kept.get("derived_key"))


def outdated(kept: Mapping[str, Json], scheme: Scheme) -> bool:
    """Whether the password should be kept anew when it is known, at the next sign-in."""
    return (kept.get("password_scheme"), kept.get("pbkdf2_prf"), kept.get("iterations")) != (
        "pbkdf2",
        scheme.prf,
        scheme.iterations,
    )


def to_line(kept: Mapping[str, Json]) -> str:
    """A pbkdf2 password as it stands in the configuration, under `admins`."""
    return "-pbkdf2:{pbkdf2_prf}-{derived_key},{salt},{iterations}".format_map(kept)


def from_line(line: str) -> dict[str, Any] | None:
    """The members that a line of the configuration stands for; None for a password in clear."""
    if found := _PBKDF2.fullmatch(line):
        return {
            "password_scheme": "pbkdf2",
            "pbkdf2_prf": found["prf"] or "sha",
            "salt": found["salt"],
            "iterations": int(found["times"]),
            "derived_key": found["key"],
        }
    if found := _SIMPLE.fullmatch(line):
        return {"password_scheme": "simple", "salt": found["salt"], "password_sha": found["sha"]}
    return None


def _pbkdf2(prf: str, password: str, salt: str, iterations: int) -> str:
    return hashlib.pbkdf2_hmac(HASHES[prf], password.encode(), salt.encode(), iterations).hex()


def _simple(password: str, salt: str) -> str:
    """CouchDB's scheme before 1.3: only verified, never made anew."""
    return hashlib.sha1((password + salt).encode(), usedforsecurity=False).hexdigest()


def _same(hashed: str, kept: Json) -> bool:
    return isinstance(kept, str) and hmac.compare_digest(hashed.encode(), kept.encode())
