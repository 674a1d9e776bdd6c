"""A part of a database on a laptop: my customers with what hangs on them, what is new, no bytes."""

from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from plugin import Document, Office
from plugin.runtime.replica.laptop import Replica, register
from plugin.runtime.replica.part import Part
from plugin.runtime.replica.remote import Remote
from plugin.runtime.replica.subset import WHOLE, Subset
from plugin.runtime.replica.sync import Synced
from store.errors import AttachmentLeft
from store.lite import LiteServer
from tests.plugin.offices import PASSWORD, Served, as_person, customer, sync

ME, OTHER = "dustin.brinkmann", "anna.snelling"  # Dustin may read what Anna has
MINE = Subset(mine=True)
LONG_AGO = {"at": "2020-01-15T08:00:00Z", "by": "divan-server"}


def deal(office: Office, owner: str, on: Document, name: str) -> Document:
    door = as_person(office, owner).database("tracking")
    return door.create("deal", {"name": name, "owner": owner, "customer": on.id})


def keep(data: Path, **parts: Subset) -> None:
    with Office.open(data) as laptop:
        Replica(laptop).choose(parts)


def cloned(data: Path, served: Served, **parts: Subset) -> dict[str, Synced]:
    register(data, served.url, ME, PASSWORD, "test")
    keep(data, **parts)
    return sync(data)


def here(data: Path, database: str) -> set[str]:
    """Ids of the documents that the laptop has, the list and the designs left out."""
    with Office.open(data) as laptop:
        rows = laptop.server.database(database).all_docs()["rows"]
    return {row["id"] for row in rows if row["id"] != "acl" and row["id"][0] != "_"}


def store_old(office: Office, doc: Document) -> None:
    """As if nobody had changed the document for years."""
    database = office.server.database(doc.database)
    database.put({**database.get(doc.id), "updated": LONG_AGO})


def test_my_customers_and_what_hangs_on_them(
    office: Office, served: Served, tmp_path: Path
) -> None:
    mine, others = customer(office, ME, "Mine", team=[OTHER]), customer(office, OTHER, "Others")
    team = customer(office, OTHER, "Of my team", team=[ME])
    hidden = customer(office, "zane.levy", "Hidden")
    on_mine = deal(office, OTHER, mine, "By a colleague, on my customer")
    on_others = deal(office, OTHER, others, "Not mine")
    own = deal(office, ME, others, "My deal on another's customer")
    contacts = as_person(office, OTHER).database("customers")
    contact = contacts.create("contact", {"name": "Chen", "customer": team.id})
    contacts.create("contact", {"name": "Li", "customer": others.id})
    data = tmp_path / "laptop"
    cloned(data, served, customers=MINE, tracking=MINE)
    assert here(data, "customers") == {mine.id, team.id, contact.id}
    assert here(data, "tracking") == {on_mine.id, own.id}
    assert not {hidden.id, on_others.id} & (here(data, "customers") | here(data, "tracking"))
    assert all(done.pulled == done.removed == 0 for done in sync(data).values())


def test_a_customer_that_becomes_mine_brings_what_hangs_on_it_and_takes_it_along(
    office: Office, served: Served, tmp_path: Path
) -> None:
    moving = customer(office, OTHER, "Moving")
    hanging = deal(office, OTHER, moving, "Hanging")
    data = tmp_path / "laptop"
    cloned(data, served, customers=MINE, tracking=MINE)
    assert here(data, "tracking") == set()
    door = as_person(office, OTHER).database("customers")
    joined = door.save(moving.id, moving.rev, {"team": [ME]})
    done = sync(data)
    assert (done["customers"].pulled, done["tracking"].pulled) == (1, 1)
    assert here(data, "tracking") == {hanging.id}
    door.save(moving.id, joined.rev, {"team": []})
    done = sync(data)
    assert (done["customers"].removed, done["tracking"].removed) == (1, 1)
    assert here(data, "customers") == here(data, "tracking") == set()


