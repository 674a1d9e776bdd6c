"""Sums without rounding errors, so that a total kept up to date equals one made anew.

A number is an int, or a pair (n, e) for n / 2**e: every float is such a number.
"""

import re
from collections.abc import Iterable
from typing import Any

from store.types import Json

Exact = int | tuple[int, int]

_PACKED = re.compile(r"\0-?[0-9]+/[0-9]+")


def exact(number: int | float) -> Exact:
    """The number without loss. Raises OverflowError or ValueError for what is not finite."""
    if isinstance(number, int):
        return number
    numerator, denominator = number.as_integer_ratio()
    return numerator if denominator == 1 else (numerator, denominator.bit_length() - 1)


def total(numbers: Iterable[int | float | Exact]) -> Exact:
    """The sum of numbers, plain or exact."""
    whole, n, e = 0, 0, 0
    for number in numbers:
        if isinstance(number, int):
            whole += number
            continue
        if isinstance(number, tuple):
            m, f = number
        else:
            m, denominator = number.as_integer_ratio()
            f = denominator.bit_length() - 1
        if f > e:
            n, e = n << (f - e), f
        n += m << (e - f)
    return lowest(n + (whole << e), e)


def lowest(n: int, e: int) -> Exact:
    """n / 2**e in lowest terms."""
    if n == 0:
        return 0
    spare = min((n & -n).bit_length() - 1, e)
    n, e = n >> spare, e - spare
    return n if e == 0 else (n, e)


def plain(number: Any) -> Any:
    """The number as JSON has it: rounded once. What is no number stays as it is."""
    if not isinstance(number, tuple):
        return number
    n, e = number
    try:
        return n / (1 << e)
    except OverflowError:  # beyond all floats, where halves do not matter
        return n >> e


def pack(number: Any) -> Any:
    """As JSON has it: text for a pair. What is no number stays as it is."""
    return f"\0{number[0]}/{number[1]}" if isinstance(number, tuple) else number


def unpack(value: Any) -> Any:
    """The reverse of `pack`."""
    if not isinstance(value, str) or not _PACKED.fullmatch(value):
        return value
    n, e = value[1:].split("/")
    return int(n), int(e)


def is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
