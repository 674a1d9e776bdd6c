"""What somebody has in a database and by what: for a page, and for the command line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acl import ANONYMOUS, ANONYMOUS_ENTRY, Access, Identity, about, access
from plugin.runtime.access.session_levels import SessionKind
from plugin.runtime.context import Context, told
from plugin.runtime.errors import NotFound
from plugin.runtime.messages import Message
from plugin.runtime.people.directory import SERVER_NAME, People

if TYPE_CHECKING:
    from plugin.runtime.session import DatabaseInfo, Session


@dataclass(frozen=True)
class Fact:
    """One sentence, and the way into the group that it tells of: `("anna", "east", "sales")`."""

    text: Message
    path: tuple[str, ...] = ()


@dataclass(frozen=True)
class Effective:
    """`name` is a person, a group (then: somebody who is in this group alone), the server, or
    `Anonymous` for whoever is not signed in."""

    name: str
    kind: str
    access: Access
    facts: tuple[Fact, ...]


def effective(ctx: Context, name: str, session: SessionKind | None = None) -> Effective:
    """What `name` has here by the list as it stands, in that kind of session.

    Raises NotFound for nobody, and for whom the one who asks may not look up.
    """
    people = ctx.office.directory.people(fresh=True)
    kind, identity = who(people, name, session)
    shown = ctx.session.people()
    if (kind == "person" and name not in shown.persons) or (
        kind == "group" and not shown.is_group(name)
    ):
        raise _nobody(name)
    held = access(ctx.office.state(ctx.name).acl, identity)
    return Effective(name, kind, held, tuple(_facts(people, name, held)))


def who(people: People, name: str, session: SessionKind | None = None) -> tuple[str, Identity]:
    """`person`, `group`, `server` or `anonymous`, with the identity. Raises NotFound."""
    if name == ANONYMOUS_ENTRY:
        return "anonymous", ANONYMOUS
    if name == SERVER_NAME:
        return "server", Identity(SERVER_NAME, "server")
    person = people.identity(name, session)
    if person is not None:
        return "person", person
    if people.is_group(name):
        return "group", Identity("", groups=people.groups_of(name) | {name})
    raise _nobody(name)


def _nobody(name: str) -> NotFound:
    return NotFound("Nobody is called {name}.", name=name)


def _facts(people: People, name: str, held: Access) -> Iterator[Fact]:
    for fact in held.why:
        group = fact.params.get("entry", "")
        path = people.path(name, group) if fact.code == "by_group" and group != name else ()
        yield Fact(told(about(fact)), path)


def everywhere(session: "Session", name: str) -> list[tuple["DatabaseInfo", Effective]]:
    """The same in all databases that the one who asks manages, or enters when it is himself."""
    own = name == session.identity.name
    return [
        (info, effective(session.context(info.name), name))
        for info in session.databases()
        if own or session.context(info.name).may("manage")
    ]
