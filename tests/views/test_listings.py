"""Listings: categories with counts and sums, rows, pages, filter; only what one may read."""

import re

import pytest
from flask import Flask

from plugin import Office
from tests.views.kit import browser, door, text_of

STAGES = "/tracking/listing/deals_by_stage"


def rows(page: str) -> list[str]:
    """The documents that a page lists, in order."""
    return re.findall(r'<tr class="[^"]*" data-href="[^"]*/([^"/]+)"', page)


def test_categories_come_folded_with_counts_and_sums(app: Flask) -> None:
    page = browser(app, "anna.snelling").page(STAGES)
    assert rows(page) == []
    shown = text_of(page)
    assert "Tracking 6 21,000" in shown
    assert "Total 6 21,000" in shown


def test_a_category_unfolds_in_place_and_folds_again(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    page = anna.page("/tracking/listing/deals_by_region")
    link = re.search(r'href="([^"#]+)#open" aria-expanded="false"[^>]*>.*?East China', page, re.S)
    assert link
    page = anna.page(link[1].replace("&amp;", "&"))
    assert "Tracking 4" in text_of(page)
    page = anna.page('/tracking/listing/deals_by_region?in=["East China","tracking"]')
    assert rows(page) == ["deal:1", "deal:2", "deal:4", "deal:5"]
    assert 'aria-expanded="true"' in page


def test_all_rows_can_be_had_without_categories(app: Flask) -> None:
    page = browser(app, "anna.snelling").page(f"{STAGES}?flat=1")
    assert rows(page) == [f"deal:{number}" for number in range(1, 7)]


def test_the_filter_finds_rows_by_text(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    assert rows(anna.page("/tracking/listing/deals_by_name?contains=deal 3")) == ["deal:3"]
    assert "Nothing here that contains" in anna.page("/tracking/listing/deals_by_name?contains=zzz")


def test_who_may_read_nothing_counts_nothing(app: Flask) -> None:
    cecily = browser(app, "cecily.lampkin")
    page = cecily.page(f"{STAGES}?flat=1")
    assert rows(page) == []
    assert "Deal 1" not in page
    assert "Nothing here yet." in page
    assert re.search(r'<span class="count none">0</span>', page)


def test_long_listings_are_paged_by_key_in_both_directions(app: Flask, office: Office) -> None:
    deals = door(office, "anna.snelling", "tracking")
    wanted = [("deal", {"name": f"Long {number:03}"}, f"deal:long{number:03}")
              for number in range(120)]  # fmt: skip
    deals.create_many(wanted)
    anna = browser(app, "anna.snelling")
    path, seen, pages = "/tracking/listing/deals_by_name", [], 0
    while path:
        page = anna.page(path)
        seen.append(rows(page))
        pages += 1
        assert "of 126" in text_of(page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = found[1].replace("&amp;", "&") if found else ""
    assert [len(part) for part in seen] == [50, 50, 26]
    assert len({docid for part in seen for docid in part}) == 126
    back = re.search(r'rel="prev" href="([^"]+)"', page)
    assert back
    assert rows(anna.page(back[1].replace("&amp;", "&"))) == seen[1]


@pytest.mark.parametrize(
    "query", ["in=nonsense", "in={}", "in=[1,2,3,4,5]", "flat=2", f"in={'[' * 3000}"]
)
def test_an_odd_address_shows_the_listing(app: Flask, query: str) -> None:
    assert browser(app, "anna.snelling").get(f"{STAGES}?{query}").status_code == 200


def test_a_damaged_page_address_is_said_so(app: Flask) -> None:
    answer = browser(app, "anna.snelling").get(f"{STAGES}?flat=1&after=%21%21")
    assert answer.status_code == 400
    assert "Open the listing anew" in answer.text


def test_the_navigator_shows_databases_one_may_enter(app: Flask) -> None:
    anna = text_of(browser(app, "anna.snelling").page("/"))
    assert "Customer tracking" in anna
    assert "Outbox" not in anna
    assert browser(app, "anna.snelling").get("/outbox/").status_code == 404
    assert browser(app, "anna.snelling").get("/mail_dustin_brinkmann/").status_code == 404
    assert browser(app, "anna.snelling").get("/credentials/").status_code == 404


def test_the_page_of_a_database_leads_into_its_categories(app: Flask) -> None:
    page = browser(app, "anna.snelling").page("/tracking/")
    found = re.search(r'href="([^"]+deals_by_stage\?in=[^"#]+)#open">Tracking', page)
    assert found
    assert len(rows(browser(app, "anna.snelling").page(found[1]))) == 6
