"""CouchDB's view collation as bytes: keys compare as their `sort_key`s do, byte by byte.

Order (CouchDB 3.5, "View Collation"): null, false, true, numbers, strings, arrays, objects; arrays
and objects member by member. Strings follow ICU's root collation with three levels (letters, then
accents, then case: "a" < "A" < "b"), by a table made from ICU, with its contractions of several
characters; Han follow by code point, then what the table does not know, and U+FFFF last. A letter
with accents equals the letter and its accents; accents that stand in another order than Unicode's
canonical one are taken as they stand, since ICU does not normalise by itself.
"""

import gzip
import struct
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

END = b"\x00"
NULL, FALSE, TRUE, NUMBER, STRING, ARRAY, OBJECT = (
    bytes([n]) for n in (16, 17, 18, 32, 48, 64, 80)
)
_RAW_NUMBER, _RAW_FALSE, _RAW_NULL, _RAW_OBJECT, _RAW_STRING = (
    bytes([n]) for n in (12, 15, 16, 56, 72)
)
HIGHEST = b"\xff"
"""Above every sort key."""
TOP: Mapping[str, None] = {"\uffff\uffff": None}
"""As the last member of a key, the end of all keys that begin as it does: no name begins twice with
U+FFFF, which is no character. `{}`, which is often used, is the lowest of objects."""

_LEVEL = b"\x01"
_COMMON = b"\x05"
_TABLE = Path(__file__).with_name("collation_table.txt.gz")
_SIGN = 1 << 63
_ALL = (1 << 64) - 1
_HAN = (
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x2A6DF), (0x2A700, 0x2EBEF), (0x30000, 0x323AF),
)  # fmt: skip


def sort_key(value: object) -> bytes:
    """Return the bytes by which `value` (JSON) is ordered; equal where CouchDB finds them equal.

    No sort key is the beginning of another one. Raises RecursionError for hopelessly deep values.
    """
    if isinstance(value, str):
        return STRING + _string(value)
    if value is None:
        return NULL
    if isinstance(value, bool):
        return TRUE if value else FALSE
    if isinstance(value, int | float):
        return NUMBER + _number(value)
    if isinstance(value, list | tuple):
        return b"".join([ARRAY, *map(sort_key, value), END])
    if isinstance(value, dict):
        members = [sort_key(name) + sort_key(item) for name, item in value.items()]
        return b"".join([OBJECT, *members, END])
    raise TypeError(f"{type(value).__name__} is not JSON")


def raw_key(value: object) -> bytes:
    """As `sort_key`, for views with `"collation": "raw"`: the order of Erlang's terms, that is
    numbers, false, null, true, objects, arrays, strings by their bytes."""
    if isinstance(value, str):
        text = value.encode("utf-8", "surrogatepass")
        return _RAW_STRING + text.replace(b"\x01", b"\x01\x02").replace(b"\x00", b"\x01\x01") + END
    if value is None:
        return _RAW_NULL
    if isinstance(value, bool):
        return TRUE if value else _RAW_FALSE
    if isinstance(value, int | float):
        return _RAW_NUMBER + _number(value)
    if isinstance(value, list | tuple):
        return b"".join([ARRAY, *map(raw_key, value), END])
    if isinstance(value, dict):
        members = [raw_key(name) + raw_key(item) for name, item in value.items()]
        return b"".join([_RAW_OBJECT, *members, END])
    raise TypeError(f"{type(value).__name__} is not JSON")


def group_key(key: bytes, level: int) -> bytes:
    """Return what the sort keys of one group share at `group_level`: the first members of an array.

    The answer is the beginning of `key`, which may itself be such a beginning; the whole of it for
    other values and shorter arrays.
    """
    if key[:1] != ARRAY:
        return key
    at = 1
    for _ in range(level):
        if at == len(key) or key[at] == END[0]:
            return key
        at = _skip(key, at)
    return key[:at]


def parted(keys: bytes) -> list[bytes]:
    """The sort keys that were joined to `keys`."""
    found, at = [], 0
    while at < len(keys):
        end = _skip(keys, at)
        found.append(keys[at:end])
        at = end
    return found


@cache
def version() -> str:
    """What sort keys depend on besides their values: an index built under another is stale."""
    return f"2, {_table()[0]}, Unicode {unicodedata.unidata_version}"


def _skip(key: bytes, at: int) -> int:
    """The place after the value that begins at `at`."""
    tag = key[at : at + 1]
    if tag in (NUMBER, _RAW_NUMBER):
        return at + 9
    if tag in (STRING, _RAW_STRING):
        return key.index(END, at) + 1
    if tag in (ARRAY, OBJECT, _RAW_OBJECT):
        at += 1
        while key[at] != END[0]:
            at = _skip(key, at)
    return at + 1


