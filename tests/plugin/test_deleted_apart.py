"""Deleted on one side, edited on the other: nothing is lost, and a person is asked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugin import AgentRunner, Document, Documents, NotFound, Office, Refused
from plugin.runtime.door.apart import ITEM, KEPT
from plugin.runtime.replica.laptop import Replica
from tests.plugin.kit import Kit
from tests.plugin.offices import Served, as_person, clone, sync
from tests.plugin.test_conflict_options import apart as grafted
from tests.plugin.test_conflict_options import wish
from tests.plugin.test_conflicts import branch

AT = "2026-11-22T06:00:00Z"


def stub(kit: Kit, base: Document, **more: Any) -> None:
    """Graft the deletion of `base` by Ben, made elsewhere, as a pushing laptop does."""
    generation, digest = base.rev.split("-")
    kept = {name: base.raw[name] for name in ("form", "readers", "authors") if name in base.raw}
    doc = {
        "_id": base.id,
        **kept,
        "updated": {"at": AT, "by": "ben"},
        **more,
        "_deleted": True,
        "_rev": f"{int(generation) + 1}-{'0' * 32}",
        "_revisions": {"start": int(generation) + 1, "ids": ["0" * 32, digest]},
    }
    assert kit.office.server.database("work").bulk_docs([doc], new_edits=False) == []


def edited_and_deleted(kit: Kit, **more: Any) -> Documents:
    """Anna's door, after Anna changed `job:1` and Ben deleted it elsewhere."""
    work = kit.work("anna")
    made = work.create("job", {"name": "Roof", "team": ["eve", "rita"]}, id="job:1")
    work.save(made.id, made.rev, {"name": "Wall"})
    stub(kit, made, **more)
    AgentRunner(kit.office).run_once()
    return kit.work("anna")


def test_the_document_stays_and_says_who_deleted_it(kit: Kit) -> None:
    work = edited_and_deleted(kit)
    found = work.open("job:1")
    assert found.conflict and found.items["name"] == "Wall"
    assert [(one.by, one.at) for one in work.deletions("job:1")] == [("ben", AT)]
    assert work.conflicts("job:1") == []
    AgentRunner(kit.office).run_once()
    assert work.open("job:1").rev == found.rev


def test_kept_it_is_not_asked_about_again(kit: Kit) -> None:
    work = edited_and_deleted(kit)
    assert not work.keep("job:1").conflict
    AgentRunner(kit.office).run_once()
    assert not work.open("job:1").conflict and work.deletions("job:1") == []
    with pytest.raises(NotFound):
        kit.work("dora").keep("job:1")
    with pytest.raises(Refused):
        kit.work("rita").keep("job:1")


def test_deleting_after_all_needs_the_right_and_ends_all_branches(kit: Kit) -> None:
    work = edited_and_deleted(kit)
    with pytest.raises(Refused):
        work.delete("job:1", work.open("job:1").rev)
    eve = kit.work("eve")
    eve.delete("job:1", eve.open("job:1").rev)
    with pytest.raises(NotFound):
        work.open("job:1")


@pytest.mark.parametrize("conflicts", ["merge", "create", "merge-only", "none"])
def test_the_form_says_whether_a_person_is_asked(kit: Kit, conflicts: str) -> None:
    wish(kit, conflicts)
    found = edited_and_deleted(kit).open("job:1")
    assert found.items["name"] == "Wall"
    assert found.conflict == (conflicts in ("merge", "create"))


def test_the_end_of_a_branch_is_no_deletion(kit: Kit) -> None:
    assert not edited_and_deleted(kit, merged=True).open("job:1").conflict
    made = kit.work("anna").create("job", {"name": "Roof"}, id="job:2")
    branch(kit, made, "anna", name="Wall")
    branch(kit, made, "ben", name="Floor")
    work = kit.work("anna")
    work.settle(made.id, {"name": work.conflicts(made.id)[0].rev})
    AgentRunner(kit.office).run_once()
    assert not work.open(made.id).conflict


def test_an_answer_on_one_of_two_branches_is_an_answer(kit: Kit) -> None:
    work = edited_and_deleted(kit)
    asked = work.open("job:1")
    work.keep("job:1")
    grafted(kit, asked, {"why": "rain"})
    AgentRunner(kit.office).run_once()
    merged = work.open("job:1")
    assert merged.items["why"] == "rain" and not merged.conflict
    assert set(merged.raw[ITEM].values()) == {KEPT}


