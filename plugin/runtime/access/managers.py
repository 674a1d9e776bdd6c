"""Nobody locks out the last Manager: not by a list, and not by a group or person that changes.

An entry counts by whom it means: a group without members, a person who has left and a name that was
typed wrongly manage nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from acl import ACL_ID, Acl, AclError, Level, access, parse, reason
from plugin.runtime.access.personal_acls import personal_name
from plugin.runtime.access.session_levels import SESSIONS_ID, SessionKind
from plugin.runtime.context import told
from plugin.runtime.door.document import Raw
from plugin.runtime.errors import Invalid, NotFound, OfficeError
from plugin.runtime.messages import Message
from plugin.runtime.people.directory import GROUP, PERSON, SETTINGS, People
from store.errors import Forbidden
from store.lease import Lease
from store.types import Doc

if TYPE_CHECKING:
    from plugin.runtime.office import Office

LEASE = "managers"
MEMBERS = {
    "person": ("active", "department", "manager", "external"),
    "group": ("members", "parent"),
    "sessions": (SessionKind.PORTAL.value,),
}
"""Items by which somebody may lose what groups and units give."""


def has_manager(acl: Acl, people: People) -> bool:
    """Whether some active person is Manager by this list."""
    able = (entry.name for entry in acl.entries if entry.can_manage)
    identities = (people.identity(one) for name in able for one in people.called(name))
    return any(access(acl, one).level is Level.MANAGER for one in identities if one)


def demand_manager(before: Acl, after: Acl, people: People) -> None:
    """Raises Invalid where the new list takes the last Manager from a database that has one."""
    if has_manager(before, people) and not has_manager(after, people):
        raise Invalid({"1": told(reason("acl_nobody_manages"))})


@contextmanager
def one_at_a_time(office: "Office") -> Iterator[None]:
    """Whatever may take a Manager away is checked and written by one process at a time: two that
    each leave the other's Manager would together leave none. A laptop has nobody to wait for."""
    if office.kind != "office":
        yield
        return
    lease = Lease(office.coordination, LEASE)
    while not lease.acquire_or_see():
        continue  # the holder lives: its write is short
    try:
        yield
    finally:
        lease.release()


@contextmanager
def guarded(office: "Office", database: str, docs: Mapping[str, Raw | None]) -> Iterator[None]:
    """Around the write of documents, by id, None for a deletion: raises Invalid where a database
    would lose its last Manager by a list, person or group among them."""
    found = {docid: doc for docid, doc in docs.items() if concerns(database, docid)}
    if not found or not _may_take_away(office, found):
        yield
        return
    with one_at_a_time(office):
        new = found.pop(ACL_ID, None)
        if new is not None:
            people = office.directory.people(fresh=True)
            demand_manager(office.state(database).acl, parse(new), people)
        demand_managers(office, found)
        yield


@contextmanager
def guarded_push(office: "Office", database: str, doc: Doc) -> Iterator[None]:
    """The same for what a replica pushes: raises Forbidden."""
    with ExitStack() as stack:
        new = None if doc.get("_deleted") else doc
        try:
            stack.enter_context(guarded(office, database, {str(doc.get("_id")): new}))
        except (Invalid, AclError) as error:
            problems = error.problems.values() if isinstance(error, Invalid) else (error,)
            raise Forbidden(" ".join(map(str, problems))) from error
        yield


def concerns(database: str, docid: str) -> bool:
    """Whether a document says who manages something."""
    rights = docid == SESSIONS_ID or docid.startswith((PERSON, GROUP))
    return docid == ACL_ID or (database == SETTINGS and rights)


def _may_take_away(office: "Office", docs: Mapping[str, Raw | None]) -> bool:
    """False where nothing of what these say of persons and groups changes."""
    people = office.directory.people(fresh=True)
    return ACL_ID in docs or people.changed(docs) is not people


def demand_managers(office: "Office", docs: Mapping[str, Raw | None]) -> None:
    """Raises Invalid at the item of a person or group where these documents of the settings take
    the last Manager from a database.

    A mailbox does not keep its person from leaving.
    """
    before = office.directory.people(fresh=True)
    after = before.changed(docs)
    if all(before.identity(name) == after.identity(name) for name in before.persons):
        return
    left = [name for name in _managed(office, before, after) if not _is_left(office, name, after)]
    if left:
        text = "Nobody could manage {databases} any more. Make somebody else Manager there first."
        item = _item(before, after, next(iter(docs)))
        raise Invalid({item: Message(text, {"databases": ", ".join(left)})})


def _managed(office: "Office", before: People, after: People) -> Iterator[str]:
    """The databases that have a Manager before and none after."""
    for name in office.databases():
        try:
            acl = office.state(name).acl
        except (NotFound, OfficeError):
            continue  # being made at this moment, or damaged: nobody manages it now
        if has_manager(acl, before) and not has_manager(acl, after):
            yield name


def _is_left(office: "Office", database: str, after: People) -> bool:
    """Whether this is the personal database of one who has left."""
    owner = office.owner_of(database)
    if owner is None or not owner[1].template:
        return False
    active = (name for name, person in after.persons.items() if person.active)
    return all(database != personal_name(owner[1].name, name) for name in active)


def _item(before: People, after: People, docid: str) -> str:
    """The item that the message stands at: the first that differs and may be the cause."""
    kind, name = docid.split(":", 1)
    items = MEMBERS[kind]
    old, new = (
        one.persons.get(name) if kind == "person" else one.groups.get(name)
        for one in (before, after)
    )
    different = (item for item in items if getattr(old, item, None) != getattr(new, item, None))
    return next(different, items[0])
