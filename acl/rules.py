"""Which level has which privilege: the table of levels and privileges, as data."""

from enum import StrEnum
from functools import lru_cache

from acl.levels import Level


class Privilege(StrEnum):
    """A single right beside the level. The values stand in ACL documents."""

    CREATE = "create"
    DELETE = "delete"
    PRIVATE_VIEWS = "private_views"
    SHARED_VIEWS = "shared_views"
    AGENTS = "agents"
    READ_PUBLIC = "read_public"
    WRITE_PUBLIC = "write_public"
    REPLICATE = "replicate"

    @property
    def label(self) -> str:
        """What people call it, in English: `Private views`. An id of the catalogue."""
        return _LABELS[self]


_LABELS = {
    Privilege.CREATE: "Create",
    Privilege.DELETE: "Delete",
    Privilege.PRIVATE_VIEWS: "Private views",
    Privilege.SHARED_VIEWS: "Shared views",
    Privilege.AGENTS: "Agents",
    Privilege.READ_PUBLIC: "Read public",
    Privilege.WRITE_PUBLIC: "Write public",
    Privilege.REPLICATE: "Replicate or copy",
}


class Rule(StrEnum):
    """Whether a level has a privilege. The letters are those of the table below."""

    ALWAYS = "F"
    NEVER = "f"
    OPTIONAL = "o"
    WITH_READ_PUBLIC = "p"


# create, delete, private views, shared views, agents, read public, write public, replicate
_TABLE = {
    Level.MANAGER: "F o F F F F F o",
    Level.DESIGNER: "F o F F o F F o",
    Level.EDITOR: "F o o o o F F o",
    Level.AUTHOR: "o o o f o F o o",
    Level.READER: "f f o f o F o o",
    Level.DEPOSITOR: "F f f f f o o p",
    Level.NO_ACCESS: "f f f f f o o p",
}

RULES: dict[Level, dict[Privilege, Rule]] = {
    level: dict(zip(Privilege, map(Rule, row.split()), strict=True))
    for level, row in _TABLE.items()
}


@lru_cache(maxsize=1024)
def granted(level: Level, ticked: frozenset[Privilege]) -> frozenset[Privilege]:
    """The privileges that an entry of `level` has when these are ticked for it."""
    always = frozenset(p for p, rule in RULES[level].items() if rule is Rule.ALWAYS)
    return always | kept(level, ticked)


@lru_cache(maxsize=1024)
def kept(level: Level, held: frozenset[Privilege]) -> frozenset[Privilege]:
    """Those of the held privileges that `level` may have; nothing is added."""
    rules = RULES[level]
    public = Privilege.READ_PUBLIC in held
    return frozenset(
        p
        for p in held
        if rules[p] in (Rule.ALWAYS, Rule.OPTIONAL)
        or (rules[p] is Rule.WITH_READ_PUBLIC and public)
    )
