"""A long list in sheets, the newest first: which one is asked for, and where the others are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import request

LINES = 25
Line = TypeVar("Line")


@dataclass(frozen=True)
class Sheet(Generic[Line]):
    """The lines of a sheet, and the addresses of the ones beside it; empty where there are none."""

    lines: Sequence[Line]
    newer: str
    older: str


def sheet(lines: Sequence[Line], address: Callable[[int], str]) -> Sheet[Line]:
    """The sheet whose number stands in the request as `page`, the first where none does."""
    number = max(0, request.args.get("page", 0, type=int))
    start, end = number * LINES, (number + 1) * LINES
    newer = address(number - 1) if number else ""
    return Sheet(lines[start:end], newer, address(number + 1) if end < len(lines) else "")
