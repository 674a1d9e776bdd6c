"""One identity's access to one database: level, privileges and roles, with the facts behind it."""

from collections.abc import Iterable
from dataclasses import dataclass

from acl.entries import Acl, Entry, EntryType
from acl.levels import Level
from acl.names import (
    ANONYMOUS_ENTRY,
    DEFAULT_ENTRY,
    Identity,
    is_plain,
)
from acl.reasons import Reason, reason
from acl.rules import Privilege, granted, kept


@dataclass(frozen=True)
class Access:
    """What an identity has in a database. `why` are plain facts to show to the person."""

    level: Level = Level.NO_ACCESS
    privileges: frozenset[Privilege] = frozenset()
    roles: frozenset[str] = frozenset()
    why: tuple[Reason, ...] = ()

    def has(self, privilege: Privilege) -> bool:
        return privilege in self.privileges


def access(acl: Acl, identity: Identity) -> Access:
    """The access of `identity` by the rules of Domino: the entry with its own name alone; else all
    its groups together; else all wildcards; else `-Default-`; then the cap of its session."""
    entries, fact = _matching(acl, identity)
    if not entries:
        return Access(why=(reason("no_default"),))
    held = frozenset[Privilege]().union(*(granted(e.level, e.privileges) for e in entries))
    level = max(entry.level for entry in entries)
    roles = frozenset[str]().union(*(entry.roles for entry in entries))
    why = tuple(reason(fact, entry=e.name, level=e.level.title) for e in entries)
    return _capped(Access(level, granted(level, held), roles, why), identity.cap)


def _matching(acl: Acl, identity: Identity) -> tuple[list[Entry], str]:
    if identity.name is None:
        entry = acl.find(ANONYMOUS_ENTRY) or acl.find(DEFAULT_ENTRY)
        return ([entry] if entry else []), "by_anonymous"
    named = [identity.name] if is_plain(identity.name) else []
    steps = (
        ("by_name", named),
        ("by_group", sorted(identity.plain_groups)),
        ("by_unit", sorted(identity.wildcards)),
    )
    for fact, names in steps:
        found = [entry for entry in _found(acl, names) if _fits(entry.type, fact, identity.kind)]
        if found:
            return found, fact
    entry = acl.find(DEFAULT_ENTRY)
    return ([entry] if entry else []), "by_default"


def _found(acl: Acl, names: Iterable[str]) -> list[Entry]:
    return [entry for entry in map(acl.find, names) if entry is not None]


def _fits(type_: EntryType, fact: str, kind: str) -> bool:
    """Whether a typed entry matches this kind of name and this kind of member."""
    if type_ is EntryType.UNSPECIFIED:
        return True
    if fact != "by_group":
        return type_.value == kind
    by_kind = EntryType.GROUP if kind == "person" else EntryType.SERVER_GROUP
    return type_ in (by_kind, EntryType.MIXED)


def _capped(full: Access, cap: Level) -> Access:
    """A cap takes away and never gives, not even what the lower level always has."""
    if cap >= full.level:
        return full
    held = kept(cap, full.privileges) if cap > Level.NO_ACCESS else frozenset[Privilege]()
    return Access(cap, held, full.roles, (*full.why, reason("capped", level=cap.title)))
