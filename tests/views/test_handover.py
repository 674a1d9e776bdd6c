"""The pages of a handover: who finds the way, what is said of mistakes, how far it is (T8)."""

from flask import Flask

from plugin import AgentRunner, Office
from tests.views.kit import browser, door, text_of

FIRM = "/customers/customer:isdom"
ANNA = "/settings/person:anna.snelling"


def test_the_way_is_shown_to_who_may_go_it_and_the_reason_to_others(app: Flask) -> None:
    leader, colleague = browser(app, "dustin.brinkmann"), browser(app, "cecily.lampkin")
    for path in (FIRM, ANNA):
        assert f"{path}/hand-over".encode() in leader.get(path).data.replace(b"%3A", b":")
    assert "hand-over" not in colleague.page(ANNA)
    refused = colleague.get(f"{ANNA}/hand-over")
    assert refused.status_code == 403
    assert "Only these may do this" in text_of(refused.text)
    assert colleague.get(f"{FIRM}/hand-over").status_code == 404
    assert leader.get("/tracking/deal:1/progress").status_code == 404


def test_what_goes_along_is_shown_with_its_number(app: Flask) -> None:
    page = text_of(browser(app, "anna.snelling").page(f"{ANNA}/hand-over"))
    assert "Customers 3" in page
    assert "Open deals 6" in page
    page = text_of(browser(app, "anna.snelling").page(f"{FIRM}/hand-over"))
    assert "Open deals 2 Deal 1" in page
    nothing = browser(app, "cecily.lampkin").page("/settings/person:cecily.lampkin/hand-over")
    assert "Nothing is in hand here" in text_of(nothing)


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(app: Flask) -> None:
    leader = browser(app, "dustin.brinkmann")
    typed = {"to": "cecily.lampkin", "note": "Good luck"}
    answer = leader.submit(f"{ANNA}/hand-over", typed)
    assert answer.status_code == 422
    assert "Please tick what goes along." in text_of(answer.text)
    assert 'value="Good luck"' in answer.text
    answer = leader.submit(f"{ANNA}/hand-over", {**typed, "to": "anna.snelling", "kinds": "deals"})
    assert answer.status_code == 422
    assert "This is the former owner." in text_of(answer.text)
    assert 'value="deals" checked' in answer.text
    assert 'value="customers" checked' not in answer.text


def test_t8_a_handover_is_followed_on_its_page(app: Flask, office: Office) -> None:
    leader = browser(app, "dustin.brinkmann")
    going = ["tracking/deal:1"]
    answer = leader.submit(f"{FIRM}/hand-over", {"to": "cecily.lampkin", "going": going})
    assert answer.status_code == 303
    page = answer.location
    assert "The office is working on it." in text_of(leader.page(page))
    assert leader.get(f"{page}/progress").json == {"running": True, "text": ""}
    AgentRunner(office).run_once()
    told = {"running": False, "text": "2 of 2 documents"}
    assert leader.get(f"{page}/progress").json == told
    new = browser(app, "cecily.lampkin")
    assert "Anna Snelling → Cecily Lampkin" in text_of(new.page(FIRM))
    assert door(office, "anna.snelling", "tracking").open("deal:4").get("owner") == "anna.snelling"
    deal = door(office, "cecily.lampkin", "tracking").open("deal:1")
    assert deal.get("owner") == "cecily.lampkin"


def test_what_stayed_is_named_with_its_reason(app: Flask, office: Office) -> None:
    leader = browser(app, "dustin.brinkmann")
    answer = leader.submit(f"{ANNA}/hand-over", {"to": "cecily.lampkin", "kinds": ["deals"]})
    AgentRunner(office).run_once()
    tracking = door(office, "dustin.brinkmann", "tracking")
    deal = tracking.open("deal:1")
    tracking.save(deal.id, deal.rev, {"owner": "dustin.brinkmann"})
    done = tracking.open(answer.location.rpartition("/")[2].replace("%3A", ":"))
    tracking.transition(done.id, done.rev, "undo")
    AgentRunner(office).run_once()
    page = text_of(leader.page(answer.location))
    assert "What stayed 1 Deal 1 Somebody changed its owner meanwhile." in page
    assert "Open deals 6 6 0 5 1" in page
