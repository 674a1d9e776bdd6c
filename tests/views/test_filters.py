"""Filters, columns and order of a listing's page (C4): they stand in its address."""

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask

from plugin import Office
from tests.views.kit import Browser, browser, door, text_of

DEALS = "/tracking/listing/deals_by_name"


def titles(page: str) -> list[str]:
    return [unescape(one) for one in re.findall(r'class="main" href="[^"]+">([^<]+)<', page)]


def narrow(anna: Browser, listing: str, **fields: str | list[str]) -> str:
    """Where the panel leads when it is filled in like this."""
    names = {name.replace("_0", ".0").replace("_1", ".1"): value for name, value in fields.items()}
    answer = anna.client.get(f"{listing}/narrow", query_string=names)
    assert answer.status_code == 303
    return answer.location or ""


def test_the_panel_becomes_an_address_that_can_be_kept(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    fields = {"item_0": "region", "choice_0": "is", "value_0": "East China"}
    place = narrow(anna, "/customers/listing/customers_by_name", **fields, by="name", down="1")
    query = parse_qsl(urlsplit(place).query)
    assert query == [("region.is", "East China"), ("sort", "-name")]
    for _ in range(2):
        page = anna.page(place)
        assert titles(page) == ["上海华能科技", "Isdom"]
        assert "Region: East China" in text_of(page) and "2 of 2" in text_of(page)
    assert titles(browser(app, "cecily.lampkin").page(place)) == []


def test_the_panel_shows_what_the_address_says(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    page = anna.page(f"{DEALS}?amount.from=2000&amount.to=5000&owner.is=%40me&with=name")
    assert titles(page) == [f"Deal {n}" for n in (2, 3, 4, 5)]
    assert 'name="from.0" value="2000"' in page and 'name="to.0" value="5000"' in page
    assert 'name="item.1" value="owner"' in page and 'name="item.2" value="name"' in page
    shown = text_of(page)
    assert "Expected amount from 2000" in shown and "Owner: Me" in shown and "14,000" in shown
    without = re.findall(r'href="([^"]+)" aria-label="Remove Owner: Me"', page)
    assert parse_qsl(urlsplit(unescape(without[0])).query) == [
        ("amount.from", "2000"),
        ("amount.to", "5000"),
    ]


def test_days_beside_the_first_choice_count(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    fields = {"item_0": "expected_on", "choice_0": "today", "from_0": "2026-01-01"}
    assert "expected_on.from=2026-01-01" in narrow(anna, DEALS, **fields)
    assert "expected_on.in=today" in narrow(anna, DEALS, **fields | {"from_0": ""})
    assert "expected_on.empty=1" in narrow(anna, DEALS, **fields | {"choice_0": "empty"})


def test_a_condition_is_added_and_what_is_filled_in_stays(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    fields = {"item_0": "name", "choice_0": "contains", "value_0": "Deal", "item_1": "stage"}
    place = narrow(anna, DEALS, **fields, choice_1="is", add="amount")
    assert parse_qsl(urlsplit(place).query) == [
        ("name.contains", "Deal"),
        ("with", "stage"),
        ("with", "amount"),
    ]
    page = anna.page(place)
    assert re.findall(r'name="item\.\d" value="(\w+)"', page) == ["name", "stage", "amount"]


def test_columns_are_chosen_in_categories_too(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    place = narrow(anna, "/customers/listing/customers_by_region", column=["name", "number"])
    assert parse_qsl(urlsplit(place).query) == [("columns", "name")]
    page = anna.page(place)
    assert "East China 2" in text_of(page) and page.count('<th scope="col"') == 1
    assert "columns=name" in re.findall(r'<a href="([^"]+)" aria-expanded', page)[0]
    page = anna.page("/customers/listing/customers_by_name?columns=city,name,region")
    headings = re.findall(r'<th scope="col"[^>]*><a[^>]*>([^<]+)<', page)
    assert headings == ["City", "Customer name", "Region"]


def test_headings_sort_and_turn_round(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    page = anna.page(f"{DEALS}?sort=amount")
    assert titles(page) == [f"Deal {n}" for n in range(1, 7)]
    (turned,) = re.findall(r'aria-sort="ascending"><a class="sort" href="([^"]+)"', page)
    assert titles(anna.page(unescape(turned))) == [f"Deal {n}" for n in range(6, 0, -1)]


@pytest.mark.parametrize(
    ("query", "message", "kept"),
    [
        ("amount.from=much", "Expected amount: This is not a number.", 'value="much"'),
        ("expected_on.to=soon", "This is not a date.", 'value="soon"'),
        ("colour.is=red", "This form has no item colour.", ""),
        ("name.above=x", "This item cannot be filtered so.", ""),
        ("sort=colour", "This form has no item colour.", ""),
    ],
)
def test_what_makes_no_sense_is_said_and_stays(
    app: Flask, query: str, message: str, kept: str
) -> None:
    anna = browser(app, "anna.snelling")
    answer = anna.get(f"{DEALS}?{query}&stage.is=tracking")
    assert answer.status_code == 422
    assert message in text_of(answer.text) and kept in answer.text
    assert titles(answer.text) == [] and 'value="tracking" checked' in answer.text
    assert anna.get(f"{DEALS}.csv?{query}").status_code == 400


def test_an_export_holds_what_the_page_shows(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    page = anna.page(f"{DEALS}?amount.from=5000&sort=-amount&columns=name,amount&stage.is=tracking")
    links = re.findall(r'href="([^"]+)" download', page)
    text = anna.get(unescape(links[2])).text.lstrip("\ufeff").splitlines()
    assert [line.split(",")[0] for line in text] == ["Deal name", "Deal 6", "Deal 5"]


def test_a_long_answer_has_pages(app: Flask, office: Office) -> None:
    deals = door(office, "anna.snelling", "tracking")
    items = {"customer": "customer:isdom", "amount": {"amount": "1", "currency": "EUR"}}
    deals.create_many([("deal", {**items, "name": f"Wave {n:03}"}, None) for n in range(120)])
    anna = browser(app, "anna.snelling")
    shown, place = [], f"{DEALS}?name.begins=wave&stage.is=tracking&stage.is=lost"
    while place:
        page = anna.page(place)
        assert re.search(r"\d+ of 120", text_of(page))
        shown += titles(page)
        found = re.findall(r'rel="next" href="([^"]+)"', page)
        place = unescape(found[0]) if found else ""
    assert shown == [f"Wave {n:03}" for n in range(120)]
    assert anna.get(f"{DEALS}?name.begins=wave&after=x").status_code == 400
