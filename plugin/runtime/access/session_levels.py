"""The highest level by kind of session (Notes: "Maximum Internet name and password").

One document of the settings holds it, so that it is changed in the shell and replicates. Whoever
makes an identity for a session names the kind; `Directory.identity` puts the cap into it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from acl import Level

FORM = "sessions"
SESSIONS_ID = f"{FORM}:levels"


class SessionKind(StrEnum):
    """How somebody came in. The values are the items of the document."""

    PASSWORD = "password"
    """Name and password, on the pages or by a program that replicates."""
    LAPTOP = "laptop"
    """The token of a laptop, and the pages that a laptop serves."""
    PORTAL = "portal"
    """Whoever is marked as external, by whatever they sign in."""


Levels = Mapping[SessionKind, Level]


def read_levels(doc: Mapping[str, Any] | None) -> Levels:
    """The levels in the document. What it does not name is not lowered; what is no level lets
    nobody in, since only damage writes it."""
    return {kind: _level((doc or {}).get(kind)) for kind in SessionKind}


def _level(value: Any) -> Level:
    if value is None:
        return Level.MANAGER
    try:
        return Level.parse(value) if isinstance(value, str) else Level.NO_ACCESS
    except ValueError:
        return Level.NO_ACCESS


def cap(levels: Levels, kind: SessionKind | None, *, external: bool) -> Level:
    """The highest level of one session; `kind` is None where nobody is signed in, as for a notice
    that the server sends."""
    kinds = [*([kind] if kind else []), *([SessionKind.PORTAL] if external else [])]
    return min((levels.get(one, Level.MANAGER) for one in kinds), default=Level.MANAGER)
