"""The search behind pickers: only what the person may read, few rows, clear JSON."""

from flask import Flask

from tests.views.kit import browser, text_of


def test_customers_are_found_by_name_with_a_hint(app: Flask) -> None:
    answer = browser(app, "anna.snelling").get("/pick/customers/customers_by_name?q=华能")
    found = answer.get_json()["found"]
    assert [one["value"] for one in found] == ["customer:huaneng"]
    assert found[0]["title"] == "上海华能科技"
    assert "East China" in found[0]["more"]


def test_what_one_may_not_read_is_not_found(app: Flask) -> None:
    answer = browser(app, "cecily.lampkin").get("/pick/tracking/deals_by_name?q=Deal")
    assert answer.get_json() == {"found": [], "note": "Nothing found."}


def test_names_are_found_by_any_name(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    found = anna.get("/pick/names?types=person&q=brink").get_json()["found"]
    assert [one["value"] for one in found] == ["dustin.brinkmann"]
    everything = anna.get("/pick/names").get_json()["found"]
    assert {"administrators", "anna.snelling"} <= {one["value"] for one in everything}
    people = anna.get("/pick/names?types=person").get_json()["found"]
    assert "administrators" not in {one["value"] for one in people}


def test_errors_have_one_shape(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    for path, status, code in (
        ("/pick/tracking/no_such_listing", 404, "not_found"),
        ("/pick/credentials/anything", 404, "not_found"),
        ("/nothing/at/all/here", 404, "not_found"),
    ):
        answer = anna.get(path, Accept="application/json")
        assert answer.status_code == status
        assert set(answer.get_json()) == {"error", "reason"}
        assert answer.get_json()["error"] == code


def test_a_database_that_is_shut_is_as_one_that_is_not_there(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    for path in ("/pick/{}/memos_by_kind", "/{}/new/memo", "/{}/acl", "/{}/memo:1", "/{}/",
                 "/{}/memo:1/edit", "/{}/memo:1/conflict", "/{}/listing/memos_by_kind",
                 "/{}/listing/none", "/{}/new/none"):  # fmt: skip
        shut, missing = (
            anna.get(path.format(name)) for name in ("mail_dustin_brinkmann", "mail_nobody")
        )
        assert shut.status_code == missing.status_code == 404
        assert text_of(shut.text) == text_of(missing.text)
