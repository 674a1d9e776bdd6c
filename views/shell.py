"""What the pages of one office share, and who is asking in this request."""

import logging
from dataclasses import dataclass

from flask import current_app, g, request, url_for
from flask import session as cookie
from flask_login import current_user

from acl import Identity, Privilege
from plugin import Credentials, Documents, Grant, NotFound, Office, Person, Session
from store.errors import StoreError
from views.language import current_language
from views.throttle import Throttle

log = logging.getLogger(__name__)

EXTENSION = "divan"
LAPTOPS = "/replica"
"""Below it programs ask, never a browser's page."""
FULL_ACCESS = "full_access"
"""Where the cookie of a session has its full access."""


@dataclass(frozen=True)
class Shell:
    """The office behind the pages, what people prove themselves with, wrong tries of late."""

    office: Office
    credentials: Credentials
    throttle: Throttle


@dataclass(frozen=True)
class User:
    """The signed-in person, in the shape that Flask-Login asks for."""

    person: Person
    identity: Identity
    stamp: str
    session: str
    """What names this session among those of the person."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    @property
    def title(self) -> str:
        """The name that people see."""
        return self.person.title(current_language())

    @property
    def name(self) -> str:
        return self.person.name

    def get_id(self) -> str:
        return f"{self.person.name}|{self.stamp}|{self.session}"


@dataclass(frozen=True)
class Crumb:
    """One step of the path above a heading, or an entry of a menu."""

    title: str
    url: str = ""
    icon: str = ""


def shell() -> Shell:
    """The shell of the application that answers this request."""
    found: Shell = current_app.extensions[EXTENSION]
    return found


def user() -> User | None:
    """Who is signed in; None for nobody."""
    return current_user if isinstance(current_user._get_current_object(), User) else None


def full_access() -> Grant | None:
    """The full access of the person in this session, while it is on."""
    who, grant_id = user(), cookie.get(FULL_ACCESS)
    if who is None or not grant_id:
        return None
    if "full_access" not in g:
        try:
            g.full_access = shell().office.full_access.active(str(grant_id), who.identity)
        except StoreError:  # the page of this error is made without it
            log.exception("full access cannot be looked up")
            g.full_access = None
    found: Grant | None = g.full_access
    return found


def session() -> Session:
    """The person's door to the office, one for each request."""
    if "door" not in g:
        who = user()
        if who is None:
            raise NotFound()
        office = shell().office
        g.door = office.session_for_request(who.identity, current_language(), full_access())
    found: Session = g.door
    return found


def documents(database: str) -> Documents:
    """A database as the person may use it. Raises NotFound for one that is not there for them: in
    the same words for one that is shut, since even the name of a mailbox says who works here."""
    missing = "There is no such database."
    try:
        found = session().database(database)
    except NotFound as error:
        raise NotFound(missing) from error
    if not found.access.level and not found.access.has(Privilege.READ_PUBLIC):
        raise NotFound(missing)
    return found


def here() -> str:
    """The address of this page for coming back, without what must not be repeated."""
    if request.method != "GET" or request.endpoint is None:
        return url_for("start.page")
    return request.full_path.rstrip("?")


def wants_json() -> bool:
    """True for requests of scripts and programs, as all are that laptops send."""
    if request.path.startswith(f"{LAPTOPS}/"):
        return True
    best: str | None = request.accept_mimetypes.best_match(("text/html", "application/json"))
    return best == "application/json"
