"""Write store/collation_table.txt.gz from ICU's root collation. Needs libicu; run by hand.

    python -m tests.store.make_collation_table store/collation_table.txt.gz

One line a character, or a contraction of several: code points, primary weights, secondary,
tertiary, all in hexadecimal; the first line names ICU's version. Left out are Han and Hangul, which
need no table, what is decomposed before it is looked up, and characters that no one is likely to
sort by.
"""

import gzip
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from store.collation import implicit_primary
from tests.store.icu import Icu, load

HAN_LEADS = (b"\xfa", b"\xfb", b"\xfc")
CONTINUED = 0xC0
RANGES = (
    (0x0000, 0x33FF), (0xA000, 0xA000), (0xA640, 0xABFF), (0xF900, 0xFFFD), (0x10000, 0x11FFF),
    (0x16A00, 0x16FFF), (0x1D400, 0x1D7FF), (0x1E000, 0x1FAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


Levels = tuple[list[bytes], bytes, bytes]


def elements(icu: Icu, text: str) -> Levels:
    """The primary weights one by one, the other levels each in one piece."""
    first: list[bytes] = []
    second, third = bytearray(), bytearray()
    for element in icu.elements(text):
        primary = (element >> 16).to_bytes(2, "big").rstrip(b"\0")
        if element & CONTINUED == CONTINUED and first:
            first[-1] += primary
        else:
            first.append(primary)
        second += (element >> 8 & 0xFF).to_bytes(1, "big").rstrip(b"\0")
        third += (element & 0x3F).to_bytes(1, "big").rstrip(b"\0")  # without the bits for case
    return first, bytes(second), bytes(third)


def wanted(char: str) -> bool:
    return (
        unicodedata.category(char) not in ("Cn", "Cs", "Co")
        and unicodedata.is_normalized("NFD", char)
        and not is_han(char)
    )


def is_han(char: str) -> bool:
    plain = unicodedata.normalize("NFC", char)
    return len(plain) == 1 and unicodedata.name(plain, "").startswith("CJK UNIFIED")


def by_code_point(char: str, weights: list[bytes]) -> bytes | None:
    """The weights with ICU's own for Han (by radical) replaced by the store's (by code point).

    None where a sign stands for a Han that its compatibility decomposition does not tell.
    """
    han = iter(filter(is_han, unicodedata.normalize("NFKC", char)))
    parts = []
    for weight in weights:
        meant = next(han, None) if weight[:1] in HAN_LEADS else None
        if weight[:1] in HAN_LEADS and meant is None:
            return None
        parts.append(weight if meant is None else implicit_primary(ord(meant)))
    return b"".join(parts)


def texts(icu: Icu) -> Iterator[str]:
    """What gets a line."""
    known = set()
    for first, last in RANGES:
        known |= set(filter(wanted, map(chr, range(first, last + 1))))
    yield from sorted(known)
    yield from sorted(text for text in icu.contractions() if known.issuperset(text))


def main() -> None:
    icu = load()
    if icu is None:
        raise SystemExit("there is no libicu here")
    lines = [f"ICU {icu.version}"]
    for text in texts(icu):
        weights, *others = elements(icu, text)
        primary = by_code_point(text, weights)
        if primary is not None:
            levels = (level.hex() or "-" for level in (primary, *others))
            points = "+".join(f"{ord(char):x}" for char in text)
            lines.append(f"{points} {' '.join(levels)}")
    data = "\n".join(lines).encode()
    Path(sys.argv[1]).write_bytes(gzip.compress(data, 9, mtime=0))
    print(f"{len(lines) - 1} characters and contractions")


if __name__ == "__main__":
    main()
