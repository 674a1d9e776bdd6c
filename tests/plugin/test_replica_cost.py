"""What a sync costs the office: an idle one is one request, any other what changed for its person.

Counted are requests, rows of changes that stores read, and steps of SQLite in the file of changes
by readers: none of them depends on how fast the machine is.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from plugin import Office
from plugin.runtime.replica.filtered import FilteredDatabase
from plugin.runtime.replica.laptop import Replica, register
from plugin.runtime.replica.office_side import FilteredServer
from store.lite import groups
from store.lite.database import LiteDatabase
from store.replication import Options, Progress
from store.types import ChangesOptions, Doc, Json
from tests.plugin.offices import PASSWORD, Served, as_person, clone, customer, marked, sync

ANNA = "anna.snelling"
OTHERS = 20_000
BATCH = 1000


@dataclass
class Account:
    """What was asked and read since `clear`. The laptop of the test reads in the same process."""

    requests: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    steps: int = 0

    def clear(self) -> None:
        self.requests.clear()
        self.rows = self.steps = 0

    def step(self) -> int:
        self.steps += 1
        return 0


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    account = Account()
    opened, changes = groups.opened, LiteDatabase.changes

    def watched(path: Path) -> sqlite3.Connection:
        conn = opened(path)
        conn.set_progress_handler(account.step, 1)
        return conn

    def counted(database: LiteDatabase, options: ChangesOptions = ChangesOptions()) -> Any:
        answer = changes(database, options)
        account.rows += len(answer["results"])
        return answer

    monkeypatch.setattr(groups, "opened", watched)
    monkeypatch.setattr(LiteDatabase, "changes", counted)
    return account


@pytest.fixture
def watched(account: Account, served: Served) -> Served:
    """The endpoint of an office whose account is kept."""
    app = served.app.wsgi_app

    def counted(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        account.requests[environ["PATH_INFO"]] += 1
        return app(environ, start)

    served.app.wsgi_app = counted  # type: ignore[method-assign]
    return served


def test_an_idle_sync_is_one_request_for_all_databases(
    office: Office, watched: Served, account: Account, tmp_path: Path
) -> None:
    customer(office, ANNA, "Acme")
    clone(tmp_path / "laptop", watched, ANNA)
    account.clear()
    done = sync(tmp_path / "laptop")
    assert account.requests == {"/replica/news": 1}
    assert {"customers", "tracking", "settings"} <= done.keys()


def test_a_database_with_news_is_asked_and_the_others_are_not(
    office: Office, watched: Served, account: Account, tmp_path: Path
) -> None:
    clone(tmp_path / "laptop", watched, ANNA)
    customer(office, "zane.levy", "Of Zane")
    account.clear()
    sync(tmp_path / "laptop")
    assert account.requests == {"/replica/news": 1}, "what others may read is no news"
    customer(office, ANNA, "Acme")
    account.clear()
    assert sync(tmp_path / "laptop")["customers"].pulled == 1
    asked = account.requests.keys() - {"/replica/news", "/replica/report"}
    assert asked and all("customers" in path for path in asked), asked


def test_one_sync_brings_everything_however_many_pages_it_takes(
    office: Office, served: Served, tmp_path: Path
) -> None:
    many = 2 * Options().batch + 500
    for batch in of(ANNA, many):
        office.server.database("customers").bulk_docs(batch)
    clone(tmp_path / "laptop", served, ANNA)
    with Office.open(tmp_path / "laptop") as laptop:
        assert laptop.server.database("customers").info()["doc_count"] >= many


def test_the_first_clone_takes_from_its_office_what_the_design_would_refuse_today(
    office: Office, served: Served, tmp_path: Path
) -> None:
    (doc,) = next(of(ANNA, 1))
    old = {**doc, "_rev": "1-a", "form": "of another time", "readers": "nobody checked this"}
    database = office.server.database("customers")
    rules = database.get("_design/divan")
    database.put({**rules, "validate_doc_update": "function () {}"})
    database.bulk_docs([old], new_edits=False)
    database.put({**rules, "_rev": database.get("_design/divan")["_rev"]})
    clone(tmp_path / "laptop", served, ANNA)
    with Office.open(tmp_path / "laptop") as laptop:
        here = laptop.server.database("customers")
        assert {name: here.get(name)["_rev"] for name in (doc["_id"], "_design/divan")} == {
            name: database.get(name)["_rev"] for name in (doc["_id"], "_design/divan")
        }


def test_the_first_clone_offers_nothing_back_but_what_was_made_meanwhile(
    office: Office, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = (customer(office, ANNA, name) for name in ("Acme", "Delta"))
    offered: set[str] = set()
    answer = FilteredDatabase.revs_diff

    def noted(database: FilteredDatabase, revs: Mapping[str, Sequence[str]]) -> dict[str, Json]:
        offered.update(revs)
        return answer(database, revs)

    monkeypatch.setattr(FilteredDatabase, "revs_diff", noted)
    clone(tmp_path / "quiet", served, ANNA)
    assert not offered & {mine.id, theirs.id}
    register(tmp_path / "busy", served.url, ANNA, PASSWORD, "test")
    with Office.open(tmp_path / "busy") as laptop:

        def edit(database: str, step: str, progress: Progress) -> None:
            if (database, step, progress.counts.written > 0) == ("customers", "pull", True):
                here = laptop.server.database("customers")
                doc = here.get(mine.id)
                if "note" not in doc:
                    here.put(marked(doc, ANNA, note="made meanwhile"))

        Replica(laptop).sync(edit)
    assert mine.id in offered
    there = office.server.database("customers")
    assert there.get(mine.id)["note"] == "made meanwhile"
    assert there.get(theirs.id)["_rev"] == theirs.rev


def of(person: str, many: int) -> Iterator[list[Doc]]:
    """Documents that one person alone reads, in batches."""
    at = {"at": "2026-01-05T08:00:00Z", "by": person}
    names = {"team": [person]}
    facts = {"form": "customer", "owner": person, "readers": names, "authors": names}
    for start in range(0, many, BATCH):
        yield [
            {"_id": f"customer:{n}", "name": f"N{n}", **facts, "created": at, "updated": at}
            for n in range(start, min(start + BATCH, many))
        ]


def test_a_sync_costs_what_changed_for_its_person(
    office: Office, watched: Served, account: Account, tmp_path: Path
) -> None:
    mine = [customer(office, ANNA, f"Acme {number}") for number in range(3)]
    data = tmp_path / "laptop"
    clone(data, watched, ANNA)
    door, leader = (as_person(office, name) for name in (ANNA, "dustin.brinkmann"))

    def edit(text: str) -> None:
        database = door.database("customers")
        database.save(mine[0].id, database.open(mine[0].id).rev, {"address": text})

    def hand_over(docid: str) -> None:
        database = leader.database("customers")
        database.save(docid, database.open(docid).rev, {"owner": "zane.levy"})

    def cost(change: Callable[[], None]) -> tuple[int, int, int]:
        change()
        office.reader_changes("customers").level()  # as an index: once for everybody
        account.clear()
        done = sync(data)["customers"]
        assert done.pulled + done.removed == 1
        return account.requests.total(), account.rows, account.steps

    quiet = [cost(lambda: edit("Old street")), cost(lambda: hand_over(mine[1].id))]
    for batch in of("zane.levy", OTHERS):
        office.server.database("customers").bulk_docs(batch)
    busy = [cost(lambda: edit("New street")), cost(lambda: hand_over(mine[2].id))]
    for (requests, rows, steps), (more_requests, more_rows, more_steps) in zip(
        quiet, busy, strict=True
    ):
        assert more_requests == requests
        assert more_rows <= rows + 20
        assert more_steps < steps + OTHERS


def test_a_feed_counts_once_what_it_is_read_page_by_page(office: Office, account: Account) -> None:
    """What is still to come is told with each page; counting it anew would read all of it."""
    many, page = 3 * BATCH, 100
    customers = office.server.database("customers")
    for batch in of(ANNA, many):
        customers.bulk_docs(batch)
    identity = office.directory.identity(ANNA)
    feed = FilteredServer(office.session(identity)).database("customers").changes
    first = feed(ChangesOptions(limit=page))
    left, since = first["pending"], first["last_seq"]
    assert left >= many - page
    steps = []
    while left:
        account.clear()
        told = feed(ChangesOptions(since=since, limit=page))
        steps.append(account.steps)
        left -= len(told["results"])
        assert told["pending"] == left
        since = told["last_seq"]
    assert steps[0] < steps[-2] + many / 2, steps
    before = feed(ChangesOptions(limit=page))["pending"]
    customer(office, ANNA, "Acme")
    assert feed(ChangesOptions(limit=page))["pending"] == before + 1
