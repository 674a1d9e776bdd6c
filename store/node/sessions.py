"""The cookie `AuthSession`: `name:time:signature`, in CouchDB's form. Pure but for the clock that
the caller brings.

The signature is an HMAC over name and time with the node's secret and the salt of the password:
a new password, or another secret, ends all sessions of that name.
"""

import base64
import binascii
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from store.errors import BadRequest
from store.node.passwords import HASHES

COOKIE = "AuthSession"
RENEWED_BELOW = 0.9
"""Of the time of a session; a cookie with less of it left is answered by a new one."""


@dataclass(frozen=True)
class Ticket:
    """What a cookie says; nothing of it is true before `valid`."""

    name: str
    time: str
    signature: bytes


@dataclass(frozen=True)
class Signer:
    """Signs and checks cookies. The first of `algorithms` signs, all are accepted."""

    secret: str
    algorithms: Sequence[str]

    def cookie(self, name: str, salt: str, now: int) -> str:
        """The value of the cookie for a session that begins `now`, in seconds since 1970."""
        said = f"{name}:{now:X}".encode()
        signature = self._signed(said, salt, self._known()[0])
        return base64.urlsafe_b64encode(said + b":" + signature).rstrip(b"=").decode()

    def left(self, ticket: Ticket, salt: str, now: int, timeout: int) -> int:
        """The seconds that the session lasts yet; 0 where it is over or was never signed here."""
        try:
            begun = int(ticket.time, 16)
        except ValueError:
            return 0
        said = f"{ticket.name}:{ticket.time}".encode()
        right = any(
            hmac.compare_digest(self._signed(said, salt, name), ticket.signature)
            for name in self._known()
        )
        return max(0, begun + timeout - now) if right else 0

    def _signed(self, said: bytes, salt: str, algorithm: str) -> bytes:
        return hmac.digest((self.secret + salt).encode(), said, HASHES[algorithm])

    def _known(self) -> list[str]:
        return [name for name in self.algorithms if name in HASHES] or ["sha256"]


def ticket(value: str) -> Ticket:
    """What the cookie says. Raises BadRequest for what is no cookie of ours."""
    try:
        padded = value + "=" * (-len(value) % 4)
        name, time, signature = base64.urlsafe_b64decode(padded.encode()).split(b":", 2)
        return Ticket(name.decode(), time.decode("ascii"), signature)
    except (binascii.Error, ValueError) as error:
        raise BadRequest("Malformed AuthSession cookie. Please clear your cookies.") from error
