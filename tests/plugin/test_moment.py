"""What the session of one request remembers, and when it looks again."""

from collections.abc import Sequence

import pytest

from plugin import Level, NotFound, Session
from store.lite.server import LiteServer
from tests.plugin.kit import Kit


def for_request(kit: Kit, name: str) -> Session:
    return kit.office.session_for_request(kit.office.directory.identity(name))


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """The questions how databases stand."""
    asked: list[Sequence[str]] = []
    standings = LiteServer.standings

    def noted(self: LiteServer, databases: Sequence[str]) -> dict[str, str]:
        asked.append(databases)
        return standings(self, databases)

    monkeypatch.setattr(LiteServer, "standings", noted)
    return asked


def test_all_databases_are_looked_at_in_one_question(kit: Kit, looks: list[Sequence[str]]) -> None:
    kit.work("anna").create("job", {"name": "Roof"})
    session = for_request(kit, "anna")
    assert [info.name for info in session.databases()] == ["settings", "work"]
    for _ in range(3):
        assert session.listing("work", "jobs_by_name").count() == 1
        assert session.listing("work", "jobs_by_stage").page().total == 1
    assert len(looks) == 1


def test_what_the_request_itself_writes_it_sees(kit: Kit) -> None:
    session = for_request(kit, "anna")
    assert session.listing("work", "jobs_by_name").count() == 0
    made = session.database("work").create("job", {"name": "Roof"})
    assert session.listing("work", "jobs_by_name").count() == 1
    session.database("work").save(made.id, made.rev, {"owner": "dan"})
    assert session.listing("work", "jobs_by_name").count() == 0


def test_a_list_that_changed_counts_at_once(kit: Kit) -> None:
    session = for_request(kit, "rita")
    assert session.database("work").access.level is Level.READER
    acl = kit.office.state("work").acl
    manager = kit.work("admin")
    entries = tuple(one for one in acl.entries if one.name != "rita")
    manager.save_acl(type(acl)(entries, acl.roles))
    for later in (for_request(kit, "rita"), session):  # all staff are authors
        assert later.database("work").access.level is Level.AUTHOR


def test_a_database_that_is_not_there_is_not_found(kit: Kit) -> None:
    session = for_request(kit, "anna")
    with pytest.raises(NotFound, match="There is no database nothing"):
        session.database("nothing")
    kit.office.mail_database("anna")
    assert session.database("mail_anna").name == "mail_anna"
