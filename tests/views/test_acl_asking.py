"""Effective access, why a document can or can not be seen, and the log of a list, as pages."""

from dataclasses import replace

from flask import Flask

from acl import Entry, Level
from plugin import Office
from tests.views.kit import browser, door, text_of

DEAL = "/tracking/deal:1"


def asked(app: Flask, who: str, path: str) -> str:
    return text_of(browser(app, who).page(path))


def test_effective_access_is_shown_with_the_way_into_the_group(app: Flask, office: Office) -> None:
    settings = door(office, "rita.root", "settings")
    settings.create("group", {"name": "sellers", "title": "Sellers", "members": ["anna.snelling"]})
    leaders = settings.open("group:leaders")
    settings.save(leaders.id, leaders.rev, {"members": ["sellers"]})
    shown = asked(app, "rita.root", "/tracking/acl/effective?name=Anna+Snelling")
    assert "Name Anna Snelling anna.snelling Level Editor" in shown
    assert "Roles [Leaders]" in shown
    assert 'The group "leaders" has Editor. Anna Snelling › Sellers › Company leaders' in shown
    shown = asked(app, "rita.root", "/tracking/acl/effective?name=sellers")
    assert "Name Sellers sellers Level Editor" in shown
    assert "Level No Access" in asked(
        app, "anna.snelling", "/tracking/acl/effective?name=Anonymous"
    )
    assert "Nobody is called" in asked(app, "rita.root", "/tracking/acl/effective?name=no.body")


def test_the_cap_of_a_kind_of_session_is_told(app: Flask, office: Office) -> None:
    settings = door(office, "rita.root", "settings")
    levels = settings.open("sessions:levels")
    settings.save(levels.id, levels.rev, {"laptop": "Reader"})
    path = "/tracking/acl/effective?name=rita.root"
    assert "lowers the level to Reader" in asked(app, "rita.root", f"{path}&session=laptop")
    assert "lowers the level" not in asked(app, "rita.root", path)
    assert "On a laptop: Reader" in asked(app, "rita.root", "/tracking/acl")


def test_a_person_in_all_databases_that_one_manages(app: Flask) -> None:
    shown = asked(app, "rita.root", "/access?name=anna.snelling")
    assert "Customer tracking Author Create, Private views, Read public, Replicate or copy" in shown
    assert "Settings Reader" in shown
    own = asked(app, "anna.snelling", "/access?name=anna.snelling")
    assert "Mailbox Manager" in own
    other = asked(app, "anna.snelling", "/access?name=rita.root")
    assert "Customer tracking Manager" not in other
    assert "Nobody is called no.body." in asked(app, "rita.root", "/access?name=no.body")


def test_why_somebody_sees_a_document_is_shown_step_by_step(app: Flask, office: Office) -> None:
    number = door(office, "anna.snelling", "tracking").open("deal:1").get("number")
    for about in ("deal:1", DEAL, f"http://crm.example.com{DEAL}?x=1", f"{DEAL}/edit", number):
        path = f"/tracking/acl/why?document={about}&name=dustin.brinkmann"
        shown = asked(app, "anna.snelling", path)
        assert "Deal 1 · Dustin Brinkmann Read Yes Edit Yes Delete No" in shown, about
        assert "is one of them Dustin Brinkmann › Managers of Anna Snelling" in shown
    shown = asked(app, "anna.snelling", f"/tracking/acl/why?document={DEAL}&name=cecily.lampkin")
    assert "Read No The document is not open to the person." in shown
    assert "is one of them" not in shown
    assert "/tracking/acl/why?document=deal:1" in browser(app, "anna.snelling").page(DEAL)


def test_what_one_may_not_read_is_answered_as_what_is_not_there(app: Flask, office: Office) -> None:
    cecily = browser(app, "cecily.lampkin")
    number = door(office, "anna.snelling", "tracking").open("deal:1").get("number")
    answers = set()
    for about in ("deal:1", DEAL, number, "deal:none", "/tracking/deal:none", "D2099-0001", "acl"):
        for name in ("cecily.lampkin", "anna.snelling"):
            answer = cecily.get(f"/tracking/acl/why?document={about}&name={name}")
            text = text_of(answer.text).replace("selected", "")
            answers.add((answer.status_code, "There is no such document." in text))
    assert answers == {(404, True)}


def test_about_others_ask_those_who_edit_or_manage(app: Flask, office: Office) -> None:
    tracking = door(office, "rita.root", "tracking")
    acl = tracking.acl()
    dustin = Entry("dustin.brinkmann", level=Level.READER)
    tracking.save_acl(replace(acl, entries=(*acl.entries, dustin)))
    path = f"/tracking/acl/why?document={DEAL}&name="
    assert browser(app, "dustin.brinkmann").get(path + "anna.snelling").status_code == 403
    assert "Edit No" in asked(app, "dustin.brinkmann", path)


def test_the_log_says_who_when_and_what_page_by_page(app: Flask, office: Office) -> None:
    rita = browser(app, "rita.root")
    assert "Nobody changed it yet." in text_of(rita.page("/forum/acl/log"))
    forum = door(office, "rita.root", "forum")
    empty = forum.acl()
    with_cecily = replace(
        empty, entries=(*empty.entries, Entry("cecily.lampkin", level=Level.EDITOR))
    )
    for turn in range(26):
        forum.save_acl(empty if turn % 2 else with_cecily)
    first = text_of(rita.page("/forum/acl/log"))
    assert "Changes of the list 26" in first
    assert 'Rita Root "cecily.lampkin" was removed: it had Editor.' in first
    assert "Older" in first
    last = text_of(rita.page("/forum/acl/log?page=1"))
    assert last.count('"cecily.lampkin" was added: Editor.') == 1
    assert "Older" not in last
