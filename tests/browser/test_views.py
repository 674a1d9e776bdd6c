"""Filters that are kept as private and shared views (C4), in both languages."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from plugin.runtime.messages import Message, translate
from tests.browser.people import SELLER
from tests.views.serving import Served

SignIn = Callable[..., Page]
DIRECTOR = "zhou.wenbin"
LISTING = "/customers/listing/customers_by_name"


class Words:
    """The texts of the catalogue, in the language of the test."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, text: str, **params: str) -> str:
        return translate(Message(text, params), self.language)


def button(place: Page | Locator, name: str) -> Locator:
    return place.get_by_role("button", name=name, exact=True)


def add_condition(page: Page, words: Words, item: str) -> Locator:
    """Choose an item in the panel; the row with its fields."""
    page.get_by_label(words("Item for a new condition")).select_option(label=words(item))
    button(page, words("Add condition")).click()
    return page.locator(".condition", has_text=words(item))


def regions(page: Page) -> list[str]:
    return page.locator("td[data-label]:nth-child(5)").all_inner_texts()


def keep(page: Page, words: Words, name: str, who: str) -> None:
    page.locator("summary", has_text=words("Save as view")).click()
    page.fill("#view-name", name)
    if who:
        page.get_by_label(words(who)).check()
    button(page, words("Save")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_a_filter_becomes_a_view_that_others_open_as_far_as_they_may_read(
    served: Served, sign_in: SignIn, language: str
) -> None:
    words = Words(language)
    page = sign_in(DIRECTOR, language=language)
    page.goto(served.address + LISTING)
    page.get_by_role("link", name=words("Filter and columns")).click()
    add_condition(page, words, "Region").get_by_label(words("Abroad"), exact=True).check()
    button(page, words("Apply")).click()
    expect(page.locator(".conditions .chip")).to_contain_text(words("Abroad"))
    page.locator("thead").get_by_role("link", name=words("City")).click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_count(1)
    assert set(regions(page)) == {words("Abroad")}
    all_rows = page.locator("tr[data-href]").count()
    keep(page, words, "Overseas", "Everybody who may read this database")
    own = _seen_by_another(served, sign_in, words)
    assert 0 < own <= all_rows
    _renamed_and_deleted(served, page, sign_in(SELLER, language=language), words)


def _seen_by_another(served: Served, sign_in: SignIn, words: Words) -> int:
    """How many rows a sales person sees in the shared view, who then keeps one of her own."""
    page = sign_in(SELLER, language=words.language)
    page.goto(f"{served.address}/customers/")
    page.locator("#navigator").get_by_role("link", name="Overseas").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overseas")
    rows = page.locator("tr[data-href]").count()
    page.get_by_role("link", name=words("Filter and columns")).click()
    row = add_condition(page, words, "Owner")
    row.locator(".live input").click()
    row.locator(".found").wait_for()
    row.locator("select[multiple]").evaluate("one => { one.options[0].selected = true; }")
    button(page, words("Apply")).click()
    expect(page.locator(".conditions .chip")).to_have_count(2)
    expect(page.locator(".conditions")).to_contain_text(words("Me"))
    expect(page.get_by_text(words("Save changes to “{view}”", view="Overseas"))).to_have_count(0)
    page.locator("summary", has_text=words("Save as view")).click()
    everybody = page.get_by_label(words("Everybody who may read this database"))
    expect(everybody).to_have_count(0)
    page.reload()
    keep(page, words, "Mine abroad", "")
    expect(page.locator("#navigator [aria-current=page]")).to_contain_text("Mine abroad")
    return rows


def _renamed_and_deleted(served: Served, page: Page, other: Page, words: Words) -> None:
    page.reload()
    navigator = page.locator("#navigator")
    expect(navigator.get_by_text("Overseas")).to_have_count(1)
    expect(navigator.get_by_text("Mine abroad")).to_have_count(0)
    page.get_by_role("link", name=words("About this view")).click()
    page.get_by_role("link", name=words("Edit"), exact=True).click()
    page.fill("#name", "Abroad, all")
    button(page, words("Save")).click()
    other.goto(f"{served.address}/customers/")
    expect(other.locator("#navigator").get_by_text("Abroad, all")).to_have_count(1)
    page.locator("summary", has=page.locator("svg")).and_(
        page.get_by_label(words("More"), exact=True)
    ).click()
    button(page, words("Delete")).click()
    expect(page.get_by_text(re.compile("Abroad, all")).first).to_be_visible()
    other.reload()
    expect(other.locator("#navigator").get_by_text("Abroad, all")).to_have_count(0)
    expect(other.locator("#navigator").get_by_text("Mine abroad")).to_have_count(1)


def test_the_panel_fits_a_phone_and_its_fields_have_names(served: Served, sign_in: SignIn) -> None:
    query = "?region.is=Abroad&employees.from=1&founded_on.in=this_year&name.contains=a&with=owner"
    for language in ("en", "zh_Hans"):
        page = sign_in(SELLER, width=400, language=language)
        page.goto(served.address + LISTING + query)
        expect(page.locator("#narrow")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        nameless = page.evaluate(
            """() => Array.from(document.querySelectorAll("#narrow :is(input, select, button)"))
              .filter(one => one.type !== "hidden" && !one.hidden && one.checkVisibility())
              .filter(one => !(one.labels && one.labels.length) && !one.getAttribute("aria-label")
                             && !one.textContent.trim())
              .map(one => one.outerHTML)"""
        )
        assert nameless == []
