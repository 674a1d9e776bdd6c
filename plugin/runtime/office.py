"""An office: one data directory with its store, modules, people and clock. A laptop has one too."""

import logging
import shutil
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from types import TracebackType

from acl import Acl, Identity
from plugin.runtime import datadir
from plugin.runtime.access.acl_saving import copy_to_security, read_acl
from plugin.runtime.access.full_access import FullAccess, Grant
from plugin.runtime.access.personal_acls import PersonalAcls, personal_name
from plugin.runtime.access.session_levels import SessionKind
from plugin.runtime.clock import Clock, stamp, utcnow
from plugin.runtime.coordination import COORDINATION, server_database
from plugin.runtime.designs.deploying import Deployed, Target, deploy_databases, tell
from plugin.runtime.designs.design import DESIGN_ID, Design, read_design
from plugin.runtime.designs.threeway import Place
from plugin.runtime.errors import NotFound, OfficeError
from plugin.runtime.listings.answers import Answers
from plugin.runtime.listings.reader_changes import FOLDER as CHANGES
from plugin.runtime.listings.reader_changes import ReaderChanges
from plugin.runtime.listings.readersets import ReaderSets
from plugin.runtime.module import Action, DatabaseSpec, FormCode, Holding, Module
from plugin.runtime.modules import Modules
from plugin.runtime.moment import Moment
from plugin.runtime.people.credentials import Credentials
from plugin.runtime.people.directory import SERVER_NAME, SETTINGS, Directory
from plugin.runtime.session import Session
from plugin.runtime.settings import Settings, read_settings
from plugin.runtime.store_access import open_store
from store.api import Database, Server
from store.deploy import Report, untold
from store.errors import BadRequest
from store.errors import NotFound as Missing
from store.text import TextIndex
from store.types import ViewOptions

VERSION = version("divan")

SERVER = Identity(SERVER_NAME, "server")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class State:
    """ACL and design of a database as they are now."""

    acl: Acl
    design: Design


