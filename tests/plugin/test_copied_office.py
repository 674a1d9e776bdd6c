"""A company copied to another directory works there as before: people, numbers, laptops."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin import Office
from plugin.runtime.people.credentials import Credentials
from store.command import store
from store.errors import NotFound
from tests.plugin.offices import (
    PASSWORD,
    QUICK,
    as_person,
    clone,
    customer,
    make_office,
    serving,
    sync,
)


def copied(source: Path, target: Path) -> None:
    result = CliRunner().invoke(store, ["copy", str(source), str(target)])
    assert result.exit_code == 0, result.output


def test_people_documents_and_numbers_go_on(tmp_path: Path) -> None:
    with make_office(tmp_path / "office") as office:
        first = customer(office, "anna.snelling", "Before the move")
    copied(tmp_path / "office", tmp_path / "moved")
    with Office.open(tmp_path / "moved") as moved:
        assert Credentials(moved.server, hasher=QUICK).check("anna.snelling", PASSWORD)
        door = as_person(moved, "anna.snelling").database("customers")
        assert door.open(first.id).items["name"] == "Before the move"
        second = customer(moved, "anna.snelling", "After the move")
        assert first.items["code"] < second.items["code"]


def test_a_laptop_goes_on_with_the_office_that_was_moved(tmp_path: Path) -> None:
    data = tmp_path / "laptop"
    with make_office(tmp_path / "office") as office, serving(office) as served:
        there = customer(office, "anna.snelling", "Shared")
        gone = customer(office, "anna.snelling", "Handed over later")
        clone(data, served, "anna.snelling")
        port = served.port
    copied(tmp_path / "office", tmp_path / "moved")
    with Office.open(tmp_path / "moved") as moved, serving(moved, port):
        door = moved.system().database("customers")
        door.save(gone.id, door.open(gone.id).rev, {"owner": "zane.levy"})
        new = customer(moved, "anna.snelling", "After the move")
        with Office.open(data) as laptop:
            mine = as_person(laptop, "anna.snelling").database("customers")
            read = mine.open(there.id)
            mine.save(there.id, read.rev, {"name": "Edited on the laptop"})
        done = sync(data)["customers"]
        assert (done.pulled, done.pushed, done.removed, done.refused) == (1, 1, 1, [])
        with Office.open(data) as laptop:
            mine = as_person(laptop, "anna.snelling").database("customers")
            assert mine.open(new.id).items["name"] == "After the move"
            with pytest.raises(NotFound):
                laptop.server.database("customers").get(gone.id)
        assert door.open(there.id).items["name"] == "Edited on the laptop"
