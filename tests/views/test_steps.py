"""Buttons of a document: steps of the workflow and actions of the module."""

import re

from flask import Flask

from plugin import Office
from tests.views.kit import browser, door, rev_of, text_of

DEAL = "/tracking/deal:1"


def button(page: str, title: str) -> str:
    found = re.search(rf"<button[^>]*>\s*{re.escape(title)}\s*</button>", page)
    assert found, title
    return found[0]


def test_a_deal_is_won_then_finished(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    page = anna.page(DEAL)
    assert "disabled" not in button(page, "Mark as won")
    assert "disabled" in button(page, "Finish")
    assert anna.submit(f"{DEAL}/step/win", {"rev": rev_of(page)}, at=DEAL).status_code == 303
    page = anna.page(DEAL)
    assert "Done: Mark as won." in text_of(page)
    assert "disabled" in button(page, "Mark as won")
    assert anna.submit(f"{DEAL}/step/finish", {"rev": rev_of(page)}, at=DEAL).status_code == 303
    doc = door(office, "anna.snelling", "tracking").open("deal:1")
    assert doc.get("stage") == "finished"
    assert [line["step"] for line in doc.raw["steps"]] == ["win", "finish"]
    assert text_of(anna.page(DEAL)).count("Anna Snelling, ") >= 2


def test_a_step_that_is_shut_says_why_also_when_it_is_sent(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    page = anna.page(DEAL)
    assert "Not possible in the state “Tracking”." in button(page, "Finish")
    answer = anna.submit(f"{DEAL}/step/finish", {"rev": rev_of(page)}, at=DEAL)
    assert answer.status_code == 403
    assert "Not possible in the state “Tracking”." in text_of(answer.text)
    assert door(office, "anna.snelling", "tracking").open("deal:1").get("stage") == "tracking"


def test_only_the_manager_reopens_and_the_page_says_so(app: Flask) -> None:
    anna, boss = browser(app, "anna.snelling"), browser(app, "dustin.brinkmann")
    anna.submit(f"{DEAL}/step/win", {"rev": rev_of(anna.page(DEAL))}, at=DEAL)
    page = anna.page(DEAL)
    assert "disabled" in button(page, "Reopen")
    assert "Reopen : Only these may do this:" in text_of(page)
    answer = anna.submit(f"{DEAL}/step/reopen", {"rev": rev_of(page)}, at=DEAL)
    assert answer.status_code == 403
    sent = boss.submit(f"{DEAL}/step/reopen", {"rev": rev_of(boss.page(DEAL))}, at=DEAL)
    assert sent.status_code == 303


def test_a_step_asks_for_what_it_needs(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    page = anna.page(DEAL)
    assert 'name="lose.lost_reason"' in page
    data = {"rev": rev_of(page), "lose.lost_reason.asked": "1", "lose.lost_reason": ""}
    answer = anna.submit(f"{DEAL}/step/lose", data, at=DEAL)
    assert answer.status_code in (403, 422)
    assert "Fill in first" in text_of(answer.text)
    reason = re.search(r'name="lose.lost_reason".*?<option value="([^"]+)"', page, re.DOTALL)
    assert reason
    data |= {"lose.lost_reason": reason[1], "lose.note": "They merged with a competitor"}
    assert anna.submit(f"{DEAL}/step/lose", data, at=DEAL).status_code == 303
    doc = door(office, "anna.snelling", "tracking").open("deal:1")
    assert (doc.get("stage"), doc.get("lost_reason")) == ("lost", reason[1])
    assert "They merged with a competitor" in anna.page(DEAL)


def test_a_leader_chases_up_with_one_click(app: Flask, office: Office) -> None:
    boss = browser(app, "dustin.brinkmann")
    answer = boss.submit(f"{DEAL}/action/chase", {"rev": rev_of(boss.page(DEAL))}, at=DEAL)
    assert answer.status_code == 303
    mine = office.session(office.directory.identity("anna.snelling"))
    rows = mine.listing("tracking", "my_open_chases").page().rows
    assert [row.items["from"] for row in rows] == ["dustin.brinkmann"]
    assert "Chase-ups to me 1" in text_of(browser(app, "anna.snelling").page("/"))


def test_the_owner_has_no_button_to_chase_and_cannot_send_it(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    page = anna.page(DEAL)
    assert "/action/chase" not in page
    answer = anna.submit(f"{DEAL}/action/chase", {"rev": rev_of(page)}, at=DEAL)
    assert answer.status_code == 403
    assert "Only these may do this" in text_of(answer.text)


def test_an_unknown_step_is_not_found(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    assert anna.submit(f"{DEAL}/step/fly", {"rev": "1-x"}, at=DEAL).status_code == 404
    assert anna.submit(f"{DEAL}/action/fly", {"rev": "1-x"}, at=DEAL).status_code == 404
