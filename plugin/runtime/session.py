"""What one identity does at an office: the databases as it may use them."""

import logging
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from acl import Access, Decision, Identity, Level, Privilege, access
from plugin.runtime.access.effective import Effective, everywhere
from plugin.runtime.access.full_access import Grant
from plugin.runtime.context import Context
from plugin.runtime.door.documents import Documents
from plugin.runtime.errors import NotFound, OfficeError
from plugin.runtime.listings.listing import Listing
from plugin.runtime.messages import LANGUAGES, Text
from plugin.runtime.module import DatabaseSpec, Module
from plugin.runtime.moment import Moment
from plugin.runtime.people.directory import SETTINGS, People
from plugin.runtime.search.finding import Found, search

if TYPE_CHECKING:
    from plugin.runtime.office import Office

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DatabaseInfo:
    """A database in the navigator. `order` and `icon` are its module's; `copying` says whether its
    documents may be replicated, exported, printed or copied, and why not."""

    name: str
    title: Text
    module: str
    icon: str
    order: int
    access: Access
    copying: Decision


@dataclass(frozen=True)
class Session:
    """An identity at work. Cheap: make one for each request.

    The server's own session (`is_system`) passes every ACL and Readers item.
    """

    office: "Office"
    identity: Identity
    is_system: bool = False
    chosen_language: str = ""
    moment: Moment | None = None
    """What it remembers, where it is for one request."""
    full: Grant | None = None
    """Full access of an administrator, while it is on."""

    @cached_property
    def language(self) -> str:
        """Language of titles: the one chosen, else the person's, else the office's."""
        person = self.office.directory.person(self.identity.name or "")
        wanted = self.chosen_language or (person.language if person else "")
        return wanted if wanted in LANGUAGES else str(self.office.settings.language)

    @cached_property
    def time_zone(self) -> str:
        """IANA name of the person's time zone, else the office's."""
        person = self.office.directory.person(self.identity.name or "")
        return (person.time_zone if person else "") or str(self.office.settings.time_zone)

    def as_server(self) -> "Session":
        """The server's own session within the same request."""
        return replace(self.office.system(), moment=self.moment)

    def database(self, name: str) -> Documents:
        """The door to a database. Raises NotFound where there is none of that name."""
        return Documents(self.context(name))

    def documents(self, context: Context) -> Documents:
        """The door for a context that is there already (for module code within an operation)."""
        return Documents(context)

    def context(self, name: str) -> Context:
        """What the door's operations need. Raises NotFound."""
        state = (self.moment or self.office).state(name)
        held = access(state.acl, self.identity)
        if self.is_system or self.full:
            roles = frozenset(state.acl.roles)
            held = Access(Level.MANAGER, frozenset(Privilege), roles)
        return Context(self.office, self, name, held, state.design)

    def listing(self, database: str, name: str) -> Listing:
        """A listing as this identity sees it. Raises NotFound."""
        context = self.context(database)
        spec = context.design.listings.get(name)
        if spec is None:
            raise NotFound("There is no listing {name} in this database.", name=name)
        return Listing(context, spec)

    def search(self, text: str, *, database: str = "", limit: int = 20, after: str = "") -> Found:
        """Documents of all databases, or of one, that hold all words of a text; see `finding`."""
        if self.full:
            self.office.full_access.note(self.full, "searched", database, text)
        return search(self, text, database=database, limit=limit, after=after)

    def people(self) -> People:
        """The people and groups that this identity may look up: all, for who reads the settings;
        else the own name alone."""
        everybody = self.office.directory.people()
        if self.is_system or self.context(SETTINGS).may("read"):
            return everybody
        me = self.identity.name or ""
        return People({me: everybody.persons[me]} if me in everybody.persons else {})

    def databases(self) -> list[DatabaseInfo]:
        """The databases that this identity may enter, as the navigator orders them.

        Somebody else's mailbox is not among them unless its ACL lets one in.
        """
        found = []
        perhaps = self._perhaps_open()
        if self.moment:
            self.moment.look_at(perhaps)
        for name, (module, spec) in perhaps.items():
            try:
                context = self.context(name)
                held = context.access
            except NotFound:
                continue  # a mailbox that is being made at this moment
            except OfficeError:
                log.exception("the database %s is left out", name)
                continue  # its damage must not shut the others
            if _may_enter(held):
                place = (name, spec.title, module.name, module.icon, module.order)
                found.append(DatabaseInfo(*place, held, context.may("replicate")))
        return sorted(found, key=lambda info: (info.order, info.name))

    def everywhere(self, name: str) -> list[tuple[DatabaseInfo, Effective]]:
        """What somebody has in each database that this identity manages; about oneself: enters.

        Raises NotFound for nobody.
        """
        return everywhere(self, name)

    def _perhaps_open(self) -> dict[str, tuple[Module, DatabaseSpec]]:
        """All databases but those mailboxes whose remembered ACL does not let this identity in: a
        page must not cost more because colleagues have mailboxes."""
        owners = self.office.owners()
        personal = [name for name, (_, spec) in owners.items() if spec.template]
        if self.is_system or self.full or not personal:
            return owners
        acls = self.office.personal_acls.of(personal)
        shut = {
            name
            for name in personal
            if name not in acls or not _may_enter(access(acls[name], self.identity))
        }
        return {name: owner for name, owner in owners.items() if name not in shut}


def _may_enter(held: Access) -> bool:
    return held.level > Level.NO_ACCESS or held.has(Privilege.READ_PUBLIC)
