"""Laptops: what arrives, what goes back, what merges, what leaves (acl.md, "Replication")."""

from collections.abc import Callable
from pathlib import Path

import pytest

from plugin import DivanError, NotFound, Office
from plugin.runtime.replica.filtered import FilteredDatabase
from plugin.runtime.replica.laptop import Replica, register
from plugin.runtime.replica.merging import live_branches, settle
from plugin.runtime.replica.office_side import FilteredServer
from plugin.runtime.replica.remote import Remote, Revoked, Unreachable
from plugin.runtime.replica.returning import fetch
from plugin.runtime.replica.review import ReviewFolder
from store.errors import Forbidden
from store.types import ChangesOptions
from tests.plugin.offices import (
    PASSWORD,
    Served,
    as_person,
    clone,
    customer,
    stored_text,
    sync,
)


def test_only_what_the_person_may_read_arrives(
    office: Office, served: Served, tmp_path: Path
) -> None:
    mine = customer(office, "anna.snelling", "Acme of Anna")
    customer(office, "zane.levy", "Zane's secret customer")
    clone(tmp_path / "laptop", served, "anna.snelling")
    with Office.open(tmp_path / "laptop") as laptop:
        door = as_person(laptop, "anna.snelling").database("customers")
        assert door.open(mine.id).items["name"] == "Acme of Anna"
        assert (
            as_person(laptop, "anna.snelling")
            .listing("customers", "customers_by_name")
            .page()
            .total
            == 1
        )
    held = stored_text(tmp_path / "laptop")
    assert b"Acme of Anna" in held
    assert b"secret customer" not in held


def test_a_second_sync_moves_nothing(office: Office, served: Served, tmp_path: Path) -> None:
    customer(office, "anna.snelling", "Acme")
    clone(tmp_path / "laptop", served, "anna.snelling")
    again = sync(tmp_path / "laptop")
    assert all(done.pulled == done.pushed == done.removed == 0 for done in again.values())
    assert not any(done.refused or done.conflicts for done in again.values())


def test_edits_of_different_items_merge_both_ways(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, "anna.snelling", "Acme", address="Old street")
    laptop_data = tmp_path / "laptop"
    clone(laptop_data, served, "anna.snelling")
    served.stop()
    with Office.open(laptop_data) as laptop:
        door = as_person(laptop, "anna.snelling").database("customers")
        door.save(doc.id, doc.rev, {"address": "New street"})
    as_person(office, "dustin.brinkmann").database("customers").save(
        doc.id, doc.rev, {"phone": "+86 21 1234"}
    )
    served.start()
    done = sync(laptop_data)["customers"]
    assert (done.merged, done.conflicts) == (1, 0)
    with Office.open(laptop_data) as laptop:
        here = as_person(laptop, "anna.snelling").database("customers").open(doc.id)
    there = as_person(office, "anna.snelling").database("customers").open(doc.id)
    assert here.rev == there.rev
    assert (there.items["address"], there.items["phone"]) == ("New street", "+86 21 1234")
    assert not there.conflict


def test_edits_of_the_same_item_wait_for_a_person(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, "anna.snelling", "Acme", address="Old street")
    laptop_data = tmp_path / "laptop"
    clone(laptop_data, served, "anna.snelling")
    with Office.open(laptop_data) as laptop:
        door = as_person(laptop, "anna.snelling").database("customers")
        door.save(doc.id, doc.rev, {"address": "Laptop street"})
    door = as_person(office, "dustin.brinkmann").database("customers")
    door.save(doc.id, doc.rev, {"address": "Office street"})
    assert sync(laptop_data)["customers"].conflicts == 1
    assert door.open(doc.id).conflict
    with Office.open(laptop_data) as laptop:
        here = as_person(laptop, "anna.snelling").database("customers")
        branches = here.conflicts(doc.id)
        values = {branch.items["address"]: branch.rev for branch in branches}
        assert set(values) == {"Laptop street", "Office street"}
        assert here.clashes(doc.id) == ("address",)
        here.settle(doc.id, {"address": values["Laptop street"]})
        assert not here.open(doc.id).conflict
    done = sync(laptop_data)["customers"]
    assert (done.conflicts, done.refused) == (0, [])
    settled = door.open(doc.id)
    assert settled.items["address"] == "Laptop street"
    assert not settled.conflict


