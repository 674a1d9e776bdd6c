"""Filters over listings (C4): what they find is what a reader finds who looks at each document."""

import random
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from plugin import BadInput, Document, Office
from plugin.runtime.filters.criteria import Asker, amount
from plugin.runtime.filters.filtered import Filtered, Matches
from plugin.runtime.filters.periods import PERIODS
from plugin.runtime.filters.query import Query, read_query, saved_pairs
from tests.plugin.kit import Kit

OWNERS = ("anna", "ben", "dan", "carl")
STAGES = ("open", "done", "lost")
Test = Callable[[dict[str, Any]], bool]


def fill(kit: Kit, count: int, seed: int) -> list[Document]:
    """Jobs with some items missing, as one who reads all of them has them."""
    pick, system = random.Random(seed), kit.office.system().database("work")
    wanted: list[tuple[str, dict[str, Any], str | None]] = []
    for n in range(count):
        items: dict[str, Any] = {"name": f"{pick.choice(['Job', 'job', 'Árk'])} {n * 37 % count}"}
        items |= {"owner": pick.choice(OWNERS), "stage": pick.choice(STAGES)}
        items |= {"region": pick.choice(["North", "South", None])}
        items |= {"team": pick.sample(OWNERS, pick.randrange(3))}
        items |= {"done_on": pick.choice([None, f"2026-{pick.randrange(10, 13)}-17"])}
        items |= {"price": {"amount": str(pick.randrange(100)), "currency": pick.choice("AB") * 3}}
        wanted.append(("job", items if pick.random() < 0.9 else {**items, "price": None}, None))
    made = system.create_many(wanted)
    assert all(isinstance(one, Document) for one in made), made
    return [one for one in made if isinstance(one, Document)]


def one_of(names: list[str], wanted: set[str | None]) -> bool:
    return bool(wanted & set(names))


TESTS: dict[str, Test] = {
    "region.is=North": lambda doc: doc.get("region") == "North",
    "region.is=North&region.is=South": lambda doc: doc.get("region") in ("North", "South"),
    "region.not=North": lambda doc: doc.get("region") != "North",
    "region.empty=1": lambda doc: "region" not in doc,
    "region.filled=1": lambda doc: "region" in doc,
    "name.contains=OB+1": lambda doc: "ob 1" in doc["name"].casefold(),
    "name.begins=á": lambda doc: doc["name"].startswith("Á"),
    "owner.is=@me": lambda doc: doc["owner"] == "carl",
    "owner.is=@me&owner.is=dan": lambda doc: doc["owner"] in ("carl", "dan"),
    "team.is=ben": lambda doc: "ben" in doc.get("team", []),
    "team.not=ben": lambda doc: "ben" not in doc.get("team", []),
    "stage.is=open": lambda doc: doc["stage"] == "open",
    "stage.is=open&stage.is=lost": lambda doc: doc["stage"] in ("open", "lost"),
    "price.from=20": lambda doc: "price" in doc and int(doc["price"]["amount"]) >= 20,
    "price.to=70": lambda doc: "price" in doc and int(doc["price"]["amount"]) <= 70,
    "done_on.in=this_month": lambda doc: doc.get("done_on", "")[:7] == "2026-11",
    "done_on.in=overdue": lambda doc: "2026" <= doc.get("done_on", "") < "2026-11-22",
    "done_on.from=2026-11-17": lambda doc: doc.get("done_on", "") >= "2026-11-17",
    "done_on.to=2026-11-17": lambda doc: "2026" <= doc.get("done_on", "") <= "2026-11-17",
    "done_on.empty=1": lambda doc: "done_on" not in doc,
}


def asked(office: Office, text: str, form: str = "job", database: str = "work") -> Query:
    found = read_query(office.system().database(database).form(form), saved_pairs(text))
    assert found.problems == {}
    return found.query


def filtered(kit: Kit, text: str, listing: str = "jobs_by_name", person: str = "carl") -> Filtered:
    return Filtered(kit.session(person).listing("work", listing), asked(kit.office, text), {})


