"""What the office gives a person to bring back, so that he reads nothing in it and changes nothing.

Places in the changes of a database count what everybody writes: who read them could tell how much
happens that he may not see. They are sealed by AES-SIV (RFC 5297), which needs no nonce: the same
thing sealed for the same purpose is the same text, so that clients can compare a place with itself.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from plugin.runtime.context import Context
from plugin.runtime.settings import kept_secret
from store.types import Seq

KEY = "replica_key"
BLOCK = 16
"""What is sealed is made as long as a multiple of it, so that its length tells little."""


class Seals:
    """Seals under a key of the office for one purpose, such as a person's places in a database."""

    def __init__(self, key: bytes, *purpose: str) -> None:
        self._cipher = AESSIV(hashlib.sha512(key).digest())
        self._purpose = [part.encode("utf-8", "surrogatepass") for part in purpose]

    def sealed(self, text: str) -> str:
        """`text`, which must not end with a zero character, for somebody to bring back."""
        plain = text.encode()
        plain += b"\x00" * (BLOCK - len(plain) % BLOCK)
        return _told(self._cipher.encrypt(plain, self._purpose))

    def opened(self, told: str) -> str | None:
        """What was sealed; None for anything else."""
        try:
            raw = base64.b64decode(told + "=" * (-len(told) % 4), b"-_", validate=True)
            plain = self._cipher.decrypt(raw, self._purpose)
        except (ValueError, binascii.Error, InvalidTag):  # also where it is not ASCII
            return None
        return plain.rstrip(b"\x00").decode() if _told(raw) == told else None


def _told(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass(frozen=True)
class Places:
    """The sequences of a database as one person is told of them."""

    seals: Seals

    def told(self, seq: Seq) -> Seq:
        """What stands for the sequence; the beginning stands for itself."""
        return self.seals.sealed(str(seq)) if seq else 0

    def meant(self, told: Seq) -> Seq:
        """The sequence that was told so; the beginning for what was told by nobody here."""
        if told == "now":
            return "now"
        seq = (self.seals.opened(told) if isinstance(told, str) else None) or "0"
        return int(seq) if seq.isdigit() else seq


def seals_of(context: Context, purpose: str) -> Seals:
    """What is sealed for a person about a database, by the key of its office."""
    key = kept_secret(context.office.data, KEY).encode()
    return Seals(key, purpose, str(context.identity.name), context.name)


def places_of(context: Context) -> Places:
    """The sequences of the context's database as its person is told of them."""
    return Places(seals_of(context, "place"))
