"""Language, formats and colours: the person's choice, then the browser's."""

import pytest
from flask import Flask

from plugin import Office
from tests.views.kit import browser, text_of


@pytest.mark.parametrize(
    ("wanted", "lang", "text"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.5", "zh-Hans", "登录"),
        ("de-DE,en;q=0.5,zh;q=0.3", "en", "Sign in"),
        ("zh-TW", "zh-Hans", "登录"),
        ("fr", "en", "Sign in"),
        ("", "en", "Sign in"),
    ],
)
def test_the_browser_decides_for_nobody(app: Flask, wanted: str, lang: str, text: str) -> None:
    page = browser(app).get("/sign-in", **{"Accept-Language": wanted}).text
    assert f'<html lang="{lang}"' in page
    assert text in text_of(page)


def test_the_person_s_own_language_beats_the_browser_s(app: Flask, office: Office) -> None:
    people = office.system().database("settings")
    person = people.open("person:anna.snelling")
    people.save(person.id, person.rev, {"language": "zh_Hans"})
    anna = browser(app, "anna.snelling")
    assert 'lang="zh-Hans"' in anna.get("/", **{"Accept-Language": "en"}).text


def test_the_choice_on_the_page_beats_both_and_returns_there(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    data = {"next": "/tracking/listing/deals_by_stage"}
    answer = anna.submit("/language/zh_Hans", data, at="/")
    assert answer.location == data["next"]
    page = text_of(anna.get(data["next"], **{"Accept-Language": "en"}).text)
    assert "业务跟踪" in page
    assert anna.submit("/language/en", {"next": "//evil.example"}, at="/").location == "/"
    assert anna.submit("/language/tlh", {}, at="/").status_code == 404


def test_dates_and_money_follow_the_language(app: Flask, office: Office) -> None:
    deals = office.system().database("tracking")
    deal = deals.open("deal:1")
    deals.save(deal.id, deal.rev, {"expected_on": "2026-12-24"})
    anna = browser(app, "anna.snelling")
    assert "Dec 24, 2026" in anna.page("/tracking/deal:1")
    assert "$1,000" in anna.page("/tracking/deal:1")
    anna.submit("/language/zh_Hans", {}, at="/")
    assert "2026年12月24日" in anna.page("/tracking/deal:1")
    assert "US$1,000" in anna.page("/tracking/deal:1")


def test_times_follow_the_person_s_time_zone(app: Flask, office: Office) -> None:
    people = office.system().database("settings")
    person = people.open("person:anna.snelling")
    people.save(person.id, person.rev, {"time_zone": "Asia/Shanghai"})
    anna = browser(app, "anna.snelling")
    data = {"subject": "Call", "starts": "2026-11-23T09:30", "owner": "anna.snelling",
            "deal": "deal:1", "kind": "Phone call",
            **dict.fromkeys(("subject.asked", "starts.asked", "owner.asked", "deal.asked"), "1"),
            "kind.asked": "1"}  # fmt: skip
    answer = anna.submit("/tracking/new/activity?deal=deal:1", data)
    assert answer.status_code == 303
    made = office.system().database("tracking").open(answer.location.rpartition("/")[2])
    assert made.items["starts"] == "2026-11-23T01:30:00Z"
    assert "Nov 23, 2026 09:30" in anna.page(answer.location)
    assert 'value="2026-11-23T09:30"' in anna.page(f"{answer.location}/edit")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_colours_are_remembered(app: Flask, theme: str) -> None:
    anna = browser(app, "anna.snelling")
    assert 'data-theme="auto"' in anna.page("/")
    anna.submit(f"/theme/{theme}", {}, at="/")
    assert f'data-bs-theme="{theme}" data-theme="{theme}"' in anna.page("/")
