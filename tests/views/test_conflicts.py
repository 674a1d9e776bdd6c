"""The page of a replication conflict: both values, names and times; settled item by item."""

import re

import pytest
from flask import Flask

from plugin import Office
from tests.views.kit import browser, door, text_of

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
