"""Public documents on the pages, and what "replicate or copy" takes from a page."""

import pytest
from flask import Flask

from plugin import Acl, Entry, EntryType, Level, Office, Privilege, add_person
from tests.views.kit import PASSWORD, Browser, browser, door, text_of

PUBLIC = (Privilege.READ_PUBLIC, Privilege.WRITE_PUBLIC)


def give(office: Office, database: str, person: str, level: Level, *ticked: Privilege) -> None:
    settled = office.system().database(database)
    acl = settled.acl()
    entries = tuple(entry for entry in acl.entries if entry.name != person)
    new = Entry(person, EntryType.PERSON, level, frozenset(ticked))
    settled.save_acl(Acl((*entries, new), acl.roles))


@pytest.fixture
def articles(office: Office) -> dict[bool, str]:
    """The ids of two articles, by whether they are public."""
    rita = door(office, "rita.root", "knowledge")
    items = {"kind": "Press", "text": "Words"}
    return {
        outside: rita.create(
            "article", {**items, "title": f"News {outside}", "outside": outside}
        ).id
        for outside in (True, False)
    }


@pytest.fixture
def guest(app: Flask, office: Office) -> Browser:
    """Somebody from outside, who has nothing anywhere but public articles."""
    add_person(office, "gus.guest", {"name_latin": "Gus", "external": True, "language": "en"})
    office.credentials.set_password("gus.guest", PASSWORD)
    give(office, "knowledge", "gus.guest", Level.NO_ACCESS, *PUBLIC)
    return browser(app, "gus.guest")


def test_who_reads_public_documents_only(guest: Browser, articles: dict[bool, str]) -> None:
    page = text_of(guest.page("/knowledge/"))
    assert "Articles by kind 1" in page
    assert "Products" not in page
    listed = text_of(guest.page("/knowledge/listing/articles_by_kind?flat=1"))
    assert "News True" in listed and "News False" not in listed
    assert "Words" in guest.page(f"/knowledge/{articles[True]}")
    shut, missing = (guest.get(f"/knowledge/{one}") for one in (articles[False], "article:none"))
    assert (shut.status_code, text_of(shut.text)) == (404, text_of(missing.text))
    assert text_of(guest.page("/knowledge/listing/products_by_name")).count("News") == 0


def test_who_writes_public_documents_only(guest: Browser) -> None:
    assert "New Article" in text_of(guest.page("/knowledge/"))
    typed = {"title": "From outside", "kind": "Press", "author": "gus.guest", "text": "x"}
    refused = guest.submit("/knowledge/new/article", {**typed, "outside.asked": "1"})
    assert refused.status_code == 403
    made = guest.submit("/knowledge/new/article", {**typed, "outside": "true"})
    assert made.status_code == 303
    assert "From outside" in guest.page(made.location)
    assert guest.get("/knowledge/new/product").status_code == 403


def test_replicate_or_copy_off_takes_print_and_selection_away(
    app: Flask, office: Office, articles: dict[bool, str]
) -> None:
    cecily, address = browser(app, "cecily.lampkin"), f"/knowledge/{articles[True]}"
    assert "uncopied" not in cecily.page(address)
    give(office, "knowledge", "cecily.lampkin", Level.AUTHOR)
    for path in (address, "/knowledge/", "/"):
        assert 'class="content uncopied"' in cecily.page(path)
    refused = "You may not replicate, export or copy documents of this database."
    assert refused in cecily.page(address)
    assert "uncopied" not in cecily.page("/tracking/")
