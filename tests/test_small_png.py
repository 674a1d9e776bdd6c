"""Pictures of the guides are made small without being changed more than their palette asks for."""

import random
import struct
import zlib

import pytest

from docs.small_png import SIGNATURE, chunk, chunks, paeth, small

WIDTH, HEIGHT = 40, 25
SEED = 20261122


def made(rows: list[bytes], step: int) -> bytes:
    """A PNG of these scanlines, each with another filter (PNG, third edition, 9.2)."""
    above, data = bytes(WIDTH * step), b""
    for number, row in enumerate(rows):
        kind = number % 5
        line = bytearray([kind])
        for i, value in enumerate(row):
            left = row[i - step] if i >= step else 0
            corner = above[i - step] if i >= step else 0
            guesses = (0, left, above[i], (left + above[i]) // 2, paeth(left, above[i], corner))
            line.append((value - guesses[kind]) & 255)
        above, data = row, data + line
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2 if step == 3 else 6, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(data)), (b"IEND", b""))
    return SIGNATURE + b"".join(chunk(kind, body) for kind, body in parts)


def shown(png: bytes) -> list[bytes]:
    """The RGB scanlines of a picture with palette."""
    parts = dict(chunks(png))
    palette, data = parts[b"PLTE"], zlib.decompress(parts[b"IDAT"])
    lines = [data[at + 1 : at + 1 + WIDTH] for at in range(0, len(data), WIDTH + 1)]
    return [b"".join(palette[3 * one : 3 * one + 3] for one in line) for line in lines]


def rows_of(colours: list[bytes]) -> list[bytes]:
    random.seed(SEED)
    return [b"".join(random.choice(colours) for _ in range(WIDTH)) for _ in range(HEIGHT)]


@pytest.mark.parametrize("step", [3, 4])
def test_a_picture_of_few_colours_stays_as_it_is(step: int) -> None:
    random.seed(SEED)
    colours = [bytes([*random.randbytes(3), 255][:step]) for _ in range(256)]
    rows = rows_of(colours)
    wanted = [b"".join(row[at : at + 3] for at in range(0, len(row), step)) for row in rows]
    assert shown(small(made(rows, step))) == wanted


def test_a_rare_colour_is_kept_among_many_greys() -> None:
    red = bytes((220, 30, 30))
    rows = rows_of([bytes((n, n, n)) for n in range(256)])
    rows[7] = red + rows[7][3:]
    assert shown(small(made(rows, 3)))[7][:3] == red


def test_another_kind_of_picture_is_refused() -> None:
    head = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    with pytest.raises(ValueError, match="not a plain RGB picture"):
        small(SIGNATURE + chunk(b"IHDR", head) + chunk(b"IEND", b""))


def test_paeth_takes_the_nearest_neighbour() -> None:
    assert [paeth(1, 2, 3), paeth(9, 5, 5), paeth(5, 9, 5), paeth(0, 10, 5)] == [1, 9, 9, 5]
