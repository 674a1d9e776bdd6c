"""What is done to a person as a whole: the document, the groups, the mailbox and the credentials.

Used by the command line, which acts for the server: who has the data directory is its master.
"""

from collections.abc import Mapping
from typing import Any

from plugin.runtime.door.document import Document
from plugin.runtime.door.documents import Documents
from plugin.runtime.errors import BadInput, NotFound
from plugin.runtime.office import Office
from plugin.runtime.people.directory import ADMINISTRATORS, GROUP, PERSON, SERVER_NAME, SETTINGS
from store.errors import NotFound as Missing


def demand_office(office: Office) -> None:
    """Raises BadInput on a laptop, whose people and rights come from the office."""
    if office.kind != "office":
        raise BadInput("This is a laptop's replica. People and rights are changed at the office.")


def demand_person(office: Office, name: str) -> None:
    """Raises NotFound where no active person has this stable id."""
    person = office.directory.person(name)
    if person is None or not person.active:
        raise NotFound("There is no active person {name}.", name=name)


def add_person(office: Office, name: str, items: Mapping[str, Any]) -> Document:
    """Make a person with the stable id `name`, and the mailbox.

    Raises BadInput where a person or group has that name, or had it before; Invalid.
    """
    taken = office.directory.exists(name) or name == SERVER_NAME
    if taken or any(_was_there(office, kind + name) for kind in (PERSON, GROUP)):
        raise BadInput("The name {name} is taken.", name=name)
    made = _settings(office).create("person", {**items, "login": name})
    office.mail_database(name)
    return made


def make_administrator(office: Office, name: str) -> None:
    """Put a person into the group of administrators, which is made if it is not there yet."""
    settings = _settings(office)
    docid = GROUP + ADMINISTRATORS
    if not settings.exists(docid):
        items = {"name": ADMINISTRATORS, "title": "Administrators", "kind": "access"}
        settings.create("group", {**items, "members": [name]}, id=docid)
        return
    group = settings.open(docid)
    members = list(group.get("members") or [])
    if name not in members:
        settings.save(docid, group.rev, {"members": [*members, name]})


def leave(office: Office, name: str) -> None:
    """A person leaves the company: not active any more, no password, links, tokens or sessions.

    The name stays, and is never given to another. Raises NotFound.
    """
    settings = _settings(office)
    person = settings.open(PERSON + name)
    settings.save(person.id, person.rev, {"active": False})
    office.credentials.forget(name)


def _was_there(office: Office, docid: str) -> bool:
    """True for a deleted document: documents everywhere still hold the name."""
    try:
        office.server.database(SETTINGS).get(docid)
    except Missing as error:
        return error.reason == "deleted"
    return True


def _settings(office: Office) -> Documents:
    return office.system().database(SETTINGS)
