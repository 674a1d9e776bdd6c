"""The page of a replication conflict: both values, names and times; settled item by item."""

import re

import pytest
from flask import Flask

from plugin import AgentRunner, Office
from tests.views.kit import browser, door, rev_of, text_of

PATH = "/tracking/deal:1/conflict"


@pytest.fixture
def clash(office: Office) -> str:
    """Two versions of a deal, made apart: `interest` differs, each has one more change."""
    db = office.server.database("tracking")
    base = db.get("deal:1", revs=True)
    generation = int(base["_rev"].partition("-")[0]) + 1
    for who, hour, digest, changes in (
        ("anna.snelling", "10", "a" * 32, {"interest": "three", "progress": "by Anna"}),
        ("dustin.brinkmann", "11", "b" * 32, {"interest": "two", "probability": 70}),
    ):
        at = f"2026-11-22T{hour}:00:00Z"
        doc = {k: v for k, v in base.items() if k not in ("_rev", "_revisions")} | changes
        doc["updated"] = {"at": at, "by": who}
        doc["changed"] = {**base.get("changed", {}), **{n: [generation, at, who] for n in changes}}
        ids = [digest, *base["_revisions"]["ids"]]
        doc |= {"_rev": f"{generation}-{digest}", "_revisions": {"start": generation, "ids": ids}}
        assert db.bulk_docs([doc], new_edits=False) == []
    return f"{generation}-{'a' * 32}"


def test_the_document_and_its_row_show_the_conflict(app: Flask, clash: str) -> None:
    anna = browser(app, "anna.snelling")
    assert f'href="{PATH}"' in anna.page("/tracking/deal:1")
    row = re.search(
        r'data-href="/tracking/deal:1".*?</tr>', anna.page("/tracking/listing/deals_by_name"), re.S
    )
    assert row and 'aria-label="Conflict"' in row[0]


def test_both_values_with_names_and_times(app: Flask, clash: str) -> None:
    page = browser(app, "anna.snelling").page(PATH)
    shown = text_of(page)
    assert "Anna Snelling, Nov 22, 2026 " in shown
    assert "Dustin Brinkmann, Nov 22, 2026 " in shown
    assert set(re.findall(r'name="(choose\.\w+)"', page)) == {"choose.interest"}
    assert "three" in shown
    assert "two" in shown


def test_a_choice_settles_it_and_keeps_what_only_one_changed(
    app: Flask, office: Office, clash: str
) -> None:
    anna = browser(app, "anna.snelling")
    answer = anna.submit(PATH, {"choose.interest": clash})
    assert answer.status_code == 303
    doc = door(office, "anna.snelling", "tracking").open("deal:1")
    assert not doc.conflict
    assert doc.items["interest"] == "three"
    assert (doc.items["progress"], doc.items["probability"]) == ("by Anna", 70)
    again = anna.get(PATH)
    assert again.status_code == 303
    assert "nothing to settle" in text_of(anna.page("/tracking/deal:1"))


def test_without_a_choice_nothing_is_lost(app: Flask, office: Office, clash: str) -> None:
    answer = browser(app, "anna.snelling").submit(PATH, {})
    assert answer.status_code == 422
    assert door(office, "anna.snelling", "tracking").open("deal:1").conflict


@pytest.fixture
def deleted(office: Office) -> None:
    """Anna changed a deal that Dustin deleted elsewhere."""
    db = office.server.database("tracking")
    base = db.get("deal:1", revs=True)
    deals = door(office, "anna.snelling", "tracking")
    deals.save("deal:1", base["_rev"], {"progress": "by Anna"})
    generation = base["_revisions"]["start"] + 1
    stub = {name: base[name] for name in ("_id", "form", "readers", "authors") if name in base}
    stub |= {"updated": {"at": "2026-11-22T10:00:00Z", "by": "dustin.brinkmann"}}
    ids = ["0" * 32, *base["_revisions"]["ids"]]
    stub |= {"_rev": f"{generation}-{ids[0]}", "_revisions": {"start": generation, "ids": ids}}
    assert db.bulk_docs([{**stub, "_deleted": True}], new_edits=False) == []
    AgentRunner(office).run_once()


@pytest.mark.usefixtures("deleted")
def test_a_deletion_that_met_an_edit_asks(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    row = re.search(
        r'data-href="/tracking/deal:1".*?</tr>', anna.page("/tracking/listing/deals_by_name"), re.S
    )
    assert row and 'aria-label="Conflict"' in row[0]
    page = anna.page("/tracking/deal:1")
    assert "Dustin Brinkmann deleted this document, Nov 22, 2026" in text_of(page)
    assert "Anna Snelling changed it, " in text_of(page)
    assert f'href="{PATH}"' not in page and "Delete it after all" not in page
    assert anna.submit("/tracking/deal:1/keep", {}, at="/tracking/deal:1").status_code == 303
    page = anna.page("/tracking/deal:1")
    assert "The document stays." in page and "deleted this document" not in page
    assert not door(office, "anna.snelling", "tracking").open("deal:1").conflict
    assert anna.submit("/tracking/deal:none/keep", {}).status_code == 404


@pytest.mark.usefixtures("deleted")
def test_deleted_after_all_it_is_gone(app: Flask, office: Office) -> None:
    rita = browser(app, "rita.root")
    page = rita.page("/tracking/deal:1")
    assert "Delete it after all" in page
    sent = {"rev": rev_of(page)}
    assert rita.submit("/tracking/deal:1/delete", sent, at="/tracking/deal:1").status_code == 303
    assert rita.get("/tracking/deal:1").status_code == 404