def _number(value: int | float) -> bytes:
    try:
        number = float(value)
    except OverflowError:
        number = float("inf") if value > 0 else float("-inf")
    # Adding 0.0 makes -0.0 equal to 0.0.
    bits: int = struct.unpack(">Q", struct.pack(">d", number + 0.0))[0]
    return (bits ^ _ALL if bits & _SIGN else bits | _SIGN).to_bytes(8, "big")


def implicit_primary(point: int) -> bytes:
    """The primary weight of a code point that has no entry in the table."""
    # Lead bytes: Han above all other writing, then unassigned and private characters.
    lead = 0xFB if any(first <= point <= last for first, last in _HAN) else 0xFE
    return bytes([lead, (point >> 14) + 2, (point >> 7 & 127) + 2, (point & 127) + 2])


class _Primary(dict[str, bytes]):
    """Primary weights; those of characters without an entry are made from their code point."""

    def __missing__(self, char: str) -> bytes:
        weight = self[char] = implicit_primary(ord(char))
        return weight


class _Common(dict[str, bytes]):
    """Secondary or tertiary weights; common ones become entries when they are first needed."""

    def __missing__(self, char: str) -> bytes:
        self[char] = _COMMON
        return _COMMON


class _Decomposed(dict[int, str]):
    """The canonical decomposition of each character by itself."""

    def __missing__(self, point: int) -> str:
        text = self[point] = unicodedata.normalize("NFD", chr(point))
        return text


_DECOMPOSED = _Decomposed()


def _table() -> list[str]:
    """The lines of the table; the first names ICU's version."""
    return gzip.decompress(_TABLE.read_bytes()).decode().split("\n")


class _Weights:
    """The table as three mappings, and the characters that need more than the first."""

    def __init__(self) -> None:
        self.primary, self.secondary, self.tertiary = _Primary(), _Common(), _Common()
        _, *lines = _table()
        for line in lines:
            points, *levels = line.split(" ")
            char = "".join(chr(int(point, 16)) for point in points.split("+"))
            first, second, third = (b"" if x == "-" else bytes.fromhex(x) for x in levels)
            self.primary[char] = first
            if second != _COMMON or third != _COMMON:
                self.secondary[char] = second
                self.tertiary[char] = third
        self.primary["\ufffe"], self.primary["\uffff"] = b"\x02", b"\xff\xff"
        contractions = [text for text in self.primary if len(text) > 1]
        self.longest = max(map(len, contractions))
        self.contracting = frozenset(text[0] for text in contractions)
        self.uncommon = frozenset(self.secondary) | self.contracting

    def elements(self, text: str) -> Sequence[str]:
        """A decomposed text in pieces that have weights: characters and contractions."""
        if self.contracting.isdisjoint(text):
            return text
        pieces = []
        rest = text
        while rest:
            size = min(self.longest, len(rest))
            while size > 1 and rest[:size] not in self.primary:
                size -= 1
            piece, rest = self._with_marks(rest[:size], rest[size:])
            pieces.append(piece)
        return pieces

    def _with_marks(self, piece: str, rest: str) -> tuple[str, str]:
        """A contraction reaches over marks that do not block it (UTS 10, S2.1.1 to S2.1.3)."""
        left, skipped, last = "", 0, 0
        for mark in rest:
            order = unicodedata.combining(mark)
            if not order:
                break
            skipped += 1
            if order != last and piece + mark in self.primary:
                piece += mark
            else:
                left += mark
                last = order
        return piece, left + rest[skipped:]


@cache
def _weights() -> _Weights:
    return _Weights()


@lru_cache(maxsize=8192)
def _string(text: str) -> bytes:
    weights = _weights()
    if not (text.isascii() or unicodedata.is_normalized("NFD", text)):
        text = text.translate(_DECOMPOSED)
    if not weights.uncommon.isdisjoint(text):
        return _three_levels(weights, text)
    return b"".join(map(weights.primary.__getitem__, text)) + _LEVEL + _LEVEL + END


def _three_levels(weights: _Weights, text: str) -> bytes:
    pieces = weights.elements(text)
    # All common is less than anything else and is left out, which keeps keys short.
    first, *others = (
        b"".join(map(level.__getitem__, pieces))
        for level in (weights.primary, weights.secondary, weights.tertiary)
    )
    return _LEVEL.join([first, *(level if level.strip(_COMMON) else b"" for level in others)]) + END