def test_an_edit_that_was_not_sent_outlasts_the_part_and_leaves_when_it_is_sent(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, ME, "Mine")
    data = tmp_path / "laptop"
    cloned(data, served, customers=MINE)
    with Office.open(data) as laptop:
        door = as_person(laptop, ME).database("customers")
        door.save(doc.id, doc.rev, {"address": "Laptop street"})
        other = door.create("customer", {"name": "Written here", "owner": OTHER})
    door = as_person(office, ME).database("customers")
    door.save(doc.id, doc.rev, {"owner": OTHER})
    # Where the laptop's branch wins at the office, the other one comes, they merge, and it leaves.
    for _ in range(3):
        sync(data)
    assert here(data, "customers") == set()
    there = as_person(office, OTHER).database("customers")
    assert there.open(doc.id).items["address"] == "Laptop street"
    assert there.open(other.id).items["name"] == "Written here"


def test_a_refused_edit_stays_though_the_part_has_it_no_more(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, ME, "Mine")
    data = tmp_path / "laptop"
    cloned(data, served, customers=WHOLE)
    with Office.open(data) as laptop:
        store = laptop.server.database("customers")
        store.put({**store.get(doc.id), "authors": {"x": "not a list"}})
    store_old(office, doc)
    keep(data, customers=Subset(months=12))
    assert [entry["id"] for entry in sync(data)["customers"].refused] == [doc.id]
    assert here(data, "customers") == {doc.id}


def test_what_is_old_stays_at_the_office_until_it_changes(
    office: Office, served: Served, tmp_path: Path
) -> None:
    new, old = customer(office, ME, "New"), customer(office, ME, "Old")
    store_old(office, old)
    data = tmp_path / "laptop"
    cloned(data, served, customers=Subset(months=12))
    assert here(data, "customers") == {new.id}
    door = as_person(office, ME).database("customers")
    door.save(old.id, door.open(old.id).rev, {"phone": "1"})
    assert sync(data)["customers"].pulled == 1
    assert here(data, "customers") == {new.id, old.id}
    store_old(office, new)
    assert sync(data)["customers"].removed == 1
    assert here(data, "customers") == {old.id}


def test_the_choice_is_widened_and_narrowed_and_widened(
    office: Office, served: Served, tmp_path: Path
) -> None:
    mine, others = customer(office, ME, "Mine"), customer(office, OTHER, "Others")
    data = tmp_path / "laptop"
    cloned(data, served, customers=MINE)
    for part, wanted in (
        (WHOLE, {mine.id, others.id}),
        (MINE, {mine.id}),
        (Subset(months=1), {mine.id, others.id}),
        (MINE, {mine.id}),
        (WHOLE, {mine.id, others.id}),
    ):
        keep(data, customers=part)
        sync(data)
        assert here(data, "customers") == wanted, part


def test_a_deletion_reaches_the_part(office: Office, served: Served, tmp_path: Path) -> None:
    doc = customer(office, ME, "Mine")
    data = tmp_path / "laptop"
    cloned(data, served, customers=MINE)
    database = office.server.database("customers")
    stored = database.get(doc.id)
    kept = {name: stored[name] for name in ("_id", "_rev", "form", "readers", "authors")}
    database.put({**kept, "_deleted": True})
    sync(data)
    assert here(data, "customers") == set()


def test_the_size_that_is_shown_is_what_comes(
    office: Office, served: Served, tmp_path: Path
) -> None:
    mine, others = customer(office, ME, "Mine"), customer(office, OTHER, "Others", team=[ME])
    customer(office, OTHER, "Third")
    customer(office, "zane.levy", "Hidden")
    for on in (mine, others):
        deal(office, ME, on, "Mine twice: by owner and by customer")
    data = tmp_path / "laptop"
    register(data, served.url, ME, PASSWORD, "test")
    with Office.open(data) as laptop:
        remote = Replica(laptop).remote
        for part in (MINE, WHOLE, Subset(months=2), Subset(mine=True, months=2)):
            keep(data, customers=part, tracking=part)
            sync(data)
            told = {one["name"]: one for one in remote.sizes({"customers": part, "tracking": part})}
            for name in ("customers", "tracking"):
                assert told[name]["documents"] == len(here(data, name)), (name, part)
                assert told[name]["bytes"] > 100 * told[name]["documents"]
            assert told["customers"]["mine"]
            assert not told["forum"]["mine"]


