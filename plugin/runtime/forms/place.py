"""Where in a form something makes no sense, for the message that says so."""

from collections.abc import Iterable, Mapping
from typing import Any

from plugin.runtime.errors import OfficeError


class Where:
    """The place in a form, for messages."""

    def __init__(self, *path: str) -> None:
        self.path = path

    def at(self, *more: str) -> "Where":
        return Where(*self.path, *more)

    def wrong(self, why: str) -> OfficeError:
        return OfficeError("Form {place}: {why}", place=" › ".join(self.path), why=why)

    def known(self, data: Any, keys: Iterable[str]) -> None:
        if not isinstance(data, Mapping):
            raise self.wrong("this must be an object")
        unknown = sorted(set(data) - set(keys))
        if unknown:
            raise self.wrong(f"unknown key {unknown[0]!r}; known: {', '.join(sorted(keys))}")

    def among(self, names: Iterable[str], items: Iterable[str]) -> tuple[str, ...]:
        for name in (names := tuple(names)):
            if name not in items:
                raise self.wrong(f"there is no item {name!r}")
        return names