def test_a_right_lost_takes_the_document_away_and_keeps_the_pending_edit(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, "anna.snelling", "Acme", address="Old street")
    laptop_data = tmp_path / "laptop"
    clone(laptop_data, served, "anna.snelling")
    with Office.open(laptop_data) as laptop:
        door = as_person(laptop, "anna.snelling").database("customers")
        door.save(doc.id, doc.rev, {"address": "Pending street"})
    leader = as_person(office, "dustin.brinkmann").database("customers")
    leader.save(doc.id, leader.open(doc.id).rev, {"owner": "zane.levy"})
    done = sync(laptop_data)["customers"]
    assert (done.removed, done.review) == (1, [doc.id])
    with Office.open(laptop_data) as laptop:
        with pytest.raises(NotFound):
            laptop.system().database("customers").open(doc.id)
        status = Replica(laptop).status()
    (kept,) = ReviewFolder(laptop_data).all("customers")
    entry = next(one for one in status["databases"] if one["name"] == "customers")
    assert entry["review"] == [doc.id]
    assert kept.version["address"] == "Pending street"
    assert (
        as_person(office, "zane.levy").database("customers").open(doc.id).items["address"]
        == "Old street"
    )


def test_a_merge_that_is_handed_over_ends_both_branches_at_the_office(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, "anna.snelling", "Acme")
    laptop_data = tmp_path / "laptop"
    clone(laptop_data, served, "anna.snelling")
    there = office.server.database("customers")
    with Office.open(laptop_data) as laptop:
        door = as_person(laptop, "anna.snelling").database("customers")
        saved = door.save(doc.id, doc.rev, {"address": "Laptop street"})
        leader = as_person(office, "dustin.brinkmann").database("customers")
        leader.save(doc.id, doc.rev, {"phone": "0123"})
        local = laptop.server.database("customers")
        anna = FilteredServer(as_person(office, "anna.snelling"))
        fetch(local, anna.database("customers"), [doc.id])
        assert settle(local, doc.id)
        door.save(doc.id, door.open(doc.id).rev, {"owner": "zane.levy"})
    assert sync(laptop_data)["customers"].refused == []
    (handed_over,) = live_branches(there, doc.id)
    assert (handed_over["address"], handed_over["phone"]) == ("Laptop street", "0123")
    assert handed_over["owner"] == "zane.levy"
    assert there.revs_diff({doc.id: [saved.rev]}) == {}  # also where it was the losing branch


def test_a_right_gained_brings_the_document_although_it_did_not_change(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, "zane.levy", "Zane's customer")
    laptop_data = tmp_path / "laptop"
    clone(laptop_data, served, "dustin.brinkmann")
    people = office.system().database("settings")
    zane = people.open("person:zane.levy")
    people.save(zane.id, zane.rev, {"manager": "dustin.brinkmann"})
    assert sync(laptop_data)["customers"].pulled == 1
    with Office.open(laptop_data) as laptop:
        door = as_person(laptop, "dustin.brinkmann").database("customers")
        assert door.open(doc.id).items["name"] == "Zane's customer"
    zane = people.open("person:zane.levy")
    people.save(zane.id, zane.rev, {"manager": None})
    assert sync(laptop_data)["customers"].removed == 1
    assert sync(laptop_data)["customers"].removed == 0


