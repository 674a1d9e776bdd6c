"""Full access of administrators: past lists and Readers, for some minutes, and all of it logged."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from plugin import Office
from plugin.runtime.clock import utcnow
from plugin.runtime.commands.full_access import full_access
from tests.views.kit import Browser, browser, rev_of, text_of

DEAL = "/tracking/deal:1"
WHY = {"reason": "The owner left"}


class Clock:
    """The time as it is, and as much later as a test says."""

    def __init__(self) -> None:
        self.later = timedelta()

    def __call__(self) -> datetime:
        return utcnow() + self.later


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(template: Path, tmp_path: Path, clock: Clock) -> Iterator[Office]:
    shutil.copytree(template, tmp_path / "data")
    with Office.open(tmp_path / "data", clock=clock) as office:
        tracking = office.server.database("tracking")
        alone = {"people": ["anna.snelling"]}
        tracking.put({**tracking.get("deal:1"), "readers": alone, "authors": alone})
        yield office


@pytest.fixture
def rita(app: Flask) -> Browser:
    """An administrator, whom the Readers of Anna's deals leave out."""
    return browser(app, "rita.root")


def _log(office: Office) -> list[tuple[str, str]]:
    lines = office.full_access.log()
    assert {line.person for line in lines} <= {"rita.root"}
    return [(line.what, line.about) for line in reversed(lines)]


def _grant_of(rita: Browser) -> str:
    with rita.client.session_transaction() as cookie:
        return str(cookie["full_access"])


def test_readers_are_passed_while_it_is_on_and_bind_again(rita: Browser, office: Office) -> None:
    assert rita.get(DEAL).status_code == 404
    assert rita.submit("/full-access/start", WHY, at="/full-access").status_code == 303
    page = rita.page(DEAL)
    assert "Deal 1" in page and "Full access is on until" in text_of(page)
    assert "Deal 1" in rita.page("/tracking/listing/deals_by_name?flat=1")
    assert "The owner left" in text_of(rita.page("/"))
    rita.submit("/full-access/end", {}, at="/full-access")
    assert rita.get(DEAL).status_code == 404
    assert "Full access is on" not in text_of(rita.page("/"))
    found = _log(office)
    assert found[0] == ("started", "") and found[-1] == ("ended", "")
    assert ("opened", "deal:1") in found and ("listed", "deals_by_name") in found


def test_a_change_is_made_under_the_own_name_and_logged(rita: Browser, office: Office) -> None:
    rita.submit("/full-access/start", WHY, at="/full-access")
    edit = rita.page(f"{DEAL}/edit")
    answer = rita.submit(f"{DEAL}/edit", {"rev": rev_of(edit), "name": "Handed over"})
    assert answer.status_code == 303
    deal = office.system().database("tracking").open("deal:1")
    assert (deal.items["name"], deal.raw["updated"]["by"]) == ("Handed over", "rita.root")
    assert ("changed", "deal:1") in _log(office)


def test_it_ends_by_itself(rita: Browser, office: Office, clock: Clock) -> None:
    rita.submit("/full-access/start", WHY, at="/full-access")
    clock.later = timedelta(minutes=office.settings.full_access_minutes, seconds=1)
    assert rita.get(DEAL).status_code == 404
    assert _log(office) == [("started", ""), ("ended", "")]
    assert _log(office) == [("started", ""), ("ended", "")]


def test_it_ends_at_sign_out_and_a_kept_cookie_does_not_help(
    rita: Browser, office: Office, app: Flask
) -> None:
    rita.submit("/full-access/start", WHY, at="/full-access")
    name = app.config["SESSION_COOKIE_NAME"]
    kept = rita.client.get_cookie(name)
    assert kept is not None
    answer = rita.submit("/sign-out", {}, at="/")
    assert answer.status_code == 303
    rita.client.set_cookie(name, kept.value)
    assert rita.get(DEAL).status_code == 303
    assert _log(office)[-1] == ("ended", "")


def test_it_is_for_one_session_and_never_for_programs(
    rita: Browser, office: Office, app: Flask
) -> None:
    rita.submit("/full-access/start", WHY, at="/full-access")
    assert browser(app, "rita.root").get(DEAL).status_code == 404
    token = office.credentials.issue_token("rita.root")
    headers = {"Authorization": f"Bearer {token}"}
    rita.client.get("/")
    answer = rita.client.get("/replicate/tracking/deal:1", headers=headers)
    assert answer.status_code == 404


def test_only_administrators_with_a_reason(rita: Browser, app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    assert anna.get("/full-access").status_code == 404
    assert anna.submit("/full-access/start", WHY, at="/account").status_code == 404
    assert "/full-access" not in anna.page("/")
    assert rita.submit("/full-access/start", {"reason": " "}, at="/full-access").status_code == 400
    assert (
        rita.submit("/full-access/start", {"reason": "x" * 301}, at="/full-access").status_code
        == 400
    )
    assert _log(office) == []


def test_who_is_no_administrator_any_more_loses_it_at_once(rita: Browser, office: Office) -> None:
    rita.submit("/full-access/start", WHY, at="/full-access")
    settings = office.system().database("settings")
    group = settings.open("group:administrators")
    settings.save(group.id, group.rev, {"members": ["anna.snelling"]})
    assert rita.get(DEAL).status_code == 404
    assert _log(office)[-1] == ("ended", "")


def test_the_start_page_stays_ones_own_and_fills_no_log(rita: Browser, office: Office) -> None:
    for name in ("anna.snelling", "cecily.lampkin"):
        office.mail_database(name)
    before = rita.page("/")
    rita.submit("/full-access/start", WHY, at="/full-access")
    assert text_of(before).split("Good day")[1] in text_of(rita.page("/"))
    rita.page("/tracking/")
    assert _log(office) == [("started", "")]
    rita.page("/tracking/listing/deals_by_name?flat=1")
    assert _log(office) == [("started", ""), ("listed", "deals_by_name")]


def test_what_was_looked_through_at_once_is_one_line_and_the_log_has_pages(
    rita: Browser, office: Office
) -> None:
    rita.submit("/full-access/start", WHY, at="/full-access")
    grant = office.full_access.active(_grant_of(rita), office.directory.identity("rita.root"))
    assert grant
    for number in range(60):
        office.full_access.note(grant, "opened", "tracking", f"deal:old-{number}")
    for listing in ("deals_by_name", "deals_by_stage"):
        office.full_access.note(grant, "listed", "tracking", listing)
    first = rita.page("/full-access")
    told = "Listing looked at tracking deals_by_name, tracking deals_by_stage"
    assert text_of(first).count("Listing looked at") == 1 and told in text_of(first)
    seen, page = set(re.findall(r"deal:old-\d+", first)), first
    while older := re.search(r'rel="next" href="([^"]+)"', page):
        page = rita.page(older[1])
        seen |= set(re.findall(r"deal:old-\d+", page))
    assert len(seen) == 60
    assert 'rel="prev"' in page and 'rel="prev"' not in first


def test_administrators_see_the_log_also_by_command(
    rita: Browser, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    rita.submit("/full-access/start", WHY, at="/full-access")
    rita.get(DEAL)
    shown = text_of(rita.page("/full-access"))
    assert "Document opened tracking deal:1 The owner left" in shown
    full_access.main(["--json"], obj=office.data, standalone_mode=False)
    lines = json.loads(capsys.readouterr().out)
    assert [line["what"] for line in lines][-1] == "started"
    assert any(line["about"] == "deal:1" for line in lines)
    assert office.server.database("full_access").security()["members"]["roles"] == ["_admin"]
    assert "full_access" not in {info.name for info in office.system().databases()}
