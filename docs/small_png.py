"""A screenshot made small: the same picture with a palette of 256 colours.

Reads and writes just the PNG that browsers give: 8 bits, RGB or RGBA, not interlaced. Section
numbers are those of the PNG specification, third edition.
"""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PAETH = 4
COLOURS = 256
COMMON = 192
"""Colours of the palette that are chosen because they are common."""
CHANNELS = {2: 3, 6: 4}
"""Colour type → bytes of a pixel (11.2.1)."""

Colour = tuple[int, int, int]


def small(png: bytes) -> bytes:
    """The picture with 256 of its colours; the others become the nearest of these.

    Raises ValueError for a PNG of another kind.
    """
    parts = list(chunks(png))
    head = next(body for kind, body in parts if kind == b"IHDR")
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", head)
    if depth != 8 or interlaced or colour not in CHANNELS:
        raise ValueError(f"not a plain RGB picture: {head!r}")
    data = zlib.decompress(b"".join(body for kind, body in parts if kind == b"IDAT"))
    lines = [colours(line, CHANNELS[colour]) for line in unfiltered(data, width, CHANNELS[colour])]
    palette, index = palette_of(lines)
    packed = b"".join(b"\0" + bytes(index[one] for one in line) for line in lines)
    return SIGNATURE + b"".join(
        (
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            chunk(b"PLTE", bytes(value for one in palette for value in one)),
            chunk(b"IDAT", zlib.compress(packed, 9)),
            chunk(b"IEND", b""),
        )
    )


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(kind, body) of each chunk (5.3)."""
    place = len(SIGNATURE)
    while place < len(png):
        (length,) = struct.unpack_from(">I", png, place)
        yield png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        place += length + 12


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def unfiltered(data: bytes, width: int, step: int) -> Iterator[bytes]:
    """The scanlines with their filters taken off (9.2)."""
    length = width * step
    above = bytes(length)
    for place in range(0, len(data), length + 1):
        line = bytearray(data[place + 1 : place + 1 + length])
        unfilter(data[place], line, above, step)
        above = bytes(line)
        yield above


def unfilter(kind: int, line: bytearray, above: bytes, step: int) -> None:
    """Take a filter off a line, in place: 1 Sub, 2 Up, 3 Average, 4 Paeth."""
    for i in range(len(line)) if kind else ():
        left = line[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        if kind == PAETH:
            guess = paeth(left, above[i], corner)
        else:
            guess = (0, left, above[i], (left + above[i]) // 2)[kind]
        line[i] = (line[i] + guess) & 255


def paeth(left: int, above: int, corner: int) -> int:
    """The neighbour that is nearest to left + above - corner (9.4)."""
    to_left, to_above = abs(above - corner), abs(left - corner)
    to_corner = abs(left + above - 2 * corner)
    if to_left <= to_above and to_left <= to_corner:
        return left
    return above if to_above <= to_corner else corner


def colours(line: bytes, step: int) -> list[Colour]:
    return list(zip(line[::step], line[1::step], line[2::step], strict=True))


def palette_of(lines: list[list[Colour]]) -> tuple[list[Colour], dict[Colour, int]]:
    """The palette, and the place in it for each colour of the picture.

    The commonest colours first; then those that are farthest from all others, so that a small
    coloured sign does not turn grey among the many greys of text.
    """
    counted = Counter(one for line in lines for one in line)
    palette = [one for one, _ in counted.most_common(COMMON)]
    nearest = {one: min((far(one, known), n) for n, known in enumerate(palette)) for one in counted}
    while len(palette) < COLOURS:
        new, (distance, _) = max(nearest.items(), key=lambda pair: pair[1][0])
        if distance == 0:
            break
        place = len(palette)
        palette.append(new)
        nearest = {one: min(found, (far(one, new), place)) for one, found in nearest.items()}
    return palette, {one: place for one, (_, place) in nearest.items()}


def far(one: Colour, other: Colour) -> int:
    """Square of the distance of two colours."""
    red, green, blue = one[0] - other[0], one[1] - other[1], one[2] - other[2]
    return red * red + green * green + blue * blue