def test_what_is_refused_is_listed_and_stops_nothing_else(
    office: Office, served: Served, tmp_path: Path
) -> None:
    first = customer(office, "anna.snelling", "Acme")
    second = customer(office, "anna.snelling", "Betatech")
    laptop_data = tmp_path / "laptop"
    clone(laptop_data, served, "anna.snelling")
    with Office.open(laptop_data) as laptop:
        # Somebody with the laptop in hand writes past the door, straight into the store.
        store = laptop.server.database("customers")
        store.put({**store.get(first.id), "owner": "zane.levy", "authors": {"x": "not a list"}})
        door = as_person(laptop, "anna.snelling").database("customers")
        door.save(second.id, second.rev, {"address": "Main street"})
    done = sync(laptop_data)["customers"]
    assert [entry["id"] for entry in done.refused] == [first.id]
    assert done.refused[0]["reason"]
    there = as_person(office, "anna.snelling").database("customers")
    assert there.open(second.id).items["address"] == "Main street"
    assert there.open(first.id).items["owner"] == "anna.snelling"
    again = sync(laptop_data)["customers"]
    assert [entry["id"] for entry in again.refused] == [first.id]


def test_a_locally_altered_acl_is_refused_and_other_documents_go(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, "anna.snelling", "Acme")
    laptop_data = tmp_path / "laptop"
    clone(laptop_data, served, "anna.snelling")
    with Office.open(laptop_data) as laptop:
        store = laptop.server.database("customers")
        acl = store.get("acl")
        entry = {"name": "anna.snelling", "type": "person", "level": "Manager"}
        entry |= {"privileges": ["delete", "replicate"], "roles": []}
        store.put({**acl, "entries": [*acl["entries"], entry]})
        as_person(laptop, "anna.snelling").database("customers").save(
            doc.id, doc.rev, {"address": "Main street"}
        )
    done = sync(laptop_data)["customers"]
    assert [refused["id"] for refused in done.refused] == ["acl"]
    assert office.server.database("customers").get("acl")["_rev"] == acl["_rev"]
    with Office.open(laptop_data) as laptop:  # the office's stands here too, the other is shown
        found = laptop.server.database("customers").get("acl", conflicts=True)
        assert (found["_rev"], "_conflicts" in found) == (acl["_rev"], False)
        assert [edit.id for edit in ReviewFolder(laptop_data).all()] == ["acl"]
    there = as_person(office, "anna.snelling").database("customers").open(doc.id)
    assert there.items["address"] == "Main street"


def test_an_author_of_yesterday_cannot_graft_onto_an_old_revision(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, "anna.snelling", "Acme", team=["zane.levy"])
    laptop_data = tmp_path / "laptop"
    clone(laptop_data, served, "anna.snelling")
    with Office.open(laptop_data) as laptop:
        door = as_person(laptop, "anna.snelling").database("customers")
        door.save(doc.id, doc.rev, {"address": "Grafted street"})
    leader = as_person(office, "dustin.brinkmann").database("customers")
    # Anna may still read it, as one of the team, but she is no author any more.
    leader.save(doc.id, leader.open(doc.id).rev, {"owner": "zane.levy", "team": ["anna.snelling"]})
    done = sync(laptop_data)["customers"]
    assert [refused["id"] for refused in done.refused] == [doc.id]
    there = as_person(office, "zane.levy").database("customers").open(doc.id)
    assert "address" not in there.items
    assert not there.conflict


def test_queries_are_refused_and_selectors_see_only_what_may_be_read(office: Office) -> None:
    mine = customer(office, "anna.snelling", "Acme of Anna")
    secret = customer(office, "zane.levy", "Zane's secret customer")
    anna = FilteredServer(as_person(office, "anna.snelling")).database("customers")
    zane = FilteredServer(as_person(office, "zane.levy")).database("customers")

    def found(db: FilteredDatabase, **selector: object) -> list[str]:
        options = ChangesOptions(filter="_selector", selector=selector)
        return [row["id"] for row in db.changes(options)["results"]]

    assert found(anna, form="customer") == [mine.id]
    assert found(anna, name={"$regex": "secret"}) == []
    assert found(zane, name={"$regex": "secret"}) == [secret.id]
    asked: list[Callable[[], object]] = [
        lambda: anna.find({"selector": {}}),
        lambda: anna.explain({"selector": {}}),
        anna.indexes,
        lambda: anna.create_index({"index": {"fields": ["name"]}}),
        lambda: anna.delete_index("d", "i"),
        lambda: anna.delete_indexes(["d"]),
    ]
    for ask in asked:
        with pytest.raises(Forbidden):
            ask()


