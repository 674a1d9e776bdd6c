"""What Divan shipped last into a database: the document `_design/shipped`.

A design document, so that it goes wherever the design goes. It holds the release, the base of the
next merge, and the clashes that nobody has looked at yet.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from plugin.runtime.designs.customising import Documents, read, written
from plugin.runtime.designs.threeway import Place, remembered

SHIPPED_ID = "_design/shipped"


@dataclass(frozen=True)
class Shipped:
    """`release` is the version by package, `clashes` say for each place why, or nothing."""

    release: Mapping[str, str] = field(default_factory=dict)
    base: Documents = field(default_factory=dict)
    clashes: Mapping[Place, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, doc: Mapping[str, Any]) -> "Shipped":
        """What the document says; nothing where it is not as `to_document` writes it."""
        release, base, clashes = (doc.get(key) for key in ("release", "base", "clashes"))
        if not all(isinstance(part, Mapping) for part in (release, base, clashes)):
            return cls()
        assert isinstance(release, Mapping) and isinstance(base, Mapping)
        assert isinstance(clashes, Mapping)
        return cls(
            {name: str(version) for name, version in release.items()},
            {docid: dict(part) for docid, part in base.items() if isinstance(part, Mapping)},
            {read(place): str(why) for place, why in clashes.items()},
        )

    def to_document(self) -> dict[str, Any]:
        return {
            "_id": SHIPPED_ID,
            "release": dict(self.release),
            "base": remembered(self.base),
            "clashes": {written(place): why for place, why in self.clashes.items()},
        }

    def newer_than(self, release: Mapping[str, str]) -> str | None:
        """The package and version that shipped here and is newer than in `release`, or None."""
        for package, version in self.release.items():
            if package in release and _parts(version) > _parts(release[package]):
                return f"{package} {version}"
        return None


def _parts(version: str) -> tuple[tuple[int, ...], bool]:
    """Orders versions (PEP 440): by their numbers, a preview before what it is one of."""
    numbers, rest = re.match(r"([\d.]*)(.*)", version, re.DOTALL).groups()  # type: ignore[union-attr]
    parts = [int(part) for part in numbers.split(".") if part]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts), not re.match(r"\.?(a|b|rc|dev)", rest)
