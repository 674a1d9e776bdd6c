"""People and groups: who somebody is, with groups, managers and place in the organisation.

Read from the settings database once, then kept up from its changes feed.
"""

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from acl import Identity, Level, is_role
from plugin.runtime.access.session_levels import SESSIONS_ID, Levels, SessionKind, cap, read_levels
from plugin.runtime.errors import NotFound
from plugin.runtime.forms.names import LEADERS
from plugin.runtime.messages import Message, translate
from store.api import Server
from store.errors import NotFound as Missing
from store.types import ChangesOptions, Doc, Seq

SETTINGS = "settings"
PERSON, GROUP = "person:", "group:"
ALL_STAFF = "all-staff"
ADMINISTRATORS = "administrators"
"""The group that the first access control lists make Manager."""
EVERYONE = "*"
SERVER_NAME = "divan-server"
PATIENCE = 0.5
"""Seconds for which names may be a little old; identities never are."""


@dataclass(frozen=True)
class Person:
    """One person document of the settings database. `name` is the stable id."""

    name: str
    name_zh: str = ""
    name_latin: str = ""
    login: str = ""
    department: str = ""
    manager: str = ""
    mail: str = ""
    language: str = ""
    time_zone: str = ""
    active: bool = True
    external: bool = False
    mail_ways: tuple[str, ...] = ()

    def title(self, language: str = "en") -> str:
        """The name that people see."""
        first, second = self.name_latin, self.name_zh
        if language.startswith("zh"):
            first, second = second, first
        return first or second or self.name


@dataclass(frozen=True)
class Group:
    name: str
    title: str = ""
    members: tuple[str, ...] = ()
    parent: str = ""


