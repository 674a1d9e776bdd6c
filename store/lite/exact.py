"""Sums without rounding errors, so that a total kept up to date equals one made anew.

A number is an int, or a pair (n, e) for n / 2**e: every float is such a number.
"""

from collections.abc import Iterable
from typing import Any

from store.types import Json

Exact = int | tuple[int, int]


def exact(number: int | float) -> Exact:
    """The number without loss. Raises OverflowError or ValueError for what is not finite."""
    if isinstance(number, int):
        return number
    numerator, denominator = number.as_integer_ratio()
    return numerator if denominator == 1 else (numerator, denominator.bit_length() - 1)


def add(one: Exact, other: Exact) -> Exact:
    if isinstance(one, int) and isinstance(other, int):
        return one + other
    n, e = (one, 0) if isinstance(one, int) else one
    m, f = (other, 0) if isinstance(other, int) else other
    if e < f:
        n, e = n << (f - e), f
    else:
        m <<= e - f
    return lowest(n + m, e)


def total(numbers: Iterable[int | float]) -> Exact:
    """The sum of plain numbers."""
    whole, n, e = 0, 0, 0
    for number in numbers:
        if isinstance(number, int):
            whole += number
            continue
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


def plain(number: Exact) -> int | float:
    """The number as JSON has it: rounded once."""
    return number if isinstance(number, int) else number[0] / (1 << number[1])


def from_json(value: Any) -> Exact:
    """An Exact that went through JSON, where a pair is a list."""
    return value if isinstance(value, int) else (value[0], value[1])


def is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
