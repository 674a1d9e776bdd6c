"""Edits that the office did not take: kept with their reason until the person decides."""

from collections.abc import Callable
from pathlib import Path

import pytest

from acl import Acl, Level, Privilege
from plugin import BadInput, Document, NotFound, Office, Refused, ReviewBox
from plugin.runtime.replica.laptop import Replica
from plugin.runtime.replica.merging import live_branches
from plugin.runtime.replica.proposals import MOST
from plugin.runtime.replica.review import DISCARD, RETRY, SEND, ReviewFolder, exported
from tests.plugin.kit import entry
from tests.plugin.offices import Served, as_person, clone, customer, sync

ANNA, ZANE, LEADER = "anna.snelling", "zane.levy", "dustin.brinkmann"


@pytest.fixture
def data(office: Office, served: Served, tmp_path: Path) -> Path:
    return tmp_path / "laptop"


def edited_and_refused(office: Office, served: Served, data: Path) -> Document:
    """A customer whose address Anna changed on the train, while she became one of the team only."""
    doc = customer(office, ANNA, "Acme", address="Old street", team=[ZANE])
    clone(data, served, ANNA)
    with Office.open(data) as laptop:
        as_person(laptop, ANNA).database("customers").save(doc.id, doc.rev, {"address": "Mine"})
    leader = as_person(office, LEADER).database("customers")
    leader.save(doc.id, doc.rev, {"owner": ZANE, "team": [ANNA]})
    (refused,) = sync(data)["customers"].refused
    assert refused["id"] == doc.id
    return doc


def edited_and_taken(office: Office, served: Served, data: Path) -> Document:
    """The same where Anna may not even read the customer any more."""
    doc = customer(office, ANNA, "Acme", address="Old street")
    clone(data, served, ANNA)
    with Office.open(data) as laptop:
        door = as_person(laptop, ANNA).database("customers")
        saved = door.save(doc.id, doc.rev, {"address": "Mine"})
        door.attach(doc.id, saved.rev, "plan.txt", b"the plan", "text/plain")
    leader = as_person(office, LEADER).database("customers")
    leader.save(doc.id, doc.rev, {"owner": ZANE})
    assert sync(data)["customers"].review == [doc.id]
    return doc


def wish(data: Path, wanted: str) -> None:
    folder = ReviewFolder(data)
    (edit,) = folder.all()
    folder.wish(edit.key, wanted)


def test_a_refused_edit_is_kept_with_reason_time_and_the_offices_version(
    office: Office, served: Served, data: Path
) -> None:
    doc = edited_and_refused(office, served, data)
    (edit,) = ReviewFolder(data).all()
    assert (edit.why, edit.id, edit.title) == ("refused", doc.id, "Acme")
    assert "author" in edit.reason.lower()
    assert edit.at.endswith("Z")
    assert edit.version["address"] == "Mine"
    assert edit.office and edit.office["address"] == "Old street"
    assert not sync(data)["customers"].pushed
    assert ReviewFolder(data).all() == [edit]


def test_discarding_waits_for_the_next_sync_and_can_be_taken_back(
    office: Office, served: Served, data: Path
) -> None:
    doc = edited_and_refused(office, served, data)
    wish(data, DISCARD)
    wish(data, "")
    assert sync(data)["customers"].refused
    wish(data, DISCARD)
    assert sync(data)["customers"].refused == []
    assert ReviewFolder(data).all() == []
    with Office.open(data) as laptop:
        here = as_person(laptop, ANNA).database("customers").open(doc.id)
    there = as_person(office, ANNA).database("customers").open(doc.id)
    assert (here.rev, here.items) == (there.rev, there.items)
    done = sync(data)["customers"]
    assert (done.pushed, done.refused, done.conflicts) == (0, [], 0)


def test_discarding_takes_nothing_that_was_written_since(
    office: Office, served: Served, data: Path
) -> None:
    doc = edited_and_refused(office, served, data)
    wish(data, DISCARD)
    with Office.open(data) as laptop:
        door = laptop.system().database("customers")
        door.save(doc.id, door.open(doc.id).rev, {"phone": "0123"})
    assert sync(data)["customers"].refused
    (edit,) = ReviewFolder(data).all()
    assert (edit.version["phone"], edit.wish) == ("0123", "")
    with Office.open(data) as laptop:
        assert laptop.system().database("customers").open(doc.id).items["phone"] == "0123"


def test_trying_again_sends_an_edit_whose_right_came_back(
    office: Office, served: Served, data: Path
) -> None:
    doc = edited_and_refused(office, served, data)
    wish(data, RETRY)
    assert sync(data)["customers"].refused  # still no author
    (edit,) = ReviewFolder(data).all()
    assert edit.wish == ""
    system = office.system().database("customers")
    acl = system.acl()
    editor = entry(ANNA, Level.EDITOR, Privilege.REPLICATE)
    system.save_acl(Acl((*acl.entries, editor), acl.roles))
    wish(data, RETRY)
    assert sync(data)["customers"].refused == []
    assert ReviewFolder(data).all() == []
    (there,) = live_branches(office.server.database("customers"), doc.id)
    assert (there["address"], there["owner"]) == ("Mine", ZANE)


