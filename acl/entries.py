"""An access control list: entries with a level, privileges and roles."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from acl.levels import Level
from acl.names import ANONYMOUS_ENTRY, DEFAULT_ENTRY, is_plain, is_role, is_wildcard
from acl.reasons import Reason, reason
from acl.rules import RULES, Privilege, Rule


class EntryType(StrEnum):
    """What kind of name an entry matches (Domino: "User types in the ACL")."""

    UNSPECIFIED = "unspecified"
    PERSON = "person"
    SERVER = "server"
    GROUP = "group"
    SERVER_GROUP = "server group"
    MIXED = "mixed"

    @property
    def label(self) -> str:
        """What people call it, in English: `Person group`. An id of the catalogue."""
        return _LABELS.get(self, self.value.capitalize())

    @property
    def is_group(self) -> bool:
        return self in (EntryType.GROUP, EntryType.SERVER_GROUP, EntryType.MIXED)


_LABELS = {EntryType.GROUP: "Person group", EntryType.MIXED: "Mixed group"}


@dataclass(frozen=True)
class Entry:
    """One line of an ACL. `privileges` are those that a Manager ticked, `roles` have brackets."""

    name: str
    type: EntryType = EntryType.UNSPECIFIED
    level: Level = Level.NO_ACCESS
    privileges: frozenset[Privilege] = frozenset()
    roles: frozenset[str] = frozenset()

    @property
    def is_fixed(self) -> bool:
        """True for `-Default-` and `Anonymous`, which mean nobody in particular."""
        return self.name in (DEFAULT_ENTRY, ANONYMOUS_ENTRY)

    @property
    def can_manage(self) -> bool:
        """Whether somebody can sign in as a Manager by this entry: not a server, not everybody."""
        servers = (EntryType.SERVER, EntryType.SERVER_GROUP)
        return self.level is Level.MANAGER and self.type not in servers and not self.is_fixed


@dataclass(frozen=True)
class Acl:
    """The list of one database. `roles` are all roles that the database knows."""

    entries: tuple[Entry, ...] = ()
    roles: tuple[str, ...] = ()

    @cached_property
    def _by_name(self) -> dict[str, Entry]:
        return {entry.name: entry for entry in reversed(self.entries)}

    def find(self, name: str) -> Entry | None:
        """The entry with exactly this name, or None; the first where it is there twice."""
        return self._by_name.get(name)


def problems(acl: Acl) -> tuple[Reason, ...]:
    """What stops this list from being saved; empty where it is sound."""
    found = [p for entry in acl.entries for p in entry_problems(entry, acl.roles)]
    names = [entry.name for entry in acl.entries]
    twice = sorted({name for name in names if names.count(name) > 1})
    found += [reason("acl_twice", name=name) for name in twice]
    found += [reason("acl_bad_role", role=role) for role in acl.roles if not is_role(role)]
    if DEFAULT_ENTRY not in names:
        found.append(reason("acl_no_default"))
    if not any(entry.can_manage for entry in acl.entries):
        found.append(reason("acl_no_manager"))
    return tuple(found)


def entry_problems(entry: Entry, roles: tuple[str, ...]) -> list[Reason]:
    """What is wrong with one entry of a list that knows these roles."""
    name = entry.name
    found = []
    if not (entry.is_fixed or is_plain(name) or is_wildcard(name)):
        found.append(reason("acl_bad_name", name=name))
    if is_wildcard(name) and entry.type.is_group:
        found.append(reason("acl_wildcard_group", name=name))
    for privilege in sorted(entry.privileges):
        rule = RULES[entry.level][privilege]
        alone = rule is Rule.WITH_READ_PUBLIC and Privilege.READ_PUBLIC not in entry.privileges
        if rule is Rule.NEVER:
            params = {"name": name, "level": entry.level.title, "privilege": privilege.label}
            found.append(reason("acl_never", **params))
        elif alone:
            found.append(reason("acl_needs_read_public", name=name))
    unknown = sorted(entry.roles - set(roles))
    return found + [reason("acl_unknown_role", name=name, role=role) for role in unknown]
