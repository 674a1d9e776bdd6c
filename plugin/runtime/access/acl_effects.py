"""What a new list would change, before it is saved: who gains and loses what, and on which laptops.

Only persons whose access differs are counted, by reader sets (`reader_counts`): the cost grows with
persons and reader sets, not with documents.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from acl import (
    ANONYMOUS,
    Access,
    Acl,
    Entry,
    EntryType,
    Identity,
    Level,
    Privilege,
    Reason,
    access,
    differences,
    dry_problems,
    names_of,
    reason,
)
from plugin.runtime.access.acl_saving import demand_sound, read_acl
from plugin.runtime.access.managers import demand_manager
from plugin.runtime.access.reader_counts import Counts, read_counts
from plugin.runtime.context import Context, told
from plugin.runtime.messages import Message, Text
from plugin.runtime.people.directory import People


@dataclass(frozen=True)
class Effect:
    """What changes for one person (None: whoever is not signed in).

    `gains` and `loses` are documents to read; each of the `laptops` loses `laptop_loses` of them,
    which is also what goes with the right to replicate.
    """

    name: str | None
    before: Access
    after: Access
    gains: int = 0
    loses: int = 0
    laptops: int = 0
    laptop_loses: int = 0

    @property
    def gained(self) -> frozenset[Privilege]:
        return self.after.privileges - self.before.privileges

    @property
    def lost(self) -> frozenset[Privilege]:
        return self.before.privileges - self.after.privileges


@dataclass(frozen=True)
class RoleUse:
    """A role that goes, and what still names it: documents as readers, forms in their rules."""

    role: str
    documents: int
    forms: tuple[Text, ...]


@dataclass(frozen=True)
class Effects:
    """`changes` say what differs in the list, `warnings` what somebody should think about."""

    changes: tuple[Message, ...] = ()
    warnings: tuple[Message, ...] = ()
    people: tuple[Effect, ...] = ()
    roles: tuple[RoleUse, ...] = field(default=())

    @property
    def laptops(self) -> int:
        """How many laptops lose documents."""
        return sum(one.laptops for one in self.people if one.laptop_loses)

    @property
    def laptop_documents(self) -> int:
        """How many documents they lose together."""
        return sum(one.laptops * one.laptop_loses for one in self.people)


def acl_effects(ctx: Context, acl: Acl) -> Effects:
    """What would come of saving this list. Nothing is written.

    Raises what saving it would raise: Refused for all but Managers, Invalid with all problems.
    """
    ctx.demand("manage")
    demand_sound(acl)
    before = read_acl(ctx.reading)[0]
    people = ctx.office.directory.people(fresh=True)
    demand_manager(before, acl, people)
    if before == acl:
        return Effects()
    counts = read_counts(ctx)
    changed = list(_changed(before, acl, people))
    laptops = _laptops(ctx) if changed else {}
    return Effects(
        changes=tuple(map(told, differences(before, acl))),
        warnings=tuple(map(told, _warnings(ctx, before, acl, people))),
        people=tuple(_effect(counts, laptops, *one) for one in changed),
        roles=tuple(_use(ctx, counts, role) for role in before.roles if role not in acl.roles),
    )


def _changed(before: Acl, after: Acl, people: People) -> Iterable[tuple[Identity, Access, Access]]:
    """Everybody whose level, privileges or roles differ, and nobody in particular."""
    identities = (people.identity(name) for name in sorted(people.persons))
    for identity in (ANONYMOUS, *(one for one in identities if one is not None)):
        old, new = access(before, identity), access(after, identity)
        if (old.level, old.privileges, old.roles) != (new.level, new.privileges, new.roles):
            yield identity, old, new


def _effect(
    counts: Counts, laptops: Mapping[str, int], identity: Identity, old: Access, new: Access
) -> Effect:
    read, reads = ({}, {}) if _reads_alike(identity, old, new) else (
        counts.readable(identity, one) for one in (old, new)
    )  # fmt: skip
    number = laptops.get(identity.name or "", 0)
    loses = _missing(read, reads)
    on_laptop = loses
    if number and old.has(Privilege.REPLICATE) and not new.has(Privilege.REPLICATE):
        on_laptop = sum(counts.readable(identity, old).values())
    elif not old.has(Privilege.REPLICATE):
        on_laptop = 0
    return Effect(identity.name, old, new, _missing(reads, read), loses, number, on_laptop)


def _reads_alike(identity: Identity, old: Access, new: Access) -> bool:
    same = names_of(identity, old) == names_of(identity, new)
    return same and min(old.level, new.level) >= Level.READER


def _missing(these: Mapping[str, int], those: Mapping[str, int]) -> int:
    """How many of these documents are not among those."""
    return sum(max(0, count - those.get(name, 0)) for name, count in these.items())


def _laptops(ctx: Context) -> Mapping[str, int]:
    return ctx.office.credentials.laptops() if ctx.office.kind == "office" else {}


def _warnings(ctx: Context, before: Acl, after: Acl, people: People) -> Iterable[Reason]:
    if not ctx.system:
        found = dry_problems(before, after, ctx.identity)
        yield from (one for one in found if one.code == "acl_lose_manager")
    for entry in after.entries:
        if before.find(entry.name) != entry:
            yield from _matching_nobody(entry, people)


def entry_warnings(ctx: Context, acl: Acl) -> dict[str, Message]:
    """What is doubtful about entries, by name: those that match nobody."""
    people = ctx.office.directory.people(fresh=True)
    found = ((entry.name, _matching_nobody(entry, people)) for entry in acl.entries)
    return {name: told(one) for name, reasons in found for one in reasons}


def _matching_nobody(entry: Entry, people: People) -> Iterable[Reason]:
    if entry.is_fixed or entry.type in (EntryType.SERVER, EntryType.SERVER_GROUP):
        return
    is_group = people.is_group(entry.name)
    if not people.called(entry.name):
        yield reason("acl_empty" if is_group else "acl_nobody", name=entry.name)
    elif (entry.type.is_group and not is_group) or (entry.type is EntryType.PERSON and is_group):
        yield reason("acl_other_type", name=entry.name, type=entry.type.label)


def _use(ctx: Context, counts: Counts, role: str) -> RoleUse:
    rules = (
        (form.title, (*form.readers.values(), *form.authors.values()))
        for form in ctx.design.forms.values()
    )
    forms = tuple(title for title, found in rules if any(role in rule for rule in found))
    return RoleUse(role, counts.naming(role), forms)