def test_who_may_not_read_the_deleted_branch_learns_no_name(kit: Kit) -> None:
    names = {"people": ["carl"]}
    work = edited_and_deleted(kit, readers=names, authors=names)
    assert [(one.by, one.at) for one in work.deletions("job:1")] == [("", "")]
    with pytest.raises(NotFound):
        kit.work("dan").deletions("job:1")


@pytest.mark.parametrize("entry", ["text", ["list"], {"1-gone": "asked"}, {"1-a": 7}])
def test_what_a_program_wrote_there_opens_all_the_same(kit: Kit, entry: Any) -> None:
    made = kit.work("anna").create("job", {"name": "Roof"}, id="job:1")
    db = kit.office.server.database("work")
    db.put({**db.get(made.id), ITEM: entry})
    AgentRunner(kit.office).run_once()
    work = kit.work("anna")
    work.deletions(made.id)
    assert not work.keep(made.id).conflict


# a laptop and an office


@pytest.fixture
def laptop(office: Office, served: Served, tmp_path: Path) -> Iterator[Path]:
    """Anna's laptop. She may delete customers, and has Acme on both sides."""
    acl = office.system().database("customers").acl_document()
    entry = {"name": "anna.snelling", "type": "person", "level": "Editor", "roles": []}
    entry |= {"privileges": ["create", "delete", "replicate"]}
    office.server.database("customers").put({**acl, "entries": [*acl["entries"], entry]})
    office.apply_acl("customers")
    door = as_person(office, "anna.snelling").database("customers")
    door.create("customer", {"name": "Acme", "owner": "anna.snelling"}, id="customer:acme")
    clone(tmp_path / "laptop", served, "anna.snelling")
    yield tmp_path / "laptop"


def there(office: Office, person: str = "anna.snelling") -> Documents:
    return as_person(office, person).database("customers")


def apart(office: Office, laptop: Path, deleted_here: bool) -> None:
    """Deleted on one side, edited on the other; then all is synchronised."""
    with Office.open(laptop) as here:
        deleting, editing = (here, office) if deleted_here else (office, here)
        rev = there(office).open("customer:acme").rev
        there(deleting).delete("customer:acme", rev)
        there(editing).save("customer:acme", rev, {"address": "New street"})
    sync(laptop)
    AgentRunner(office).run_once()
    sync(laptop)


@pytest.mark.parametrize("deleted_here", [True, False])
def test_both_sides_ask(office: Office, laptop: Path, deleted_here: bool) -> None:
    apart(office, laptop, deleted_here)
    found = there(office).open("customer:acme")
    with Office.open(laptop) as here:
        assert there(here).open("customer:acme").rev == found.rev
        assert there(here).deletions("customer:acme") == there(office).deletions("customer:acme")
        listing = as_person(here, "anna.snelling").listing("customers", "customers_by_name")
        (row,) = listing.page().rows
        assert row.conflict
        states = {one["name"]: one for one in Replica(here).status()["databases"]}
    assert found.conflict and found.items["address"] == "New street"
    assert [one.by for one in there(office).deletions("customer:acme")] == ["anna.snelling"]
    assert states["customers"]["conflicts"] == 1


@pytest.mark.parametrize("deleted_here", [True, False])
@pytest.mark.parametrize("settled_here", [True, False])
def test_an_answer_on_either_side_reaches_the_other(
    office: Office, laptop: Path, deleted_here: bool, settled_here: bool
) -> None:
    apart(office, laptop, deleted_here)
    with Office.open(laptop) as here:
        there(here if settled_here else office).keep("customer:acme")
    done = sync(laptop)["customers"]
    AgentRunner(office).run_once()
    with Office.open(laptop) as here:
        found = there(here).open("customer:acme")
    assert found.rev == there(office).open("customer:acme").rev
    assert not found.conflict and (done.conflicts, done.refused) == (0, [])


@pytest.mark.parametrize("settled_here", [True, False])
def test_deleted_after_all_it_is_gone_on_both_sides(
    office: Office, laptop: Path, settled_here: bool
) -> None:
    apart(office, laptop, deleted_here=True)
    with Office.open(laptop) as here:
        door = there(here if settled_here else office)
        door.delete("customer:acme", door.open("customer:acme").rev)
    assert sync(laptop)["customers"].refused == []
    AgentRunner(office).run_once()
    with Office.open(laptop) as here:
        for side in (here, office):
            with pytest.raises(NotFound):
                there(side).open("customer:acme")
