"""What a person saves on the laptop at the very moment that a sync takes something away."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plugin import Office
from plugin.runtime.replica.laptop import Replica
from plugin.runtime.replica.leaving import drop_lost, drop_sent
from plugin.runtime.replica.returning import Keeper
from plugin.runtime.replica.review import Edit, ReviewFolder
from store.replication import Progress
from tests.plugin.offices import Served, as_person, clone, customer

ANNA = "anna.snelling"


class Interrupted(ReviewFolder):
    """Kept edits of a person who saves just after they were looked at."""

    def __init__(self, data: Path, save: Callable[[], object]) -> None:
        super().__init__(data)
        self._save: Callable[[], object] | None = save

    def all(self, database: str | None = None) -> list[Edit]:
        found = super().all(database)
        if self._save is not None:
            save, self._save = self._save, None
            save()
        return found


@pytest.fixture
def laptop(office: Office, served: Served, tmp_path: Path) -> Iterator[Office]:
    """Anna's, with her customer Acme."""
    customer(office, ANNA, "Acme")
    clone(tmp_path / "laptop", served, ANNA)
    with Office.open(tmp_path / "laptop") as laptop:
        yield laptop


def interrupted(laptop: Office) -> Keeper:
    door = as_person(laptop, ANNA).database("customers")
    folder = Interrupted(laptop.data, lambda: door.create("customer", {"name": "New"}))
    return Keeper(folder, ANNA, lambda: "2026-11-22T06:00:00Z", lambda name, doc: "")


def test_a_database_that_is_not_kept_any_more_stays_for_a_save_of_this_moment(
    laptop: Office,
) -> None:
    assert drop_sent(laptop.server, "customers", interrupted(laptop)) == 0
    names = as_person(laptop, ANNA).listing("customers", "customers_by_name").page()
    assert names.total == 2


def test_a_save_into_a_database_that_is_being_lost_is_kept_for_review(laptop: Office) -> None:
    keeper = interrupted(laptop)
    others = {name for name in laptop.server.all_dbs() if name != "customers"}
    drop_lost(laptop.server, keeper, others, Replica(laptop).receipts)
    assert not laptop.server.exists("customers")
    assert [edit.version["name"] for edit in keeper.folder.all("customers")] == ["New"]


def test_a_save_after_the_push_of_a_handover_is_not_forgotten_with_it(
    laptop: Office, office: Office
) -> None:
    door, local = as_person(laptop, ANNA).database("customers"), laptop.server.database("customers")
    (row,) = as_person(laptop, ANNA).listing("customers", "customers_by_name").page().rows
    door.save(row.id, door.open(row.id).rev, {"owner": "zane.levy"})

    def save_after_push(name: str, step: str, progress: Progress) -> None:
        doc = local.get(row.id)
        if (name, step) == ("customers", "push") and "after" not in doc:
            local.put({**doc, "after": "the push"})

    list(Replica(laptop).sync(save_after_push))
    sent = office.server.database("customers").get(row.id)
    kept = ReviewFolder(laptop.data).all("customers")
    assert sent["owner"] == "zane.levy"
    assert local.get(row.id)["after"] == "the push" or [edit.version["after"] for edit in kept]
