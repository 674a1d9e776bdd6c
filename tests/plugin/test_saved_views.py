"""Saved views, private and shared (C4): who may keep, see and change them, at the door and in the
store, at the office and on a laptop."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from acl import user_context
from plugin import BadInput, Documents, Entry, Invalid, NotFound, Office, Privilege, Refused
from plugin.runtime.cli import run
from plugin.runtime.filters.query import Query, read_query, saved_pairs
from plugin.runtime.replica.review import ReviewFolder
from store.errors import Forbidden
from tests.plugin.kit import Kit
from tests.plugin.offices import Served, as_person, clone, customer, sync

BOTH = frozenset({Privilege.PRIVATE_VIEWS, Privilege.SHARED_VIEWS})
PRIVATE = frozenset({Privilege.PRIVATE_VIEWS})
STAMP = {"at": "2026-11-22T06:00:00Z", "by": "rita"}


@pytest.fixture
def ticked(kit: Kit) -> Kit:
    """The staff and Rita, who only reads, may keep views; Eve, an Editor, may share them too."""
    rights = {"all-staff": PRIVATE, "rita": PRIVATE, "eve": BOTH}
    door = kit.work("admin")
    acl = door.acl()

    def with_rights(entry: Entry) -> Entry:
        return replace(entry, privileges=entry.privileges | rights.get(entry.name, frozenset()))

    door.save_acl(replace(acl, entries=tuple(map(with_rights, acl.entries))))
    return kit


def query(door: Documents, text: str = "stage.is=open&sort=-name") -> Query:
    return read_query(door.form("job"), saved_pairs(text)).query


def keep(door: Documents, name: str, *, shared: bool = False) -> str:
    return door.keep_view(name, "jobs_by_name", query(door), shared=shared).id


def names(door: Documents) -> list[str]:
    return [one.name for one in door.views()]


def test_a_private_view_is_there_for_its_owner_alone(ticked: Kit) -> None:
    """Also a Reader keeps one, who makes no documents; also a Manager does not see it."""
    for person in ("rita", "anna"):
        made = keep(ticked.work(person), f"Mine, {person}")
        found = ticked.work(person).view(made)
        assert (found.private, found.listing) == (True, "jobs_by_name")
        assert found.text == "stage.is=open&sort=-name"
        for other in ("admin", "eve", "ben", "dora"):
            assert names(ticked.work(other)) == []
            with pytest.raises(NotFound):
                ticked.work(other).view(made)
    assert names(ticked.work("rita")) == ["Mine, rita"]
    with pytest.raises(Refused):
        ticked.work("rita").create("job", {"name": "no"})


def test_each_privilege_decides_by_itself(ticked: Kit) -> None:
    for person, private, shared in (
        ("rita", True, False), ("anna", True, False), ("eve", True, True), ("admin", True, True),
        ("dora", False, False),
    ):  # fmt: skip
        door = ticked.work(person)
        allowed = bool(door.may_keep_view(shared=False)), bool(door.may_keep_view(shared=True))
        assert allowed == (private, shared), person
        for wanted, may in ((False, private), (True, shared)):
            if may:
                keep(door, "x", shared=wanted)
            else:
                with pytest.raises(Refused):
                    keep(door, "x", shared=wanted)


def test_without_the_tick_nothing_is_kept_but_what_is_there_can_go(ticked: Kit) -> None:
    made = keep(ticked.work("rita"), "Mine")
    door = ticked.work("admin")
    acl = door.acl()
    entries = [replace(e, privileges=e.privileges - BOTH) for e in acl.entries]
    door.save_acl(replace(acl, entries=tuple(entries)))
    rita = ticked.work("rita")
    assert not rita.may_keep_view(shared=False)
    found = rita.view(made)
    with pytest.raises(Refused):
        rita.save(made, found.document.rev, {"name": "Other"})
    rita.delete(made, found.document.rev)
    assert names(rita) == []


def test_a_shared_view_is_changed_by_its_owner_and_by_designers(ticked: Kit) -> None:
    made = keep(ticked.work("eve"), "Open ones", shared=True)
    for person in ("anna", "rita", "admin"):
        assert names(ticked.work(person)) == ["Open ones"]
    for person in ("anna", "rita", "carl"):
        door = ticked.work(person)
        found = door.view(made)
        with pytest.raises(Refused):
            door.change_view(found, query(door, "stage.is=lost"))
        with pytest.raises(Refused):
            door.delete(made, found.document.rev)
    admin = ticked.work("admin")
    changed = admin.change_view(admin.view(made), query(admin, "stage.is=lost"))
    assert ticked.work("eve").view(made).text == "stage.is=lost"
    admin.save(made, changed.document.rev, {"name": "Lost ones"})
    admin.delete(made, admin.view(made).document.rev)
    assert names(ticked.work("eve")) == []


def test_a_view_is_shared_with_a_group_and_taken_back(ticked: Kit) -> None:
    eve = ticked.work("eve")
    made = keep(eve, "For some")
    eve.save(made, eve.view(made).document.rev, {"people": ["eve", "chiefs"]})
    assert names(ticked.work("carl")) == ["For some"] and not eve.view(made).private
    assert names(ticked.work("anna")) == names(ticked.work("admin")) == []
    eve.save(made, eve.view(made).document.rev, {"people": ["eve"]})
    assert names(ticked.work("carl")) == [] and eve.view(made).private
    rita = ticked.work("rita")
    mine = keep(rita, "Mine")
    for people in ([], ["rita", "eve"], ["eve"]):
        with pytest.raises(Refused):
            rita.save(mine, rita.view(mine).document.rev, {"people": people})


def test_a_view_needs_a_name_and_something_to_show(ticked: Kit) -> None:
    door = ticked.work("anna")
    with pytest.raises(BadInput):
        door.keep_view("Nothing", "jobs_by_name", Query(), shared=False)
    with pytest.raises(Invalid):
        keep(door, "  ")
    with pytest.raises(NotFound):
        door.view("view:none")
    job = door.create("job", {"name": "A job", "stage": "open"})
    with pytest.raises(NotFound):
        door.view(job.id)


def test_the_search_finds_no_views(ticked: Kit) -> None:
    keep(ticked.work("eve"), "Xylophones", shared=True)
    assert ticked.session("eve").search("Xylophones").rows == ()


@pytest.mark.parametrize(
    ("people", "owner", "allowed"),
    [(["rita"], "rita", True), ([], "rita", False), (["eve"], "rita", False),
     (["rita"], "eve", False), (["rita", "eve"], "rita", False)],
)  # fmt: skip
def test_the_store_decides_alike(ticked: Kit, people: list[str], owner: str, allowed: bool) -> None:
    """Whoever writes past the door meets `validate_doc_update` under his own name."""
    context = ticked.session("rita").context("work")
    name, roles = user_context(context.identity, context.access)
    assert "_admin" not in roles
    doc: dict[str, Any] = {"_id": "view:x", "form": "view", "name": "x", "people": people}
    doc |= {"owner": owner, "listing": "jobs_by_name", "query": "sort=name"}
    doc |= {"readers": {"people": people}, "authors": {"people": [owner]}}
    doc |= {"created": STAMP, "updated": STAMP}
    assert name == "rita"
    if allowed:
        context.writing.put(doc)
        context.writing.put({**doc, "_rev": context.reading.get("view:x")["_rev"], "name": "y"})
    else:
        with pytest.raises(Forbidden):
            context.writing.put(doc)


def test_views_travel_with_the_laptop_and_the_office_decides_once_more(
    office: Office, served: Served, tmp_path: Path
) -> None:
    customer(office, "anna.snelling", "Acme")
    office_door = as_person(office, "anna.snelling").database("customers")
    asked = read_query(office_door.form("customer"), [("name.begins", "ac")]).query
    there = office_door.keep_view("From the office", "customers_by_name", asked, shared=False)
    clone(tmp_path / "laptop", served, "anna.snelling")
    with Office.open(tmp_path / "laptop") as laptop:
        door = as_person(laptop, "anna.snelling").database("customers")
        assert [one.name for one in door.views()] == ["From the office"]
        door.keep_view("From the laptop", "customers_by_name", asked, shared=False)
        forged = {**there.document.raw, "_id": "view:forged", "people": [], "readers": {}}
        del forged["_rev"]
        laptop.server.database("customers").put(forged)
    assert [one["id"] for one in sync(tmp_path / "laptop")["customers"].refused] == ["view:forged"]
    assert [edit.id for edit in ReviewFolder(tmp_path / "laptop").all()] == ["view:forged"]
    door = as_person(office, "anna.snelling").database("customers")
    assert sorted(one.name for one in door.views()) == ["From the laptop", "From the office"]
    assert as_person(office, "zane.levy").database("customers").views() == []


def test_a_saved_view_is_exported(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("Acme", "Acorn", "Beta"):
        customer(office, "anna.snelling", name)
    door = as_person(office, "anna.snelling").database("customers")
    text = "name.begins=ac&columns=name&sort=-name"
    asked = read_query(door.form("customer"), saved_pairs(text)).query
    made = door.keep_view("Ac", "customers_by_name", asked, shared=False)
    file = tmp_path / "out.csv"
    arguments = ["--data", str(office.data), "export", "customers", made.id, str(file)]
    assert run([*arguments, "--as", "anna.snelling"]) == 0
    assert file.read_text("utf-8-sig").splitlines() == ["Customer name", "Acorn", "Acme"]
    assert run([*arguments, "--as", "zane.levy"]) != 0
    assert run([*arguments, "--as", "anna.snelling", "--filter", "name.begins=b"]) != 0
    bad = ["--data", str(office.data), "export", "customers", "customers_by_name", str(file)]
    assert run([*bad, "--filter", "employees.from=many"]) != 0
    assert "This is not a number." in capsys.readouterr().err
