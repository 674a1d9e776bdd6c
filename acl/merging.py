"""Two Managers changed the same list at once: what each changed is kept where it does not clash."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from acl.entries import Acl, Entry


@dataclass(frozen=True)
class Clash:
    """An entry that both changed, each otherwise; None where one removed it."""

    name: str
    mine: Entry | None
    theirs: Entry | None


@dataclass(frozen=True)
class Merge:
    """The list with the changes of both; where they clash, theirs or what was chosen."""

    acl: Acl
    clashes: tuple[Clash, ...]


def merge(base: Acl, mine: Acl, theirs: Acl, choices: Mapping[str, str] | None = None) -> Merge:
    """Both changes of `base` in one list. `choices` says `mine` or `theirs` for names that clash.

    Roles: what one added stays, what one removed goes, also from the entries.
    """
    chosen = choices or {}
    roles = _roles(base, mine, theirs)
    entries: list[Entry] = []
    clashes = []
    for name in _names(theirs, mine):
        old, own, other = (acl.find(name) for acl in (base, mine, theirs))
        if own != old and other not in (old, own):
            clashes.append(Clash(name, own, other))
            taken = own if chosen.get(name) == "mine" else other
        else:
            taken = other if own == old else own
        if taken is not None:
            entries.append(replace(taken, roles=taken.roles & frozenset(roles)))
    open_ = tuple(clash for clash in clashes if clash.name not in chosen)
    return Merge(Acl(tuple(entries), roles), open_)


def _roles(base: Acl, mine: Acl, theirs: Acl) -> tuple[str, ...]:
    gone = (set(base.roles) - set(mine.roles)) | (set(base.roles) - set(theirs.roles))
    both = dict.fromkeys((*theirs.roles, *mine.roles))
    return tuple(role for role in both if role not in gone)


def _names(first: Acl, second: Acl) -> list[str]:
    return list(dict.fromkeys(entry.name for entry in (*first.entries, *second.entries)))