def whole(found: Filtered, limit: int, look: int) -> list[Matches]:
    """All pages."""
    pages = [found.page(limit=limit, look=look)]
    while pages[-1].next is not None:
        pages.append(found.page(after=pages[-1].next, limit=limit, look=look))
        assert len(pages) < 500
    return pages


def ids(pages: list[Matches]) -> list[str]:
    return [row.id for page in pages for row in page.rows]


@pytest.mark.parametrize("seed", [random.randrange(1 << 30)])
def test_a_filter_finds_what_looking_at_each_document_finds(kit: Kit, seed: int) -> None:
    made, pick = fill(kit, 80, seed), random.Random(seed)
    for _ in range(20):
        texts = pick.sample(sorted(TESTS), pick.randrange(1, 4))
        if len({text.partition(".")[0] for text in texts}) < len(texts):
            continue  # two conditions with one operator would be alternatives
        listing = pick.choice(["jobs_by_name", "jobs_by_stage", "my_jobs"])
        mine = [one for one in made if listing != "my_jobs" or one.items["owner"] == "carl"]
        wanted = {one.id for one in mine if all(TESTS[text](dict(one.items)) for text in texts)}
        for look in (9, 1000):
            pages = whole(filtered(kit, "&".join(texts), listing), pick.choice([3, 50]), look)
            found = ids(pages)
            assert sorted(found) == sorted(wanted), (texts, listing, look)
            assert pages[0].total in (None, len(wanted)), (texts, listing, look)
            assert all(page.looked <= look for page in pages)


@pytest.mark.parametrize("look", [7, 1000])
def test_nobody_finds_or_counts_what_he_may_not_read(kit: Kit, look: int) -> None:
    made = fill(kit, 60, seed=7)
    for person, seen in (("anna", {"anna"}), ("ben", {"anna", "ben"}), ("eve", set())):
        mine = [
            one for one in made if one.items["owner"] in seen or person in one.items.get("team", [])
        ]
        for text in ("region.filled=1", "stage.is=open", "price.from=0"):
            pages = whole(filtered(kit, text, person=person), 50, look)
            assert set(ids(pages)) == {one.id for one in mine if TESTS.get(text, _any)(one.items)}
            assert all(page.of <= len(mine) and page.looked <= len(mine) for page in pages)


def _any(items: Any) -> bool:
    return "price" in items


@pytest.mark.parametrize("order", ["price", "done_on", "name", "stage"])
def test_rows_come_in_the_order_asked_for_and_empty_ones_last(kit: Kit, order: str) -> None:
    fill(kit, 50, seed=3)
    for sort, descending in ((order, False), (f"-{order}", True)):
        pages = whole(filtered(kit, f"sort={sort}"), 7, 1000)
        values = [row.items.get(order) for page in pages for row in page.rows]
        filled = [one for one in values if one is not None]
        assert values == filled + [None] * (len(values) - len(filled))
        keys = [amount(one) if order == "price" else str(one).casefold() for one in filled]
        ordered = [key for key in keys if not str(key).startswith("á")]
        assert ordered == sorted(ordered, reverse=descending)  # type: ignore[type-var]


def test_an_index_gives_the_order_where_not_all_can_be_looked_at(kit: Kit) -> None:
    fill(kit, 60, seed=5)
    for text, served in (("sort=name", True), ("sort=-name", True), ("sort=price", False)):
        pages = whole(filtered(kit, text), 10, 20)
        assert len(ids(pages)) == len(set(ids(pages))) == 60
        assert {page.unsorted for page in pages} == {not served}
        if served:
            expected = ids(whole(filtered(kit, text), 100, 1000))
            assert ids(pages) == expected


def test_a_condition_on_an_index_is_answered_by_its_range_alone(kit: Kit) -> None:
    """However many documents there are: as many are looked at as the page shows, and counted."""
    made = fill(kit, 90, seed=11)
    wanted = sum(one.items["stage"] == "open" for one in made)
    found = filtered(kit, "stage.is=open").page(limit=5, look=10)
    assert (len(found.rows), found.total, found.looked) == (5, wanted, 5)
    found = filtered(kit, "stage.is=open&region.is=North").page(limit=50, look=10)
    assert (found.total, found.looked, found.of) == (None, 10, wanted)