def test_attachments_stay_at_the_office_and_survive_an_edit_from_here(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, ME, "Mine")
    there = as_person(office, ME).database("customers")
    doc = there.attach(doc.id, doc.rev, "plan.txt", b"the plan", "text/plain")
    data = tmp_path / "laptop"
    cloned(data, served, customers=Subset(attachments=False))
    with Office.open(data) as laptop:
        with pytest.raises(AttachmentLeft):
            laptop.server.database("customers").get_attachment(doc.id, "plan.txt")
        as_person(laptop, ME).database("customers").save(doc.id, doc.rev, {"phone": "1"})
    assert sync(data)["customers"].refused == []
    assert there.open(doc.id).items["phone"] == "1"
    assert there.attachment(doc.id, "plan.txt").data == b"the plan"
    keep(data, customers=WHOLE)
    sync(data)
    assert attached(data, doc) == b"the plan"
    keep(data, customers=Subset(attachments=False))
    sync(data)
    with pytest.raises(AttachmentLeft):
        attached(data, doc)


def attached(data: Path, doc: Document) -> bytes:
    with Office.open(data) as laptop:
        found = laptop.server.database("customers").get_attachment(doc.id, "plan.txt")
        return found.data


@pytest.mark.parametrize(
    "body",
    [
        {"subset": {"mine": "yes"}},
        {"subset": {"mine": True}, "anchors": "p:x"},
        {"subset": {"mine": True}, "seq": []},
        {},
    ],
)
def test_a_forged_question_is_refused(
    office: Office, served: Served, tmp_path: Path, body: Mapping[str, object]
) -> None:
    register(tmp_path / "laptop", served.url, ME, PASSWORD, "test")
    with Office.open(tmp_path / "laptop") as laptop:
        remote = Replica(laptop).remote
        with pytest.raises(Exception, match=r"no choice|makes no sense|The office"):
            remote.kept("customers", body)
        with pytest.raises(Exception, match="no such database"):
            remote.kept("outbox", {"subset": {"mine": True}})


def test_branches_merge_here_although_the_bytes_are_at_the_office(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, ME, "Mine")
    data = tmp_path / "laptop"
    cloned(data, served, customers=Subset(attachments=False))
    with Office.open(data) as laptop:
        here_door = as_person(laptop, ME).database("customers")
        first = here_door.save(doc.id, doc.rev, {"phone": "1"})
        here_door.save(doc.id, first.rev, {"fax": "2"})  # so that this branch wins
    there = as_person(office, ME).database("customers")
    there.attach(doc.id, doc.rev, "plan.txt", b"the plan", "text/plain")
    done = sync(data)["customers"]
    assert (done.merged, done.conflicts, done.refused) == (1, 0, [])
    assert there.open(doc.id).items["fax"] == "2"
    assert there.attachment(doc.id, "plan.txt").data == b"the plan"


def test_what_is_saved_while_a_document_is_let_go_stays(tmp_path: Path) -> None:
    with closing(LiteServer(tmp_path)) as server:
        server.create("tracking")
        local = server.database("tracking")
        plan = {"plan.txt": {"content_type": "text/plain", "data": "aGVsbG8="}}
        local.put({"_id": "deal:1", "_attachments": plan})
        local.put({"_id": "deal:2", "_attachments": plan})

        def unsent() -> Collection[str]:
            local.put({**local.get("deal:1"), "name": "saved this very moment"})
            return ()

        part = Part(local, Subset(attachments=False), {}, lambda state: None)
        part.begin(Remote("http://nobody"), unsent)
        assert [row["id"] for row in local.all_docs()["rows"]] == ["deal:1"]
        assert local.get("deal:1")["name"] == "saved this very moment"
