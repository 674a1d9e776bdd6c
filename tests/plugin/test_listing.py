"""Listings as different people see them; totals tell nothing of what may not be read."""

import base64
import random
from typing import Any

import pytest

from plugin import BadInput, Document, Listing, NotFound, Office
from plugin.runtime.listings.ranges import rows, under
from store.collation import sort_key
from tests.plugin.kit import Kit

OWNERS = ("anna", "ben", "dan", "carl")


def fill(kit: Kit, count: int) -> list[Document]:
    """Jobs of several owners and stages, in an order that is not that of their names."""
    system = kit.office.system().database("work")
    wanted: list[tuple[str, dict[str, Any], str | None]] = []
    for n in range(count):
        price = {"amount": str(n), "currency": "EUR"}
        items = {"name": f"Job {n * 37 % count:03}", "owner": OWNERS[n % 4], "price": price}
        wanted.append(("job", {**items, "stage": ("open", "done", "lost")[n % 3]}, None))
    made = system.create_many(wanted)
    assert all(isinstance(one, Document) for one in made), made
    return [one for one in made if isinstance(one, Document)]


def names(listing: Listing, **options: Any) -> list[str]:
    return [str(row.items["name"]) for row in listing.page(**options).rows]


def listing(kit: Kit, person: str, name: str = "jobs_by_name") -> Listing:
    return kit.session(person).listing("work", name)


def test_each_sees_the_own_documents_in_order(kit: Kit) -> None:
    made = fill(kit, 40)
    for person, owners in (("anna", {"anna"}), ("ben", {"anna", "ben"}), ("carl", set(OWNERS))):
        mine = sorted(str(one.items["name"]) for one in made if one.items["owner"] in owners)
        page = listing(kit, person).page(limit=100)
        assert [row.items["name"] for row in page.rows] == mine
        assert page.total == len(mine) == listing(kit, person).count()
    for person in ("eve", "rita", "dora", "admin", "guest"):
        page = listing(kit, person).page()
        assert (page.rows, page.total, page.next, page.sums) == ((), 0, None, (0,))


@pytest.mark.parametrize("limit", [1, 3, 7, 50])
@pytest.mark.parametrize("descending", [False, True])
def test_pages_there_and_back_are_the_whole(kit: Kit, limit: int, descending: bool) -> None:
    fill(kit, 30)
    shown = listing(kit, "carl")
    whole = names(shown, limit=100, descending=descending)
    assert whole == sorted(whole, reverse=descending) and len(whole) == 30
    pages, after = [], None
    while True:
        page = shown.page(limit=limit, after=after, descending=descending)
        pages.append([row.items["name"] for row in page.rows])
        assert (page.previous is None) == (after is None)
        after = page.next
        if after is None:
            break
        before = page
    assert [name for one in pages for name in one] == whole
    if len(pages) > 1:
        back = shown.page(limit=limit, before=page.previous, descending=descending)
        assert [row.items["name"] for row in back.rows] == pages[-2]
        assert back.next == before.next
        assert (back.previous is None) == (len(pages) == 2)


def test_documents_with_the_same_key_are_all_shown(kit: Kit) -> None:
    system = kit.office.system().database("work")
    for n in range(12):
        system.create("job", {"name": "Same", "owner": OWNERS[n % 4]})
    shown = listing(kit, "carl")
    found, after = [], None
    while True:
        page = shown.page(limit=5, after=after)
        found += [row.id for row in page.rows]
        after = page.next
        if after is None:
            break
    assert len(found) == len(set(found)) == 12


def test_categories_count_and_sum_what_may_be_read(kit: Kit) -> None:
    made = fill(kit, 36)
    for person, owners in (("anna", {"anna"}), ("carl", set(OWNERS))):
        shown = listing(kit, person, "jobs_by_stage")
        mine = [one for one in made if one.items["owner"] in owners]
        found = {one.value: (one.count, one.sums) for one in shown.categories()}
        for stage in ("done", "lost", "open"):
            those = [one for one in mine if one.items["stage"] == stage]
            prices = [int(one.items["price"]["amount"]) for one in those]
            assert found[stage] == (len(prices), (len(prices), sum(prices)))
        assert [one.value for one in shown.categories()] == ["open", "done", "lost"]
        opened = shown.page(prefix=["lost"], limit=100)
        assert {row.items["stage"] for row in opened.rows} == {"lost"}
        assert opened.total == found["lost"][0] and opened.sums == found["lost"][1]
    assert listing(kit, "rita", "jobs_by_stage").categories() == []


def test_changes_show_at_once(kit: Kit) -> None:
    assert names(listing(kit, "anna")) == []
    made = kit.work("anna").create("job", {"name": "Roof"})
    assert names(listing(kit, "anna")) == ["Roof"]
    renamed = kit.work("anna").save(made.id, made.rev, {"name": "Wall"})
    assert names(listing(kit, "anna")) == ["Wall"]
    moved = kit.work("ben").save(made.id, renamed.rev, {"owner": "dan", "team": ["eve"]})
    assert names(listing(kit, "anna")) == []
    assert names(listing(kit, "dan")) == ["Wall"] == names(listing(kit, "eve"))
    kit.work("eve").delete(made.id, moved.rev)
    assert names(listing(kit, "dan")) == [] and listing(kit, "dan").count() == 0


