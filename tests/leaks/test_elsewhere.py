"""Beside pages and protocol: notices and digests, and the whole disk of a laptop."""

from pathlib import Path

import pytest

from mailbridge.letters import OfficeLetters
from mailbridge.outbound import Withdrawn
from plugin import Office, notify
from plugin.runtime.replica.laptop import Replica, register
from tests.leaks.walking import marks
from tests.leaks.world import AMOUNT_MARK, HIDDEN, LEVELS, OWNER, PASSWORD, SECRET, STAFF, World
from tests.plugin.offices import Served

PEOPLE = (*LEVELS, STAFF)


def _letter(world: World, kind: str, person: str, database: str, docid: str) -> str:
    """What is sent about a document; an empty text where nothing is."""
    key = f"{database}-{docid.replace(':', '-')}"
    values: dict[str, object] = {"subject": "News", "documents": [{"id": docid, "why": []}]}
    about = {"database": database, "id": docid}
    notify(world.office, kind=kind, key=key, to=person, about=about, values=values)
    doc = world.office.server.database("outbox").get(f"outgoing:{kind}:{key}:{person}")
    try:
        return repr(OfficeLetters(world.office).letter(doc))
    except Withdrawn:
        return ""


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("kind", ["note", "digest"])
def test_no_notice_is_sent_of_what_is_hidden(world: World, person: str, kind: str) -> None:
    for database in world.forms:
        for docid in world.ids(database, HIDDEN):
            assert _letter(world, kind, person, database, docid) == ""


def test_the_owner_would_get_it(world: World) -> None:
    assert SECRET in _letter(world, "note", OWNER, "tracking", "deal:secret")


@pytest.mark.parametrize("person", ["level2", "level6", STAFF])
def test_nothing_hidden_lies_on_the_disk_of_a_laptop(
    world: World, person: str, tmp_path: Path
) -> None:
    served = Served(world.office)
    try:
        register(tmp_path / "laptop", served.url, person, PASSWORD, "test")
        with Office.open(tmp_path / "laptop") as laptop:
            Replica(laptop).sync()
    finally:
        served.stop()
    found = [
        (path.name, mark)
        for path in (tmp_path / "laptop").rglob("*")
        if path.is_file()
        for mark in marks(person)
        if mark != AMOUNT_MARK  # a file of a database is full of zeros
        if mark.encode() in path.read_bytes()
    ]
    assert found == []
