"""Which databases a laptop keeps, and changing one's mind."""

from pathlib import Path

import pytest

from plugin import BadInput, Office
from plugin.runtime.replica.laptop import Laptop, Replica, register
from plugin.runtime.replica.subset import WHOLE, Subset, read_keep, read_written, written
from tests.plugin.offices import PASSWORD, Served, as_person, clone, customer, sync


def choose(data: Path, *databases: str) -> None:
    with Office.open(data) as laptop:
        Replica(laptop).choose(dict.fromkeys(databases, WHOLE) if databases else None)


def here(data: Path) -> set[str]:
    with Office.open(data) as laptop:
        return {entry["name"] for entry in Replica(laptop).status()["databases"]}


def test_only_the_chosen_databases_come_and_the_settings(
    office: Office, served: Served, tmp_path: Path
) -> None:
    data = tmp_path / "laptop"
    register(data, served.url, "anna.snelling", PASSWORD, "test")
    choose(data, "customers")
    assert set(sync(data)) == here(data) == {"customers", "settings"}
    choose(data, "customers", "tracking")
    assert set(sync(data)) == here(data) == {"customers", "settings", "tracking"}
    choose(data)
    assert "forum" in sync(data)


def test_a_database_that_is_not_kept_any_more_sends_first_and_then_goes(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, "anna.snelling", "Acme")
    data = tmp_path / "laptop"
    clone(data, served, "anna.snelling")
    with Office.open(data) as laptop:
        door = as_person(laptop, "anna.snelling").database("customers")
        door.save(doc.id, doc.rev, {"address": "Last street"})
    choose(data, "tracking")
    done = sync(data)["customers"]
    assert (done.pushed, done.removed > 0) == (1, True)
    assert "customers" not in here(data)
    there = as_person(office, "anna.snelling").database("customers").open(doc.id)
    assert there.items["address"] == "Last street"
    assert "customers" not in sync(data)


def test_a_database_with_a_refused_edit_stays_until_it_is_decided(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, "anna.snelling", "Acme")
    data = tmp_path / "laptop"
    clone(data, served, "anna.snelling")
    with Office.open(data) as laptop:
        store = laptop.server.database("customers")
        store.put({**store.get(doc.id), "authors": {"x": "not a list"}})
    choose(data, "tracking")
    assert sync(data)["customers"].refused
    assert "customers" in here(data)


def test_what_is_chosen_is_written_and_read_alike() -> None:
    for text in ("customers", "tracking:mine", "tracking:mine:months=12:no-attachments"):
        assert written(*read_written(text)) == text
    for text in ("tracking:months=0", "tracking:months=x", "tracking:yours", "a:mine=1"):
        with pytest.raises(BadInput):
            read_written(text)


@pytest.mark.parametrize("value", [[], 5, {"a": 5}, {"a": {"b": 1}}, {"a": {"months": True}}])
def test_a_choice_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(BadInput):
        read_keep(value)


def test_a_choice_is_kept_in_the_directory(served: Served, tmp_path: Path) -> None:
    data = tmp_path / "laptop"
    laptop = register(data, served.url, "anna.snelling", PASSWORD, "test")
    assert Laptop.read(data) == laptop
    with Office.open(data) as opened:
        Replica(opened).choose({"tracking": Subset(mine=True, months=3, attachments=False)})
    kept = Laptop.read(data).keep
    assert kept == {"settings": WHOLE, "tracking": Subset(True, 3, False)}
    # Signing in again renews the token and leaves the choice alone.
    register(data, served.url, "anna.snelling", PASSWORD, "test")
    assert Laptop.read(data).keep == kept
