"""What the office gives a person to bring back, so that he reads nothing in it and changes nothing.

Places in the changes of a database count what everybody writes: who read them could tell how much
happens that he may not see. The same thing sealed for the same purpose is the same text, so that a
place can be compared with itself, as clients do.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from plugin.runtime.context import Context
from plugin.runtime.settings import kept_secret
from store.types import Seq

KEY = "replica_key"
MARK = 16
"""Bytes of the mark by which something sealed is known. It also begins the key stream: no two
things have the same one (a synthetic nonce, RFC 5297)."""
BLOCK = 16
"""What is sealed is made as long as a multiple of it, so that its length tells little."""


class Seals:
    """Seals under a key of the office for one purpose, such as a person's places in a database."""

    def __init__(self, key: bytes, *purpose: str) -> None:
        text = "\x00".join(purpose).encode("utf-8", "surrogatepass")
        self._key = hmac.digest(key, text, "sha256")

    def sealed(self, text: str) -> str:
        """`text`, which must not end with a zero character, for somebody to bring back."""
        plain = text.encode()
        return self._sealed(plain + b"\x00" * (-len(plain) % BLOCK))

    def _sealed(self, plain: bytes) -> str:
        mark = self._bytes(b"mark", plain, MARK)
        told = mark + _xor(plain, self._bytes(b"stream", mark, len(plain)))
        return base64.urlsafe_b64encode(told).decode().rstrip("=")

    def opened(self, told: str) -> str | None:
        """What was sealed; None for anything else."""
        try:
            raw = base64.b64decode(told + "=" * (-len(told) % 4), b"-_", validate=True)
        except (ValueError, binascii.Error):  # also where it is not ASCII
            return None
        mark, hidden = raw[:MARK], raw[MARK:]
        plain = _xor(hidden, self._bytes(b"stream", mark, len(hidden)))
        if not hmac.compare_digest(self._sealed(plain), told):
            return None
        return plain.rstrip(b"\x00").decode()

    def _bytes(self, use: bytes, text: bytes, count: int) -> bytes:
        """Bytes that nobody without the key tells from random ones. SHAKE256 takes a key before its
        text (FIPS 202, appendix A.2); `use` has no other `use` as its beginning."""
        return hashlib.shake_256(self._key + use + text).digest(count)


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(len(one))


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