def test_sums_are_those_of_the_matches(kit: Kit) -> None:
    made = fill(kit, 40, seed=2)
    found = filtered(kit, "stage.is=open", "jobs_by_stage").page()
    prices = [one.items.get("price") for one in made if one.items["stage"] == "open"]
    assert found.sums == {"price": sum(int(one["amount"]) for one in prices if one)}


def test_what_makes_no_sense_is_said_and_the_rest_counts(kit: Kit) -> None:
    form = kit.office.system().database("work").form("job")
    text = (
        "nothing.is=x&price.from=many&price.contains=1&done_on.in=someday&done_on.from=9999-01-01"
        "&done_on.to=2026-13-40&name.contains=x&columns=name,other&sort=other&contains=y&in=[]"
    )
    found = read_query(form, saved_pairs(text))
    assert found.query == asked(kit.office, "name.contains=x&columns=name")
    assert set(found.problems) == {
        "nothing.is", "price.from", "price.contains", "done_on.in", "done_on.from", "done_on.to",
        "columns", "sort",
    }  # fmt: skip
    many = "&".join(f"team.is=p{n}" for n in range(3)) + "&region.is=North" * 100
    assert len(asked(kit.office, many).criteria) == 2


def test_a_query_is_what_its_address_says(kit: Kit) -> None:
    for text in (*TESTS, "sort=-price&columns=name,price&name.contains=a%26b%3Dc"):
        query = asked(kit.office, text)
        assert asked(kit.office, query.text()) == query


def test_a_damaged_page_address_is_refused(kit: Kit) -> None:
    fill(kit, 30, seed=1)
    for token in ("x", "9.", "0.%%%", "-1", "99999999999", "0.WzFd", "²"):
        with pytest.raises(BadInput):
            filtered(kit, "region.is=North").page(after=token, look=5)
    with pytest.raises(BadInput):
        filtered(kit, "region.is=North").page(after="x")


def test_periods_are_whole_weeks_months_and_years() -> None:
    def days(name: str, today: date) -> list[str]:
        return [str(day) for day in PERIODS[name].days(today)]

    assert days("this_week", date(2026, 11, 22)) == ["2026-11-16", "2026-11-22"]
    assert days("next_week", date(2026, 11, 22)) == ["2026-11-23", "2026-11-29"]
    assert days("last_month", date(2026, 1, 31)) == ["2025-12-01", "2025-12-31"]
    assert days("next_month", date(2026, 12, 1)) == ["2027-01-01", "2027-01-31"]
    assert days("this_quarter", date(2026, 5, 1)) == ["2026-04-01", "2026-06-30"]
    assert days("last_quarter", date(2026, 2, 1)) == ["2025-10-01", "2025-12-31"]
    assert days("this_year", date(2024, 2, 29)) == ["2024-01-01", "2024-12-31"]
    assert days("last_7_days", date(2026, 3, 3)) == ["2026-02-25", "2026-03-03"]
    assert days("overdue", date(2026, 3, 3)) == ["None", "2026-03-02"]


def test_days_of_times_are_those_of_the_person(kit: Kit) -> None:
    form = kit.office.system().database("work").form("job")
    timed = form.items["done_on"]
    found = read_query(form, [("done_on.in", "today")]).query.criteria[0]
    assert found.item == timed
    asker = Asker("carl", date(2026, 11, 22), "Asia/Shanghai")
    assert found.test(asker)("2026-11-22") and not found.test(asker)("2026-11-21")


def test_a_saved_text_says_nothing_but_a_query() -> None:
    text = "_method=POST&_external=1&database=x&name.is=y&sort=-name&after=z"
    assert saved_pairs(text) == [("name.is", "y"), ("sort", "-name")]
