"""What differs between two lists, as reasons: for the log, and for who asks before saving."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from acl.entries import Acl, Entry
from acl.reasons import Reason, reason
from acl.rules import RULES, Privilege, Rule, granted


def differences(before: Acl, after: Acl) -> tuple[Reason, ...]:
    """Each difference as one sentence, in the order of the entries; empty where there is none.

    What follows from a level alone (a Reader never creates) is not told besides the level. An entry
    that is there under another name, and the same in all else, was renamed.
    """
    old = {entry.name: entry for entry in before.entries}
    new = {entry.name: entry for entry in after.entries}
    renamed = _renamed(
        [entry for entry in before.entries if entry.name not in new],
        [entry for entry in after.entries if entry.name not in old],
    )
    found = [reason("acl_renamed", name=name, new_name=to) for name, to in renamed.items()]
    for name, entry in old.items():
        if name in new:
            found += _of_entry(entry, new[name])
        elif name not in renamed:
            found.append(reason("acl_removed", name=name, level=entry.level.title))
    for name, entry in new.items():
        if name not in old and name not in renamed.values():
            found.append(reason("acl_added", name=name, level=entry.level.title))
            found += _of_entry(Entry(name, entry.type, entry.level), entry)
    return (*found, *_of_roles(before.roles, after.roles))


def _renamed(gone: Iterable[Entry], come: Iterable[Entry]) -> dict[str, str]:
    """Old name to new name, where an entry went and one with the same rights came."""
    waiting = list(come)
    found = {}
    for entry in gone:
        same = next((one for one in waiting if replace(one, name=entry.name) == entry), None)
        if same is not None:
            waiting.remove(same)
            found[entry.name] = same.name
    return found


def _of_entry(old: Entry, new: Entry) -> Iterator[Reason]:
    name = new.name
    if old.level is not new.level:
        params = {"before": old.level.title, "after": new.level.title}
        yield reason("acl_level", name=name, **params)
    if old.type is not new.type:
        yield reason("acl_type", name=name, old_type=old.type.label, type=new.type.label)
    had, has = (granted(one.level, one.privileges) for one in (old, new))
    for privilege in Privilege:
        if privilege in has - had and _is_choice(new, privilege):
            yield reason("acl_ticked", name=name, privilege=privilege.label)
        if privilege in had - has and _is_choice(old, privilege) and _is_choice(new, privilege):
            yield reason("acl_unticked", name=name, privilege=privilege.label)
    yield from (reason("acl_role_given", name=name, role=r) for r in sorted(new.roles - old.roles))
    yield from (reason("acl_role_taken", name=name, role=r) for r in sorted(old.roles - new.roles))


def _is_choice(entry: Entry, privilege: Privilege) -> bool:
    return RULES[entry.level][privilege] not in (Rule.ALWAYS, Rule.NEVER)


def _of_roles(before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[Reason]:
    yield from (reason("acl_role_added", role=role) for role in after if role not in before)
    yield from (reason("acl_role_removed", role=role) for role in before if role not in after)