class Office:
    """Everything of one data directory. Use as a context manager, or call `close`."""

    def __init__(
        self,
        data: Path,
        about: datadir.About,
        settings: Settings,
        server: Server,
        modules: Modules,
        clock: Clock,
    ) -> None:
        self.data = data
        self.kind = about.kind
        self.id = about.id
        self.settings = settings
        self.server = server
        self.clock = clock
        self.directory = Directory(server)
        self._modules = modules
        self._lock = threading.Lock()
        self.personal_acls = PersonalAcls(self._personal_acl)
        self._acls: dict[str, tuple[str, Acl]] = {}
        self._designs: dict[str, Design] = {}
        self._reader_sets: dict[str, ReaderSets] = {}
        self._answers: dict[str, Answers] = {}
        self._states: dict[str, tuple[str, State]] = {}
        self.writes = 0
        """Grows with every write through the door, for who remembers something for a moment."""
        self._reader_changes: dict[str, ReaderChanges] = {}

    @classmethod
    def create(
        cls,
        path: Path | str,
        kind: str = "office",
        *,
        clock: Clock = utcnow,
        modules: Iterable[Module] | None = None,
    ) -> "Office":
        """Begin a data directory and open it; an office gets the databases of its modules.

        Raises OfficeError where the directory holds something already or cannot be written.
        """
        datadir.make(Path(path), kind)
        office = cls.open(path, clock=clock, modules=modules, undecided=kind == datadir.NEW)
        try:
            if kind == "office":
                office.deploy()
        except BaseException:
            office.close()
            raise
        return office

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        clock: Clock = utcnow,
        modules: Iterable[Module] | None = None,
        undecided: bool = False,
    ) -> "Office":
        """Open a data directory. Raises OfficeError (not ours, damaged, another format) and
        BadInput for wrong settings, each saying what to do.

        One that was made, but is neither office nor laptop yet, becomes an office, unless it may
        stay `undecided`.
        """
        data = Path(path).absolute()
        about = datadir.read(data)
        if about.kind == datadir.NEW and not undecided:
            with cls.open(path, clock=clock, modules=modules, undecided=True) as office:
                office.become_office()
            about = datadir.read(data)
        settings = read_settings(data)
        chosen = Modules.of(modules)
        return cls(data, about, settings, open_store(data, settings), chosen, clock)

    def become_office(self) -> None:
        """Decide an undecided directory; can be repeated after a crash."""
        self.deploy()
        self.kind = datadir.decide(self.data, "office").kind

    @property
    def modules(self) -> tuple[Module, ...]:
        """The modules in the order of the navigator."""
        return self._modules.modules

    @property
    def holdings(self) -> dict[str, Holding]:
        """What people hand over to others, by name, in the order of the modules."""
        return self._modules.holdings

    @property
    def signed_in_by(self) -> SessionKind:
        """The kind of session that somebody has on the pages of this office or laptop."""
        return SessionKind.PASSWORD if self.kind == "office" else SessionKind.LAPTOP

    @cached_property
    def credentials(self) -> Credentials:
        """Passwords, one-time links and tokens. Not for modules."""
        return Credentials(self.server, self.clock)

    @cached_property
    def full_access(self) -> FullAccess:
        """Full access of administrators, and its log."""
        return FullAccess(self)

    @cached_property
    def coordination(self) -> Database:
        """Leases and counters, for the server alone. Not on laptops."""
        return server_database(self.server, COORDINATION, history=20)

    @cached_property
    def texts(self) -> TextIndex:
        """The full-text index of this data directory. May be deleted: it is made anew."""
        return TextIndex(self.data / "search" / "text.sqlite")

    def session(self, identity: Identity, language: str = "") -> Session:
        """What `identity` may do here; `language` is the one chosen for the pages."""
        return Session(self, identity, chosen_language=language)

    def session_for_request(
        self, identity: Identity, language: str = "", full: Grant | None = None
    ) -> Session:
        """The same for one request, which sees the ACLs as they were when it first asked; with
        `full` past all of them."""
        return Session(self, identity, chosen_language=language, moment=Moment(self), full=full)

    def system(self) -> Session:
        """The server itself (`divan-server`): agents and imports; no ACL stops it."""
        return Session(self, SERVER, is_system=True)

    def databases(self) -> list[str]:
        """The databases of all modules that exist, mailboxes included, in the navigator's order."""
        owners = self.owners()
        return sorted(owners, key=lambda name: (owners[name][0].order, name))

    def owners(self) -> dict[str, tuple[Module, DatabaseSpec]]:
        """Module and description of each database that exists and belongs to a module."""
        found = {name: self.owner_of(name) for name in self.server.all_dbs()}
        return {name: owner for name, owner in found.items() if owner is not None}

    def owner_of(self, database: str) -> tuple[Module, DatabaseSpec] | None:
        """The module and the description that a database belongs to; None for one not ours."""
        return self._modules.owner_of(database)

    def form_code(self, database: str, form: str) -> FormCode | None:
        """The module's code for documents of a form."""
        return self._modules.form_code(database, form)

    def action_code(self, database: str, form: str, action: str) -> Action | None:
        """The module's code behind a button."""
        return self._modules.action(database, form, action)

    @cached_property
    def shared_databases(self) -> tuple[str, ...]:
        """The databases of all modules but those that each person has of one's own."""
        specs = (spec for module in self.modules for spec in module.databases)
        return tuple(spec.name for spec in specs if not spec.template)

    def state(self, database: str, standing: str | None = None) -> State:
        """ACL and design of a database, read anew where their revisions changed; not even looked at
        where it stands as before (`Server.standings`), if that is told.

        Raises NotFound where there is no such database, or one without ACL (not for people).
        """
        with self._lock:
            before = self._states.get(database)
        if before and before[0] == standing:
            return before[1]
        state = self._read_state(database)
        if standing is not None:
            with self._lock:
                self._states[database] = standing, state
        return state

    def _read_state(self, database: str) -> State:
        try:
            db = self.server.database(database)
            answer = db.all_docs(ViewOptions(keys=("acl", DESIGN_ID)))
        except (Missing, BadRequest) as error:
            raise NotFound("There is no database {name}.", name=database) from error
        acl_rev, design_rev = (_rev(row) for row in answer["rows"])
        if acl_rev is None:
            raise NotFound("There is no database {name}.", name=database)
        with self._lock:
            known, acl = self._acls.get(database, (None, None))
            design = self._designs.get(design_rev) if design_rev else Design({}, {})
        if acl is None or known != acl_rev:
            acl = read_acl(db)[0]
            with self._lock:
                self._acls[database] = acl_rev, acl
        if design is None:
            design = read_design(db.get(DESIGN_ID))
            with self._lock:
                self._designs[str(design_rev)] = design
        return State(acl, design)

    def reader_sets(self, database: str) -> ReaderSets:
        """The reader sets of a database, shared by all sessions of this process."""
        with self._lock:
            if database not in self._reader_sets:
                self._reader_sets[database] = ReaderSets(self.server.database(database))
            return self._reader_sets[database]

    def answers(self, database: str) -> Answers:
        """What the indexes of a database answered sessions of this process."""
        with self._lock:
            return self._answers.setdefault(database, Answers())

    def reader_changes(self, database: str) -> ReaderChanges:
        """What changed in a database by its readers, shared by all sessions of this process."""
        with self._lock:
            if database not in self._reader_changes:
                found = ReaderChanges(self.data, self.server.database(database))
                self._reader_changes[database] = found
            return self._reader_changes[database]

    def written(self, database: str) -> None:
        """Told by the door after each write, so that a change is visible at once."""
        with self._lock:
            self.writes += 1
        if database == SETTINGS:
            self.directory.expire()
        self.personal_acls.forget(database)

    def _personal_acl(self, database: str) -> Acl | None:
        try:
            return self.state(database).acl
        except NotFound:
            return None  # a mailbox that is being made at this moment
        except OfficeError:
            log.exception("the database %s is left out", database)
            return None  # its damage must not shut the others

    def deploy(self, report: Report | None = None) -> list[Deployed]:
        """Make what databases are missing, and bring design documents up to date.

        What a Designer customised is kept; the log says what clashes. Can be repeated after a
        crash. `report` is told how far the indexes are.
        """
        return self._deploy(self.targets(), report)

    def targets(self) -> list[Target]:
        """All databases that this version of Divan makes or brings up to date."""
        existing = self.server.all_dbs()
        return [
            Target(name, spec, self._release(module))
            for module in self.modules
            for spec in module.databases
            for name in (_of_template(spec, existing) if spec.template else [spec.name])
        ]

    def target(self, database: str) -> Target:
        """What this version ships into a database. Raises NotFound where it does not."""
        for one in self.targets():
            if one.name == database:
                return one
        raise NotFound("There is no database {name}.", name=database)

    def take_shipped(self, database: str, places: Iterable[Place]) -> Deployed:
        """Replace what was customised at these places by what is shipped. Raises NotFound."""
        return self._deploy([self.target(database)], take=places)[0]

    def _deploy(
        self, targets: Sequence[Target], report: Report | None = None, take: Iterable[Place] = ()
    ) -> list[Deployed]:
        at = stamp(self.clock())
        done = deploy_databases(self.server, targets, at, report or untold, take)
        for one in done:
            tell(one)
            self.written(one.name)
        return done

    def _release(self, module: Module) -> dict[str, str]:
        own = {module.name: module.version} if module.version else {}
        return {"divan": VERSION, **own}

    def mail_database(self, person: str) -> str:
        """The name of a person's mailbox, made if it is not there yet. Raises NotFound."""
        return self.personal_database("mail", person)

    def personal_database(self, template: str, person: str) -> str:
        """The database of a template that belongs to a person, made if it is not there yet.

        Raises NotFound where there is no such person or template.
        """
        name = personal_name(template, person)
        owner = self.owner_of(name)
        if owner is None or self.directory.person(person) is None:
            raise NotFound("There is no person {name}.", name=person)
        try:
            self.state(name)
        except NotFound:
            self._deploy([Target(name, owner[1], self._release(owner[0]), person)])
        return name

    def apply_acl(self, database: str) -> bool:
        """Copy the ACL document into `_security`, as after replication. True if it differed."""
        self.personal_acls.forget(database)
        return copy_to_security(self.server.database(database))

    def close(self) -> None:
        """Close the store. The office is of no use afterwards."""
        if "texts" in self.__dict__:
            self.texts.close()
        self._close_changes()
        self.server.close()

    def forget_changes(self) -> None:
        """Delete what is kept of changes by readers: it is made anew where somebody asks."""
        self._close_changes()
        shutil.rmtree(self.data / CHANGES, ignore_errors=True)

    def _close_changes(self) -> None:
        with self._lock:
            kept, self._reader_changes = self._reader_changes, {}
        for changes in kept.values():
            changes.close()

    def __enter__(self) -> "Office":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _of_template(spec: DatabaseSpec, existing: Iterable[str]) -> list[str]:
    return [name for name in existing if name.startswith(f"{spec.name}_")]


def _rev(row: dict[str, dict[str, str | bool]]) -> str | None:
    value = row.get("value")
    return str(value["rev"]) if value and not value.get("deleted") else None
