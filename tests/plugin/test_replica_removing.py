"""Taking a replica off a laptop: nothing that stands there alone goes without a word."""

import json
from pathlib import Path

import pytest

from plugin import BadInput, Credentials, NotFound, Office, OfficeError
from plugin.runtime.replica.laptop import Replica
from plugin.runtime.replica.removing import remove_database, remove_replica
from plugin.runtime.replica.review import TAKEN
from plugin.runtime.replica.unsent import StillUnsent, all_unsent, export
from tests.plugin.offices import Served, as_person, clone, customer, stored_text, sync


def test_the_laptop_is_empty_and_its_token_is_over(
    office: Office, served: Served, tmp_path: Path
) -> None:
    customer(office, "anna.snelling", "Acme of Anna")
    data = tmp_path / "laptop"
    clone(data, served, "anna.snelling")
    with Office.open(data) as laptop:
        assert remove_replica(Replica(laptop))
        assert laptop.server.all_dbs() == []
    assert b"Acme of Anna" not in stored_text(data)
    (token,) = Credentials(office.server).tokens("anna.snelling")
    assert token.revoked_at
    with Office.open(data) as laptop, pytest.raises(OfficeError, match="is no replica"):
        Replica(laptop)
    clone(data, served, "dustin.brinkmann")  # the directory is free for anybody


def test_without_the_office_the_laptop_empties_all_the_same(
    office: Office, served: Served, tmp_path: Path
) -> None:
    customer(office, "anna.snelling", "Acme of Anna")
    data = tmp_path / "laptop"
    clone(data, served, "anna.snelling")
    served.stop()
    try:
        with Office.open(data) as laptop:
            assert not remove_replica(Replica(laptop))
    finally:
        served.start()
    assert b"Acme of Anna" not in stored_text(data)


def test_what_stands_here_alone_is_named_and_can_be_kept(
    office: Office, served: Served, tmp_path: Path
) -> None:
    sent, unsent = (customer(office, "anna.snelling", name) for name in ("Sent", "Unsent"))
    data, file = tmp_path / "laptop", tmp_path / "kept.json"
    clone(data, served, "anna.snelling")
    with Office.open(data) as laptop:
        door = as_person(laptop, "anna.snelling").database("customers")
        door.save(sent.id, sent.rev, {"address": "Sent street"})
        Replica(laptop).sync()
        door.save(unsent.id, unsent.rev, {"address": "Unsent street"})
        replica = Replica(laptop)
        for attempt in (
            lambda: remove_replica(replica),
            lambda: remove_database(replica, "customers"),
        ):
            with pytest.raises(StillUnsent) as told:
                attempt()
            assert [edit.id for edit in told.value.edits] == [unsent.id]
        assert door.open(unsent.id).items["address"] == "Unsent street"
        export(file, all_unsent(laptop.server, replica.keeper))
        (kept,) = json.loads(file.read_text(encoding="utf-8"))
        assert (kept["document"], kept["why"]) == (unsent.id, "waiting")
        assert kept["versions"][0]["address"] == "Unsent street"
        assert file.stat().st_mode & 0o077 == 0
        remove_replica(replica, discard=True)


def test_what_a_lost_database_held_is_named_too(
    office: Office, served: Served, tmp_path: Path
) -> None:
    data = tmp_path / "laptop"
    clone(data, served, "anna.snelling")
    version = {"_id": "customer:a", "_rev": "2-a", "name": "A"}
    with Office.open(data) as laptop:
        keeper = Replica(laptop).keeper
        keeper.keep(TAKEN, "gone", "lost", version)
        (edit,) = all_unsent(laptop.server, keeper)
        assert (edit.database, edit.id, edit.why) == ("lost", "customer:a", "review")
        remove_replica(Replica(laptop), discard=True)
    assert not (data / "review").exists()


def test_one_database_goes_and_stays_away(office: Office, served: Served, tmp_path: Path) -> None:
    data = tmp_path / "laptop"
    clone(data, served, "anna.snelling")
    with Office.open(data) as laptop:
        replica = Replica(laptop)
        remove_database(replica, "forum")
        with pytest.raises(NotFound):
            remove_database(replica, "forum")
        with pytest.raises(BadInput):
            remove_database(replica, "settings")
    done = sync(data)
    assert "forum" not in done
    assert "customers" in done
