"""The page of what was found, and the box on every page."""

import re
from html import unescape

from flask import Flask

from plugin import Office
from tests.views.kit import browser, door, text_of


def test_the_page_shows_what_and_where(app: Flask) -> None:
    page = text_of(browser(app, "anna.snelling").page("/search?q=华能"))
    assert "上海华能科技" in page
    assert "Customer · Customers" in page


def test_one_database_can_be_chosen(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    assert "Deal 2" in text_of(anna.page("/search?q=华能&in=tracking"))
    assert "Nothing found." in text_of(anna.page("/search?q=deal&in=customers"))
    assert anna.get("/search?q=deal&in=mail_rita_root").status_code == 404
    assert anna.get("/search?q=deal&in=credentials").status_code == 404


def test_more_is_on_the_next_page(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    notes = door(office, "anna.snelling", "forum")
    for n in range(45):
        notes.create("topic", {"subject": f"Valves {n:02}", "category": "Market", "body": "…"})
    shown, path = [], "/search?q=valves"
    while path:
        page = anna.page(path)
        shown.append(len(re.findall(r"Valves \d\d", text_of(page))))
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = unescape(following[1]) if following else ""
    assert shown == [20, 20, 5]
    assert anna.get("/search?q=deal&after=nonsense").status_code == 400


def test_while_typing_comes_json(app: Flask) -> None:
    answer = browser(app, "anna.snelling").get("/search/typing?q=deal 1").get_json()
    assert answer["found"][0]["title"] == "Deal 1"
    assert answer["found"][0]["url"].endswith("deal:1")
    assert browser(app, "anna.snelling").get("/search/typing").get_json() == {
        "found": [], "all": None, "note": ""
    }  # fmt: skip


def test_who_may_not_read_finds_nothing(app: Flask) -> None:
    cecily = browser(app, "cecily.lampkin")
    nothing = {"found": [], "all": None, "note": "Nothing found."}
    assert cecily.get("/search/typing?q=deal 1").get_json() == nothing
    assert "Deal 1" not in cecily.page("/search?q=deal 1")


def test_one_must_sign_in(app: Flask) -> None:
    for path in ("/search?q=deal", "/search/typing?q=deal"):
        assert browser(app).get(path).status_code == 303


def test_the_box_works_without_script(app: Flask) -> None:
    page = browser(app, "anna.snelling").page("/")
    assert '<form class="search-box" method="get" action="/search"' in page
