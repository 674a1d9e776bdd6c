"""What administrators see of laptops: reports, receipts of what was removed, and clocks."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from acl import Acl
from plugin import BadInput, Laptops, NotFound, Office, Refused, health
from plugin.runtime.replica.laptop import Replica
from plugin.runtime.replica.laptops import LaptopHealth
from plugin.runtime.replica.remote import Remote, Revoked
from tests.plugin.offices import PASSWORD, Served, as_person, clone, customer, sync

ANNA, ZANE, LEADER = "anna.snelling", "zane.levy", "dustin.brinkmann"


def one(office: Office) -> LaptopHealth:
    (found,) = Laptops(office).all()
    return found


def test_a_laptop_reports_how_it_is(office: Office, served: Served, tmp_path: Path) -> None:
    doc = customer(office, ANNA, "Acme")
    data = tmp_path / "laptop"
    clone(data, served, ANNA)
    with Office.open(data) as laptop:
        as_person(laptop, ANNA).database("customers").save(doc.id, doc.rev, {"address": "New"})
        Replica(laptop).report()
    found = one(office)
    assert (found.token.name, found.token.label) == (ANNA, "test")
    assert found.version and found.reported_at and abs(found.skew) < 60
    assert (found.sum_of("waiting"), found.sum_of("refused"), found.sum_of("conflicts")) == (
        1,
        0,
        0,
    )
    assert found.sum_of("bytes") > 0
    customers = next(entry for entry in found.databases if entry["name"] == "customers")
    assert customers["documents"] >= 1 and customers["synced_at"]
    sync(data)
    assert one(office).sum_of("waiting") == 0


def test_what_rights_removed_is_acknowledged(
    office: Office, served: Served, tmp_path: Path
) -> None:
    docs = [customer(office, ANNA, name) for name in ("Acme", "Betatech")]
    data = tmp_path / "laptop"
    clone(data, served, ANNA)
    leader = as_person(office, LEADER).database("customers")
    for doc in docs:
        leader.save(doc.id, doc.rev, {"owner": ZANE})
    with Office.open(data) as laptop:
        replica = Replica(laptop)
        state = laptop.server.database("customers").get_local("_local/replica")["rights"]
        replica.remote.rights("customers", state)  # told, and then the line was cut
    (removal,) = one(office).outstanding
    assert (removal.database, removal.count) == ("customers", 2)
    sync(data)
    assert not one(office).outstanding
    (removal,) = one(office).removals
    assert (removal.count, removal.removed) == (2, 2)
    assert removal.acknowledged_at


def test_a_lost_database_is_outstanding_until_its_receipt_comes(
    office: Office, served: Served, tmp_path: Path
) -> None:
    customer(office, ANNA, "Acme")
    data = tmp_path / "laptop"
    clone(data, served, ANNA)
    system = office.system().database("customers")
    acl = system.acl()
    system.save_acl(Acl(tuple(e for e in acl.entries if e.name != "all-staff"), acl.roles))
    assert [removal.database for removal in one(office).outstanding] == ["customers"]
    sync(data)
    assert not one(office).outstanding
    assert [removal.database for removal in one(office).removals] == ["customers"]


def test_a_leavers_laptop_is_outstanding_until_it_was_told(
    office: Office, served: Served, tmp_path: Path
) -> None:
    data = tmp_path / "laptop"
    clone(data, served, ANNA)
    office.credentials.forget(ANNA)
    assert one(office).outstanding
    with pytest.raises(Revoked):
        sync(data)
    assert one(office).told_over_at
    assert not one(office).outstanding


def test_forged_receipts_and_reports_are_refused(office: Office, served: Served) -> None:
    token = Remote(served.url).sign_in(ANNA, PASSWORD, "test")["token"]
    good = {"at": "2026-11-22T06:00:00Z", "version": "1", "databases": []}
    receipt = {"database": "customers", "told": "x", "removed": [], "signature": "0" * 64}
    for bad in (
        {},
        {**good, "at": "yesterday"},
        {**good, "databases": [{"name": "customers"}]},
        {**good, "receipts": [receipt]},
        {**good, "receipts": [5]},
    ):
        with pytest.raises(BadInput):
            Laptops(office).report(office.credentials.all_tokens()[0], token, bad)
    assert not one(office).removals
    with pytest.raises(Revoked):
        Remote(served.url, "no such token").report(good)


@pytest.mark.parametrize("ahead", [timedelta(days=3650), timedelta(hours=-30)])
def test_a_clock_that_is_wrong_is_told_and_decides_nothing(
    office: Office, served: Served, tmp_path: Path, ahead: timedelta
) -> None:
    doc = customer(office, ANNA, "Acme", address="Old")
    data = tmp_path / "laptop"
    clone(data, served, ANNA)
    with Office.open(data, clock=lambda: datetime.now(UTC) + ahead) as laptop:
        door = as_person(laptop, ANNA).database("customers")
        door.save(doc.id, doc.rev, {"address": "Laptop", "phone": "1"})
        there = as_person(office, LEADER).database("customers")
        first = there.save(doc.id, doc.rev, {"mail": "a@example.com"})
        there.save(doc.id, first.rev, {"mail": "b@example.com"})
        done = {one.database: one for one in Replica(laptop).sync()}["customers"]
        assert (done.merged, done.refused) == (1, [])
        assert abs(Replica(laptop).status()["clock_ahead"] - ahead.total_seconds()) < 60
    merged = there.open(doc.id).items
    assert (merged["address"], merged["phone"], merged["mail"]) == ("Laptop", "1", "b@example.com")
    assert abs(one(office).skew - ahead.total_seconds()) < 60
    assert abs(datetime.fromisoformat(one(office).reported_at) - datetime.now(UTC)) < timedelta(
        minutes=1
    )
    leader = as_person(office, LEADER).database("customers")
    leader.save(doc.id, leader.open(doc.id).rev, {"owner": ZANE})
    with Office.open(data, clock=lambda: datetime.now(UTC) + ahead) as laptop:
        Replica(laptop).sync()
        with pytest.raises(NotFound):
            laptop.system().database("customers").open(doc.id)
    assert not one(office).outstanding


def test_only_administrators_see_the_laptops(office: Office) -> None:
    with pytest.raises(Refused):
        health(as_person(office, ANNA))
    assert health(office.system()) == []
