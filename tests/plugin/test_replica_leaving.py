"""What leaves a laptop: all of it when its access was ended, a database that its person lost."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from acl import Acl
from plugin import Credentials, NotFound, Office, Privilege, Refused
from plugin.runtime.messages import translate
from plugin.runtime.people.secret_store import DATABASE as CREDENTIALS
from plugin.runtime.replica.laptop import Replica
from plugin.runtime.replica.office_side import FilteredServer
from plugin.runtime.replica.remote import Revoked
from plugin.runtime.replica.review import ReviewFolder
from tests.plugin.offices import Served, as_person, clone, customer, stored_text, sync


def test_a_laptop_whose_access_was_ended_empties_itself(
    office: Office, served: Served, tmp_path: Path
) -> None:
    customer(office, "anna.snelling", "Acme of Anna")
    data = tmp_path / "laptop"
    clone(data, served, "anna.snelling")
    credentials = Credentials(office.server)
    (token,) = credentials.tokens("anna.snelling")
    credentials.revoke(token.id)
    with pytest.raises(Revoked, match="All documents were removed"):
        sync(data)
    assert b"Acme of Anna" not in stored_text(data)
    with Office.open(data) as laptop:
        assert not Credentials(laptop.server).has_password("anna.snelling")
    clone(data, served, "anna.snelling")  # whoever may sign in can begin again
    with Office.open(data) as laptop:
        door = as_person(laptop, "anna.snelling").listing("customers", "customers_by_name")
        assert door.page().total == 1


def test_another_office_cannot_empty_a_laptop(
    office: Office, served: Served, tmp_path: Path
) -> None:
    customer(office, "anna.snelling", "Acme of Anna")
    data = tmp_path / "laptop"
    clone(data, served, "anna.snelling")
    credentials = Credentials(office.server)
    credentials.revoke(credentials.tokens("anna.snelling")[0].id)
    about = json.loads((data / "replica.json").read_text())
    (data / "replica.json").write_text(json.dumps({**about, "office": "another"}))
    with pytest.raises(Revoked, match="was ended"):
        sync(data)
    with Office.open(data) as laptop:
        assert "customers" in laptop.server.all_dbs()


def test_a_lost_database_goes_and_keeps_unsent_edits_for_review(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, "anna.snelling", "Acme")
    data = tmp_path / "laptop"
    clone(data, served, "anna.snelling")
    with Office.open(data) as laptop:
        door = as_person(laptop, "anna.snelling").database("customers")
        door.save(doc.id, doc.rev, {"address": "Unsent street"})
    system = office.system().database("customers")
    acl = system.acl()
    kept = tuple(entry for entry in acl.entries if entry.name != "all-staff")
    system.save_acl(Acl(kept, acl.roles))
    assert sync(data)["customers"].removed > 0
    with Office.open(data) as laptop:
        assert "customers" not in laptop.server.all_dbs()
        with pytest.raises(NotFound):
            as_person(laptop, "anna.snelling").database("customers")
    (review,) = (data / "review" / "customers").iterdir()
    kept = json.loads(review.read_text(encoding="utf-8"))
    assert kept["version"]["address"] == "Unsent street"
    assert kept["title"] == "Acme"
    assert "customers" not in sync(data)


def test_who_may_read_but_copy_no_more_is_told_just_that(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, "anna.snelling", "Acme")
    data = tmp_path / "laptop"
    clone(data, served, "anna.snelling")
    with Office.open(data) as laptop:
        door = as_person(laptop, "anna.snelling").database("customers")
        door.save(doc.id, doc.rev, {"address": "Unsent street"})
    no_copies(office, "customers")
    sync(data)
    (kept,) = ReviewFolder(data).all()
    assert (kept.why, kept.reason) == ("taken", "You may not replicate this database any more.")
    assert translate(kept.reason, "zh_Hans") != kept.reason
    assert as_person(office, "anna.snelling").database("customers").open(doc.id)


def no_copies(office: Office, *databases: str) -> None:
    """Take the privilege to replicate from everybody at these databases."""
    for name in databases:
        database = office.system().database(name)
        acl = database.acl()
        entries = (
            replace(entry, privileges=entry.privileges - {Privilege.REPLICATE})
            for entry in acl.entries
        )
        database.save_acl(Acl(tuple(entries), acl.roles))


def test_who_may_replicate_nothing_is_told_so(
    office: Office, served: Served, tmp_path: Path
) -> None:
    no_copies(office, *FilteredServer(as_person(office, "anna.snelling")).all_dbs())
    data = tmp_path / "laptop"
    with pytest.raises(Refused, match="There is nothing to replicate"):
        clone(data, served, "anna.snelling")
    with Office.open(data) as laptop:
        assert laptop.server.all_dbs() == [CREDENTIALS]


def test_a_laptop_that_lost_the_people_gives_all_else_and_says_so(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, "anna.snelling", "Acme")
    data = tmp_path / "laptop"
    clone(data, served, "anna.snelling")
    with Office.open(data) as laptop:
        door = as_person(laptop, "anna.snelling").database("customers")
        door.save(doc.id, doc.rev, {"address": "Unsent street"})
    no_copies(office, "settings")
    with pytest.raises(Refused, match="You may not replicate settings"):
        sync(data)
    there = as_person(office, "anna.snelling").database("customers").open(doc.id)
    assert there.items["address"] == "Unsent street"


def test_a_database_that_is_lost_during_a_sync_is_not_found(
    office: Office, served: Served, tmp_path: Path
) -> None:
    data = tmp_path / "laptop"
    clone(data, served, "anna.snelling")
    no_copies(office, "customers")
    with Office.open(data) as laptop, pytest.raises(NotFound, match="no such database"):
        Replica(laptop).remote.rights("customers", None)
    assert sync(data)["customers"].removed > 0