def test_many_reader_sets_at_once_are_read_anew(kit: Kit) -> None:
    assert names(listing(kit, "anna")) == []
    fill(kit, 600)
    assert listing(kit, "anna").count() == 150
    assert listing(kit, "carl").count() == 600


def test_my_listing_is_mine(kit: Kit) -> None:
    fill(kit, 16)
    page = listing(kit, "ben", "my_jobs").page()
    assert {row.items["owner"] for row in page.rows} == {"ben"} and page.total == 4


def test_a_listing_of_responses_needs_its_key(kit: Kit) -> None:
    jobs = [kit.work("anna").create("job", {"name": name}) for name in ("Roof", "Wall")]
    for one in jobs:
        kit.work("anna").create("note", {"job": one.id, "text": f"on {one.items['name']}"})
    shown = listing(kit, "anna", "notes_by_job")
    with pytest.raises(BadInput, match="needs a value for job"):
        shown.page()
    assert [row.items["text"] for row in shown.page(prefix=[jobs[1].id]).rows] == ["on Wall"]
    assert [row.items["text"] for row in shown.all_rows([jobs[0].id])] == ["on Roof"]


def test_search_in_keys_begins_with_the_beginnings(kit: Kit) -> None:
    for name in ("Acme Works", "Big acme", "acme", "Other", "上海别克汽车"):
        kit.work("anna").create("job", {"name": name})
    kit.work("dan").create("job", {"name": "Acme of Dan"})
    shown = listing(kit, "anna")
    assert names(shown, contains="acme") == ["acme", "Acme Works", "Big acme"]
    assert names(shown, contains="ACME", limit=1) == ["acme"]
    assert names(shown, contains="别克") == ["上海别克汽车"]
    assert names(shown, contains="nothing") == []


def test_between_gives_what_is_due(kit: Kit) -> None:
    for name in ("2026-01", "2026-02", "2026-03"):
        kit.work("anna").create("job", {"name": name})
    found = listing(kit, "anna").between([], ["2026-02"])
    assert [row.items["name"] for row in found] == ["2026-01", "2026-02"]


def test_public_documents_are_listed_for_those_who_read_nothing_else(kit: Kit) -> None:
    kit.work("eve").create("flyer", {"name": "Offer"})
    fill(kit, 8)
    page = listing(kit, "guest", "flyers_by_name").page()
    assert [row.items["name"] for row in page.rows] == ["Offer"] and page.total == 1
    assert listing(kit, "guest").count() == 0
    assert listing(kit, "dora", "flyers_by_name").count() == 0
    assert listing(kit, "anna", "flyers_by_name").count() == 1


def test_a_document_in_conflict_is_listed_for_those_whom_all_branches_allow(kit: Kit) -> None:
    made = kit.work("anna").create("job", {"name": "Roof"})
    db = kit.office.server.database("work")
    for mark, owner in (("a" * 32, "anna"), ("b" * 32, "dan")):
        people = {"people": [owner, f"leaders-of:{owner}"]}
        doc = {**made.raw, "owner": owner, "readers": people, "authors": people}
        history = {"start": 2, "ids": [mark, made.rev.split("-")[1]]}
        assert (
            db.bulk_docs([{**doc, "_rev": f"2-{mark}", "_revisions": history}], new_edits=False)
            == []
        )
    assert listing(kit, "anna").count() == 0 and listing(kit, "dan").count() == 0
    page = listing(kit, "carl").page()
    assert page.total == 1 and page.rows[0].conflict
    with Office.open(kit.office.data, modules=kit.modules) as later:  # learns it from the index
        for name, count in (("anna", 0), ("dan", 0), ("carl", 1)):
            session = later.session(later.directory.identity(name))
            assert session.listing("work", "jobs_by_name").count() == count


def test_damaged_tokens_and_unknown_listings(kit: Kit) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 9000).decode()
    outside = base64.urlsafe_b64encode(rb'[[{"\uffff\uffff": 1}], "x"]').decode()
    for token in ("x", "!!!", "e30", "W10", deep, outside):
        with pytest.raises(BadInput, match="damaged"):
            listing(kit, "anna").page(after=token)
    with pytest.raises(NotFound):
        kit.session("anna").listing("work", "nothing")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_merged_ranges_are_as_one_sorted_list(kit: Kit, seed: int) -> None:
    random_ = random.Random(seed)
    print("seed", seed)
    system = kit.office.system().database("work")
    texts = ["a", "A", "b", "é", "Z", "张", "10", "9", "_", "a b"]
    made = system.create_many(
        [
            ("job", {"name": "".join(random_.choices(texts, k=3)), "owner": owner}, None)
            for owner in random_.choices(OWNERS, k=60)
        ]
    )
    sets = kit.office.reader_sets("work").readable(system.context)
    db = kit.office.server.database("work")
    for wanted in (1, 5, 100):
        for descending in (False, True):
            found = rows(db, "jobs_by_name", sets, under(()), wanted=wanted, descending=descending)
            assert len(found) == min(wanted, len(made))
            again = sorted(found, key=_order, reverse=descending)
            assert found == again


def _order(row: dict[str, Any]) -> Any:
    return sort_key(row["key"]), row["id"]