def test_a_taken_edit_is_kept_with_its_files_and_comes_back_by_trying_again(
    office: Office, served: Served, data: Path
) -> None:
    doc = edited_and_taken(office, served, data)
    (edit,) = ReviewFolder(data).all()
    assert exported(edit)["version"]["address"] == "Mine"
    assert exported(edit)["files"]["plan.txt"]["data"] == "dGhlIHBsYW4="
    zane = as_person(office, ZANE).database("customers")
    zane.save(doc.id, zane.open(doc.id).rev, {"owner": ANNA})
    wish(data, RETRY)
    sync(data)
    assert ReviewFolder(data).all() == []
    with Office.open(data) as laptop:
        door = as_person(laptop, ANNA).database("customers")
        assert door.open(doc.id).items["address"] == "Mine"
        assert door.attachment(doc.id, "plan.txt").data == b"the plan"


def test_a_refused_edit_whose_document_is_taken_away_later_stays_kept(
    office: Office, served: Served, data: Path
) -> None:
    doc = edited_and_refused(office, served, data)
    zane = as_person(office, ZANE).database("customers")
    zane.save(doc.id, zane.open(doc.id).rev, {"team": None})
    done = sync(data)["customers"]
    assert (done.refused, done.review) == ([], [doc.id])
    (edit,) = ReviewFolder(data).all()
    assert (edit.why, edit.version["address"]) == ("taken", "Mine")


def test_an_altered_acl_can_only_be_discarded_or_exported(
    office: Office, served: Served, data: Path
) -> None:
    clone(data, served, ANNA)
    with Office.open(data) as laptop:
        store = laptop.server.database("customers")
        acl = store.get("acl")
        store.put({**acl, "entries": [{**acl["entries"][0], "level": "Manager"}]})
    sync(data)
    with pytest.raises(BadInput):
        wish(data, SEND)
    wish(data, DISCARD)
    sync(data)
    with Office.open(data) as laptop:
        assert laptop.server.database("customers").get("acl")["_rev"] == acl["_rev"]
    with pytest.raises(NotFound):
        ReviewFolder(data).wish("0" * 16, DISCARD)


def test_a_leavers_laptop_keeps_no_edits_either(office: Office, served: Served, data: Path) -> None:
    edited_and_taken(office, served, data)
    office.credentials.forget(ANNA)
    with Office.open(data) as laptop, pytest.raises(Exception, match="ended this laptop"):
        Replica(laptop).sync()
    assert b"Mine" not in b"".join(p.read_bytes() for p in data.rglob("*") if p.is_file())


@pytest.mark.parametrize("begin", [edited_and_refused, edited_and_taken])
def test_sending_puts_the_edit_into_the_review_box(
    office: Office, served: Served, data: Path, begin: Callable[[Office, Served, Path], Document]
) -> None:
    doc = begin(office, served, data)
    wish(data, SEND)
    sync(data)
    assert ReviewFolder(data).all() == []
    zane = as_person(office, ZANE)
    (proposal,) = ReviewBox(office).all(zane)
    assert (proposal.by, proposal.document) == (ANNA, doc.id)
    assert ReviewBox(office).all(as_person(office, ANNA)) == []
    ReviewBox(office).accept(zane, proposal.id, ["address", "_attachments/plan.txt"])
    door = zane.database("customers")
    assert door.open(doc.id).items["address"] == "Mine"
    if proposal.files():
        assert door.attachment(doc.id, "plan.txt").data == b"the plan"
    assert ReviewBox(office).all(zane) == []
    done = sync(data)["customers"]
    assert (done.refused, done.conflicts, done.pushed) == ([], 0, 0)


def test_a_proposal_is_bounded_and_tells_nothing(office: Office) -> None:
    box = ReviewBox(office)
    version = {"_id": "customer:none", "_rev": "1-a", "form": "customer", "name": "X"}
    body = {"key": "0" * 16, "database": "no such database", "version": version}
    box.put(ANNA, body)  # as any other
    box.put(ANNA, {**body, "key": "1" * 16, "database": "customers"})
    for wrong in ({"key": "../x"}, {"version": 5}, {"version": {**version, "_id": "acl"}}):
        with pytest.raises(BadInput):
            box.put(ANNA, {**body, **wrong})
    for number in range(2, MOST):
        box.put(ANNA, {**body, "key": f"{number:016x}"})
    with pytest.raises(Refused):
        box.put(ANNA, {**body, "key": "f" * 16})


def test_an_edit_behind_what_a_cut_pull_brought_is_kept_when_the_right_goes(
    office: Office, served: Served, data: Path
) -> None:
    doc = customer(office, ANNA, "Acme", address="Old street")
    clone(data, served, ANNA)
    with Office.open(data) as laptop:
        as_person(laptop, ANNA).database("customers").save(doc.id, doc.rev, {"address": "Mine"})
    leader = as_person(office, LEADER).database("customers")
    later = leader.save(doc.id, doc.rev, {"address": "Theirs"})
    later = leader.save(doc.id, later.rev, {"address": "Theirs again"})
    brought = office.server.database("customers").get(doc.id, revs=True)
    with Office.open(data) as laptop:  # the sync was cut when this had come
        laptop.server.database("customers").bulk_docs([brought], new_edits=False)
    leader.save(doc.id, later.rev, {"owner": ZANE})
    assert sync(data)["customers"].review == [doc.id]
    (edit,) = ReviewFolder(data).all()
    assert (edit.why, edit.version["address"]) == ("taken", "Mine")
