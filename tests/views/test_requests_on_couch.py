"""How many requests a page makes of a store that is reached over HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugin import Documents, Office, add_person, make_administrator
from store.couch.transport import Ask, Transport
from store.types import BasicAuth
from tests.plugin.shared_store import Shared, data_directory
from tests.store.nodes import served_node, trusting
from tests.views.kit import PASSWORD, Browser, browser, door
from views import create_app

LISTING = "/tracking/listing/deals_by_name"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    login = BasicAuth("admin", "only in this test")
    with served_node(tmp_path / "couch", login, trusting("a secret of this test")) as url:
        shared = Shared(url, login, "a secret of this test")
        with Office.create(data_directory(tmp_path / "data", shared)) as office:
            for name in ("anna", "ben"):
                add_person(office, name, {"name_latin": name.title(), "language": "en"})
                office.credentials.set_password(name, PASSWORD)
            make_administrator(office, "ben")
            for number in range(12):
                deal(office, number)
            yield office


def deal(office: Office, number: int) -> None:
    firm = door(office, "anna", "customers").create("customer", {"name": f"Firm {number}"})
    tracking: Documents = door(office, "anna", "tracking")
    tracking.create("deal", {"name": f"Deal {number}", "customer": firm.id}, id=f"deal:{number}")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requests so far, as method and path."""
    found: list[str] = []
    send = Transport.json

    def noted(self: Transport, ask: Ask, headers: Any = None) -> Any:
        found.append(f"{ask.method} {'/'.join(ask.path)}")
        return send(self, ask, headers)

    monkeypatch.setattr(Transport, "json", noted)
    return found


@pytest.fixture
def anna(office: Office) -> Browser:
    return browser(create_app(office), "anna")


def test_a_page_asks_a_handful_of_times(anna: Browser, asked: list[str]) -> None:
    for path, most in (
        (LISTING, 6), ("/tracking/listing/deals_by_stage", 6), ("/tracking/", 6), ("/", 8),
        ("/tracking/deal:3", 12),
    ):  # fmt: skip
        anna.page(path)
        asked.clear()
        anna.page(path)
        assert len(asked) <= most, (path, asked)


def test_access_is_asked_for_once_however_much_a_page_shows(
    office: Office, anna: Browser, asked: list[str]
) -> None:
    anna.page(LISTING)
    asked.clear()
    anna.page(LISTING)
    before = list(asked)
    for number in range(12, 24):
        deal(office, number)
    assert "Deal 20" in anna.page(LISTING)
    asked.clear()
    anna.page(LISTING)
    assert asked == before


def test_what_others_change_shows_at_the_next_request(
    office: Office, anna: Browser, asked: list[str]
) -> None:
    assert "Deal 3" in anna.page(LISTING)
    with Office.open(office.data) as elsewhere:
        system = elsewhere.system().database("tracking")
        one = system.open("deal:3")
        renamed = system.save(one.id, one.rev, {"name": "Renamed"})
        assert "Renamed" in anna.page(LISTING)
        system.save(one.id, renamed.rev, {"owner": "ben", "team": []})
        asked.clear()
        assert "Renamed" not in anna.page(LISTING)
    again = [one for one in asked if one == "POST tracking/_changes"]
    assert len(again) == 1  # followed once, however many listings the navigator counts
