"""A clean-up that would empty a Readers item leaves [Admin]; only a person opens a document."""

from pathlib import Path

import pytest

from plugin import Documents, NotFound
from tests.plugin.kit import Kit


def _readers(door: Documents, docid: str) -> list[str]:
    return list(door.open(docid).raw["readers"]["people"])


@pytest.fixture
def secret(kit: Kit) -> str:
    """A page that only Anna reads."""
    return kit.work("anna").create("page", {"text": "x", "for": ["anna"]}).id


def test_the_server_takes_the_last_reader_away(kit: Kit, secret: str) -> None:
    server = kit.office.system().database("work")
    server.save(secret, server.open(secret).rev, {"for": None})
    assert _readers(server, secret) == ["[Admin]"]
    assert kit.work("admin").open(secret).items == {"text": "x"}
    with pytest.raises(NotFound):
        kit.work("eve").open(secret)


def test_a_later_edit_of_something_else_opens_nothing(kit: Kit, secret: str) -> None:
    server = kit.office.system().database("work")
    server.save(secret, server.open(secret).rev, {"for": None})
    admin = kit.work("admin")
    admin.save(secret, admin.open(secret).rev, {"text": "y"})
    assert _readers(admin, secret) == ["[Admin]"]
    server.refresh(secret)
    assert _readers(admin, secret) == ["[Admin]"]


def test_a_person_opens_it_deliberately(kit: Kit, secret: str) -> None:
    anna = kit.work("anna")
    anna.save(secret, anna.open(secret).rev, {"for": None})
    assert _readers(anna, secret) == []
    assert kit.work("eve").open(secret).items == {"text": "x"}


def test_what_was_open_stays_open(kit: Kit, tmp_path: Path) -> None:
    docid = kit.work("anna").create("page", {"text": "x"}).id
    server = kit.office.system().database("work")
    server.save(docid, server.open(docid).rev, {"text": "y"})
    assert _readers(server, docid) == []