def test_wrong_password_wrong_token_and_no_office_are_clear(
    office: Office, served: Served, tmp_path: Path
) -> None:
    with pytest.raises(DivanError, match="does not know this name with this password"):
        register(tmp_path / "laptop", served.url, "anna.snelling", "wrong password", "test")
    assert not (tmp_path / "laptop").exists()
    with pytest.raises(Revoked):
        Remote(served.url, "no such token").databases()
    served.stop()
    try:
        with pytest.raises(Unreachable, match="does not answer"):
            Remote(served.url, "any").databases()
    finally:
        served.start()


def test_a_forged_state_of_rights_is_refused(
    office: Office, served: Served, tmp_path: Path
) -> None:
    answer = Remote(served.url).sign_in("anna.snelling", PASSWORD, "test")
    remote = Remote(served.url, answer["token"])
    state = remote.rights("customers", None)["state"]
    assert remote.rights("customers", state)["lost"] == []
    other = Remote(served.url).sign_in("zane.levy", PASSWORD, "test")["token"]
    others = Remote(served.url, other).rights("customers", None)["state"]
    elsewhere = remote.rights("settings", None)["state"]
    changed = [state[:place] + ("0" if state[place] != "0" else "1") for place in (0, 40, -1)]
    for forged in (*changed, state[1:], state + "A", state + "=", "", "x.y", others, elsewhere):
        with pytest.raises(DivanError, match="not from this office"):
            remote.rights("customers", forged)


def test_clone_into_a_used_directory_harms_nothing(
    office: Office, served: Served, tmp_path: Path
) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "letter.txt").write_text("keep me")
    with pytest.raises(DivanError, match="is not empty"):
        register(tmp_path / "used", served.url, "anna.snelling", PASSWORD, "test")
    assert [path.name for path in (tmp_path / "used").iterdir()] == ["letter.txt"]


def test_a_deletion_at_the_office_reaches_the_laptop(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, "anna.snelling", "Acme")
    laptop_data = tmp_path / "laptop"
    clone(laptop_data, served, "anna.snelling")
    office.system().database("customers").delete(doc.id, doc.rev)
    sync(laptop_data)
    with Office.open(laptop_data) as laptop, pytest.raises(NotFound):
        laptop.system().database("customers").open(doc.id)


def test_a_clone_settles_the_conflicts_that_came_with_it_without_an_index(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, "anna.snelling", "Acme", address="Old street")
    store = office.server.database("customers")
    base = store.get(doc.id)
    for item, digest in (("address", "a" * 32), ("phone", "b" * 32)):
        line = {"start": 2, "ids": [digest, base["_rev"].split("-")[1]]}
        at = [2, "2030-01-01T08:00:00Z", "anna.snelling"]
        branch = {**base, item: "new", "changed": {**base.get("changed", {}), item: at}}
        branch |= {"_rev": f"2-{digest}", "_revisions": line}
        assert store.bulk_docs([branch], new_edits=False) == []
    clone(tmp_path / "laptop", served, "anna.snelling")
    with Office.open(tmp_path / "laptop") as laptop:
        local = laptop.server.database("customers")
        assert local.design_info("index")["view_index"]["update_seq"] == 0
        merged = local.get(doc.id, conflicts=True)
    assert (merged["address"], merged["phone"]) == ("new", "new")
    assert "_conflicts" not in merged
    assert store.get(doc.id)["_rev"] == merged["_rev"]