@dataclass(frozen=True)
class People:
    """All people and groups at one moment. Everything here is pure."""

    persons: Mapping[str, Person] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    levels: Levels = field(default_factory=dict)

    def managers(self, name: str) -> tuple[str, ...]:
        """The chain of managers above a person, the nearest first."""
        chain: list[str] = []
        person = self.persons.get(name)
        while person and person.manager and person.manager not in (name, *chain):
            chain.append(person.manager)
            person = self.persons.get(person.manager)
        return tuple(chain)

    @cached_property
    def _below(self) -> dict[str, list[str]]:
        below: dict[str, list[str]] = {}
        for name in self.persons:
            for manager in self.managers(name):
                below.setdefault(manager, []).append(name)
        return below

    @cached_property
    def _holders(self) -> dict[str, set[str]]:
        """For each name the groups that hold it directly."""
        holders: dict[str, set[str]] = {}
        for group in self.groups.values():
            for member in group.members:
                holders.setdefault(member, set()).add(group.name)
            if group.parent:
                holders.setdefault(group.name, set()).add(group.parent)
        return holders

    @cached_property
    def _called(self) -> dict[str, list[str]]:
        """For each name that an entry or item may hold the active persons whom it means."""
        called: dict[str, list[str]] = {}
        for name in sorted(self.persons):
            identity = self.identity(name)
            for one in identity.names if identity else ():
                called.setdefault(one, []).append(name)
        return called

    def called(self, name: str) -> tuple[str, ...]:
        """The active persons whom a name means: a person, the members of a group (nested ones too),
        a unit such as `*/Sales`, `*` for everybody; by stable id."""
        return tuple(self._called.get(name, ()))

    @cached_property
    def units(self) -> tuple[str, ...]:
        """The units of active persons as wildcards, `*/Sales` and `*/Sales/Central`."""
        return tuple(name for name in sorted(self._called) if name.startswith("*/"))

    def highest_levels(self) -> dict[SessionKind, Level]:
        """The highest level that each kind of session may have."""
        return {kind: self.levels.get(kind, Level.MANAGER) for kind in SessionKind}

    def is_group(self, name: str) -> bool:
        """True for a group, also one that is computed."""
        automatic = name.startswith(LEADERS) or name in (ALL_STAFF, EVERYONE)
        return automatic or name in self.groups

    def identity(self, name: str, session: SessionKind | None = None) -> Identity | None:
        """Who a person is in that kind of session; None for nobody, and for one who has left."""
        person = self.persons.get(name)
        if person is None or not person.active:
            return None
        units = tuple(part for part in person.department.split("/") if part)
        highest = cap(self.levels, session, external=person.external)
        return Identity(name, "person", units, self.groups_of(name), highest)

    def path(self, name: str, group: str) -> tuple[str, ...]:
        """How somebody comes into a group: `("anna", "sales-east", "sales")`; the shortest way.

        Without a way (a group that is computed, or not theirs): `(name, group)`.
        """
        ways: dict[str, tuple[str, ...]] = {name: (name,)}
        waiting = [name]
        for one in waiting:
            for holder in sorted(self._holders.get(one, ())):
                if holder not in ways:
                    ways[holder] = (*ways[one], holder)
                    waiting.append(holder)
        return ways.get(group, (name, group))

    def changed(self, docs: Mapping[str, Doc | None]) -> "People":
        """The people as they are once these documents of the settings are written, by id, None for
        deleted; the same object where that changes nothing of this."""
        persons, groups, levels = dict(self.persons), dict(self.groups), self.levels
        for docid, doc in docs.items():
            _take(persons, groups, docid, doc)
            levels = read_levels(doc) if docid == SESSIONS_ID else levels
        new = People(persons, groups, levels)
        return self if new == self else new

    def below(self, name: str) -> tuple[str, ...]:
        """Everybody under a manager, at any depth."""
        return tuple(sorted(self._below.get(name, ())))

    def groups_of(self, name: str) -> frozenset[str]:
        """All groups of a person, nested and automatic ones too."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            for group in self._holders.get(waiting.pop(), ()):
                if group not in found:
                    found.add(group)
                    waiting.append(group)
        person = self.persons.get(name)
        if person and person.active and not person.external:
            found.add(ALL_STAFF)
        return frozenset(found | {LEADERS + one for one in self._below.get(name, ())})


class Directory:
    """The people of an office, as they are now. Safe to use from several threads."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._people = People()
        self._seq: Seq = 0
        self._looked = float("-inf")

    def people(self, *, fresh: bool = False) -> People:
        """All people and groups; at most half a second old, or as of now with `fresh`."""
        with self._lock:
            if fresh or time.monotonic() - self._looked > PATIENCE:
                self._refresh()
            return self._people

    def expire(self) -> None:
        """Look anew at the next question, whatever it is."""
        with self._lock:
            self._looked = float("-inf")

    def identity(self, name: str, session: SessionKind | None = None) -> Identity:
        """Who `name` is, as of now, with the cap of that kind of session.

        Raises NotFound for nobody, and for one who has left.
        """
        identity = self.people(fresh=True).identity(name, session)
        if identity is None:
            raise NotFound("There is no active person {name}.", name=name)
        return identity

    def person(self, name: str) -> Person | None:
        """The person with this stable id, also one who has left; None for nobody."""
        return self.people().persons.get(name) or self.people(fresh=True).persons.get(name)

    def by_login(self, login: str) -> Person | None:
        """The active person who signs in with this: login, stable id or mail address."""
        wanted = login.strip().lower()
        for person in self.people(fresh=True).persons.values():
            known = (person.login.lower(), person.name, person.mail.lower())
            if wanted and person.active and wanted in known:
                return person
        return None

    def exists(self, name: str) -> bool:
        """True for a person, group, automatic group or role that documents may name."""
        if is_role(name) or name in (ALL_STAFF, SERVER_NAME, EVERYONE):
            return True
        if name.startswith(LEADERS):
            return self.person(name.removeprefix(LEADERS)) is not None
        people = self.people()
        if name not in people.persons and name not in people.groups:
            people = self.people(fresh=True)
        return name in people.persons or name in people.groups

    def kind(self, name: str) -> str:
        """`person`, `group` or `role`: what a name is; `person` for one not known."""
        if name.startswith("["):
            return "role"
        people = self.people()
        return "group" if people.is_group(name) and name not in people.persons else "person"

    def name_of(self, name: str, language: str = "en") -> str:
        """What people see for a stable id; the id itself where nobody is called so."""
        people = self.people()
        if name in people.persons:
            return people.persons[name].title(language)
        if name in people.groups:
            return translate(people.groups[name].title or name, language)
        if name.startswith(LEADERS):
            of = self.name_of(name.removeprefix(LEADERS), language)
            return translate(Message("managers of {name}", {"name": of}), language)
        if name in (ALL_STAFF, EVERYONE):
            return translate("all staff" if name == ALL_STAFF else "everyone", language)
        return name

    def managers(self, name: str) -> tuple[str, ...]:
        """The chain of managers above a person, the nearest first."""
        return self.people().managers(name)

    def active(self) -> list[Person]:
        """Everybody who has not left, by stable id."""
        persons = self.people().persons
        return [persons[name] for name in sorted(persons) if persons[name].active]

    def _refresh(self) -> None:
        try:
            db = self._server.database(SETTINGS)
            answer = db.changes(ChangesOptions(since=self._seq, include_docs=True))
        except Missing:  # a laptop before its first replication
            self._people, self._seq = People(), 0
            return
        if answer["results"]:
            persons, groups = dict(self._people.persons), dict(self._people.groups)
            levels = self._people.levels
            for row in answer["results"]:
                doc = None if row.get("deleted") else row["doc"]
                _take(persons, groups, row["id"], doc)
                levels = read_levels(doc) if row["id"] == SESSIONS_ID else levels
            self._people = People(persons, groups, levels)
        self._seq = answer["last_seq"]
        self._looked = time.monotonic()


def _take(
    persons: dict[str, Person], groups: dict[str, Group], docid: str, doc: Doc | None
) -> None:
    if docid.startswith(PERSON):
        name = docid.removeprefix(PERSON)
        persons.pop(name, None)
        if doc is not None:
            persons[name] = _person(name, doc)
    elif docid.startswith(GROUP):
        name = docid.removeprefix(GROUP)
        groups.pop(name, None)
        if doc is not None:
            groups[name] = _group(name, doc)


def _person(name: str, doc: Mapping[str, Any]) -> Person:
    texts = (
        "name_zh", "name_latin", "login", "department", "manager", "mail", "language", "time_zone"
    )  # fmt: skip
    values = {key: _text(doc.get(key)) for key in texts}
    active, external = doc.get("active") is not False, doc.get("external") is True
    ways = _texts(doc.get("mail_ways"))
    return Person(name=name, active=active, external=external, mail_ways=ways, **values)


def _group(name: str, doc: Mapping[str, Any]) -> Group:
    return Group(
        name=name,
        title=_text(doc.get("title")),
        members=_texts(doc.get("members")),
        parent=_text(doc.get("parent")),
    )


def _texts(value: Any) -> tuple[str, ...]:
    listed: Iterable[Any] = value if isinstance(value, list) else ()
    return tuple(one for one in listed if isinstance(one, str))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
