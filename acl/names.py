"""Who asks: a person or server with its groups and place in the organisation, or nobody.

Names are stable ids. Persons, groups and servers share one name space; roles stand in brackets,
`*/Sales` is a wildcard for everybody in the unit Sales and below it, `*` is everybody.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from acl.levels import Level

DEFAULT_ENTRY = "-Default-"
ANONYMOUS_ENTRY = "Anonymous"
EVERYBODY = "*"


@dataclass(frozen=True)
class Identity:
    """One who asks. `name` is None for somebody who is not signed in.

    `units` is the path in the organisation from the top, such as `("Sales", "Central")`. `groups`
    holds all groups, nested ones too. `cap` is the highest level this kind of session may have.
    """

    name: str | None
    kind: Literal["person", "server"] = "person"
    units: tuple[str, ...] = ()
    groups: frozenset[str] = frozenset()
    cap: Level = Level.MANAGER

    @cached_property
    def plain_groups(self) -> frozenset[str]:
        """The groups that entries and items may name: those that look like a role do not count."""
        return frozenset(group for group in self.groups if is_plain(group))

    @cached_property
    def wildcards(self) -> frozenset[str]:
        """The wildcards that match: `*/Sales` and `*/Sales/Central` for `("Sales", "Central")`."""
        if not is_plain(self.name) or not self.units:
            return frozenset()
        path = "/".join(self.units).split("/")
        return frozenset("*/" + "/".join(path[:depth]) for depth in range(1, len(path) + 1))

    @cached_property
    def names(self) -> frozenset[str]:
        """All names under which it may be listed, but for roles, which a database gives."""
        if self.name is None:
            return frozenset([ANONYMOUS_ENTRY, EVERYBODY])
        own = [EVERYBODY, self.name] if is_plain(self.name) else [EVERYBODY]
        return self.plain_groups.union(own, self.wildcards)


ANONYMOUS = Identity(None)


def is_role(name: str) -> bool:
    """True for `[Leaders]`."""
    return name.startswith("[") and name.endswith("]") and len(name) > 2


def is_wildcard(name: str) -> bool:
    """True for `*/Sales` and `*/Sales/Central`."""
    return name.startswith("*/") and len(name) > 2


def is_plain(name: str | None) -> bool:
    """True for what a person, group or server may be called: no role, no wildcard, no fixed entry.

    A directory that holds a group "[Admin]" must not make anybody an administrator by it.
    """
    return bool(name) and name is not None and name[0] not in "[*-?" and name != ANONYMOUS_ENTRY
