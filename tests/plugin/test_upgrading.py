"""A new version of Divan meets databases that Designers customised, and other versions of it."""

import copy
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import plugin.runtime.office as office_module
from plugin import Module, NotFound, Office
from plugin.runtime.designs.customising import read
from plugin.runtime.designs.deploying import Deployed
from plugin.runtime.designs.design import DESIGN_ID, INDEX_ID
from plugin.runtime.designs.design_state import design_state, keep
from plugin.runtime.designs.shipped import SHIPPED_ID, Shipped
from store.api import Database
from store.types import Doc
from tests.plugin.kit import Kit

Edit = Callable[[Any], object]


class Versions:
    """The office `work`: edits by a Designer in the database, by us in the design folder."""

    def __init__(self, kit: Kit, tmp_path: Path) -> None:
        self.kit = kit
        self.folder = tmp_path / "design" / "work"

    @property
    def db(self) -> Database:
        return self.kit.office.server.database("work")

    def design(self, docid: str = DESIGN_ID) -> Doc:
        return self.db.get(docid)

    def customise(self, edit: Edit, docid: str = DESIGN_ID) -> None:
        doc = self.design(docid)
        edit(doc)
        self.db.put(doc)

    def ship(self, kind: str, name: str, edit: Edit) -> None:
        """A new version changes a form or a listing."""
        path = self.folder / kind / f"{name}.json"
        data = json.loads(path.read_text())
        edit(data)
        path.write_text(json.dumps(data))

    def ship_view(self, name: str, body: str) -> None:
        path = self.folder / "views" / name / "map.js"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"function (doc) {{ {body} }}")

    def deploy(self) -> Deployed:
        return next(one for one in self.kit.office.deploy() if one.name == "work")

    def item(self, name: str, form: str = "job") -> Any:
        return self.design()["forms"][form]["items"].get(name)


@pytest.fixture
def versions(kit: Kit, tmp_path: Path) -> Versions:
    return Versions(kit, tmp_path)


def setting(*place: str, to: Any) -> Edit:
    def edit(data: Any) -> None:
        for name in place[:-1]:
            data = data[name]
        data[place[-1]] = to

    return edit


def without(*place: str) -> Edit:
    def edit(data: Any) -> None:
        for name in place[:-1]:
            data = data[name]
        del data[place[-1]]

    return edit


LABEL = ("forms", "job", "items", "name", "label")


def test_what_each_side_changed_is_there(versions: Versions) -> None:
    versions.customise(setting(*LABEL, to="Auftrag"))
    versions.customise(setting("forms", "job", "items", "colour", to={"kind": "text"}))
    versions.customise(without("forms", "job", "items", "why"))
    versions.customise(lambda doc: doc["forms"]["job"]["workflow"]["steps"].pop(1))
    versions.ship("forms", "job", setting("items", "name", "max", to=80))
    versions.ship("forms", "job", setting("items", "weight", to={"kind": "number"}))
    done = versions.deploy()
    assert done.changed and not done.clashes
    assert versions.item("name") == {
        "kind": "text", "label": "Auftrag", "required": True, "max": 80
    }  # fmt: skip
    assert versions.item("colour") and versions.item("weight") and versions.item("why") is None
    assert versions.deploy() == replace(done, changed=False)
    assert versions.kit.work("eve").create("job", {"name": "x" * 70, "colour": "red"}).id


def test_what_both_changed_stays_the_designers_until_somebody_decides(
    versions: Versions, caplog: pytest.LogCaptureFixture
) -> None:
    versions.customise(setting(*LABEL, to="Auftrag"))
    versions.ship("forms", "job", setting("items", "name", "label", to="Title"))
    office = versions.kit.office
    for _ in range(2):
        assert list(versions.deploy().clashes) == [LABEL], "told again until it is decided"
    assert "divan design status work" in caplog.text
    assert versions.item("name")["label"] == "Auftrag"
    (both,) = design_state(office, "work").at(LABEL)
    assert (both.mine, both.new) == ("Auftrag", "Title")
    assert keep(office, "work", [LABEL]) == [LABEL]
    assert not versions.deploy().clashes
    assert versions.item("name")["label"] == "Auftrag"
    with pytest.raises(NotFound):
        keep(office, "work", [LABEL])
    office.take_shipped("work", [LABEL])
    assert versions.item("name")["label"] == "Title"
    assert not design_state(office, "work").customised


def test_a_clash_ends_where_the_designer_takes_the_shipped_one_himself(versions: Versions) -> None:
    versions.customise(setting(*LABEL, to="Auftrag"))
    versions.ship("forms", "job", setting("items", "name", "label", to="Title"))
    assert versions.deploy().clashes
    versions.customise(setting(*LABEL, to="Title"))
    assert not versions.deploy().clashes


def test_a_form_whose_merge_makes_no_sense_stays_as_it_stood(versions: Versions) -> None:
    versions.customise(without("forms", "job", "items", "why"))
    versions.customise(lambda doc: doc["forms"]["job"]["workflow"]["steps"].pop(1))
    versions.ship("forms", "job", lambda form: form["workflow"]["steps"][0].update(asks=["why"]))
    versions.ship("forms", "note", setting("items", "colour", to={"kind": "text"}))
    before = versions.design()["forms"]["job"]
    done = versions.deploy()
    assert "no item 'why'" in done.clashes[("forms", "job")]
    assert versions.design()["forms"]["job"] == before
    assert versions.item("colour", "note"), "other forms are not held up"
    versions.kit.office.take_shipped("work", [("forms", "job")])
    assert versions.item("why") is not None
    assert not versions.deploy().clashes


def test_a_listing_is_not_put_into_use_where_its_item_is_gone(versions: Versions) -> None:
    versions.customise(without("forms", "firm", "items", "name"))
    versions.customise(setting("forms", "firm", "items", "title", to={"kind": "text"}))
    shown = {"title": "Firms", "form": "firm", "view": "jobs_by_name", "columns": ["name"]}
    (versions.folder / "listings" / "firms.json").write_text(json.dumps(shown))
    done = versions.deploy()
    assert "no item name" in done.clashes[("listings", "firms")]
    assert "firms" not in versions.design()["listings"]
    assert not versions.deploy().changed


def test_a_view_that_a_designers_listing_reads_stays(versions: Versions) -> None:
    mine = {"title": "Mine", "form": "job", "view": "jobs_by_name", "columns": ["name"]}
    versions.customise(setting("listings", "my_own", to=mine))
    versions.kit.work("anna").create("job", {"name": "Roof"})
    (versions.folder / "listings" / "jobs_by_name.json").unlink()
    (versions.folder / "views" / "jobs_by_name" / "map.js").unlink()
    (versions.folder / "views" / "jobs_by_name").rmdir()
    versions.deploy()
    assert "jobs_by_name" not in versions.design()["listings"]
    assert versions.kit.session("anna").listing("work", "my_own").count() == 1
    assert not versions.deploy().changed


def test_views_that_do_not_compile_leave_those_in_use(versions: Versions) -> None:
    versions.ship_view("jobs_by_why", "emit(")
    versions.ship("forms", "job", setting("items", "weight", to={"kind": "number"}))
    done = versions.deploy()
    assert ("views",) in done.clashes
    assert "jobs_by_why" not in versions.design(INDEX_ID)["views"]
    assert versions.item("weight")
    versions.ship_view("jobs_by_why", "emit([doc.why], [1]);")
    assert not versions.deploy().clashes
    assert "jobs_by_why" in versions.design(INDEX_ID)["views"]


def test_the_program_itself_is_put_back(
    versions: Versions, caplog: pytest.LogCaptureFixture
) -> None:
    versions.customise(setting("lib", "access_check", to="exports.check = function () {};"))
    versions.customise(setting("checks", "mine", to="exports.check = function () {};"))
    done = versions.deploy()
    assert done.put_back == (("lib", "access_check"),)
    assert "lib/access_check was changed here" in caplog.text
    assert "decide" in versions.design()["lib"]["access_check"]
    assert "mine" in versions.design()["checks"], "a check that was added is a Designer's"
    assert not versions.deploy().put_back


def test_branches_of_two_designers_are_merged(versions: Versions) -> None:
    start = versions.design()
    versions.customise(setting(*LABEL, to="Auftrag"))
    other = copy.deepcopy(start)
    setting("forms", "note", "items", "colour", to={"kind": "text"})(other)
    generation, parent = str(start["_rev"]).split("-")
    revisions = {"start": int(generation) + 1, "ids": ["0" * 32, parent]}
    other |= {"_rev": f"{revisions['start']}-{'0' * 32}", "_revisions": revisions}
    versions.db.bulk_docs([other], new_edits=False)
    assert versions.db.get(DESIGN_ID, conflicts=True)["_conflicts"]
    versions.deploy()
    assert versions.item("name")["label"] == "Auftrag" and versions.item("colour", "note")
    assert "_conflicts" not in versions.db.get(DESIGN_ID, conflicts=True)


def test_cut_off_between_the_swap_and_the_record_it_comes_to_the_same(versions: Versions) -> None:
    before = versions.design(SHIPPED_ID)
    versions.customise(setting(*LABEL, to="Auftrag"))
    versions.ship("forms", "job", setting("items", "name", "label", to="Title"))
    versions.ship("forms", "job", setting("items", "weight", to={"kind": "number"}))
    done = versions.deploy()
    after = versions.design(SHIPPED_ID)
    versions.db.put({**before, "_rev": after["_rev"]})
    assert versions.deploy() == replace(done, changed=False)
    again = versions.design(SHIPPED_ID)
    assert {**again, "_rev": ""} == {**after, "_rev": ""}


def test_without_a_record_nothing_of_the_designers_is_lost(versions: Versions) -> None:
    versions.customise(setting(*LABEL, to="Auftrag"))
    record = versions.design(SHIPPED_ID)
    versions.db.delete(SHIPPED_ID, record["_rev"])
    assert list(versions.deploy().clashes) == [LABEL]
    assert versions.item("name")["label"] == "Auftrag"
    versions.db.put({**versions.design(SHIPPED_ID), "release": 7, "base": [], "clashes": None})
    assert list(versions.deploy().clashes) == [LABEL], "a damaged one is none"


def test_an_older_divan_leaves_a_newer_ones_design(
    versions: Versions, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    old = (versions.folder / "forms" / "job.json").read_text()
    versions.ship("forms", "job", setting("items", "weight", to={"kind": "number"}))
    with monkeypatch.context() as newer:
        newer.setattr(office_module, "VERSION", "99.10")
        assert versions.deploy().changed
    (versions.folder / "forms" / "job.json").write_text(old)
    with caplog.at_level(logging.WARNING):
        done = versions.deploy()
    assert not done.changed and done.newer == "divan 99.10"
    assert "newer than this Divan" in caplog.text
    assert versions.item("weight")
    assert design_state(versions.kit.office, "work").newer == "divan 99.10"


def test_a_module_of_an_older_version_is_held_back_too(kit: Kit, versions: Versions) -> None:
    def office(version: str) -> Office:
        modules = [replace(one, version=version) for one in kit.modules]
        return Office.open(kit.path, clock=lambda: kit.now, modules=modules)

    kit.office.close()
    for version, newer in (("2.0", None), ("1.9.9", "work 2.0"), ("2.0.1", None)):
        with office(version) as kit.office:
            assert versions.deploy().newer == newer


def test_keyword_lists_are_merged_word_by_word(kit: Kit) -> None:
    def ship(**lists: list[str]) -> list[Module]:
        documents = tuple(
            {"_id": f"keywords:{name}", "form": "keywords", "values": values}
            for name, values in lists.items()
        )
        work, settings, mail = kit.modules
        (spec,) = settings.databases
        spec = replace(spec, documents=documents)
        return [work, replace(settings, databases=(spec,)), mail]

    def values(name: str) -> list[str]:
        found: list[str] = kit.office.server.database("settings").get(f"keywords:{name}")["values"]
        return found

    def upgraded(**lists: list[str]) -> None:
        kit.office.close()
        kit.office = Office.open(kit.path, clock=lambda: kit.now, modules=ship(**lists))
        kit.office.deploy()
        assert not [one for one in kit.office.deploy() if one.changed]

    upgraded(region=["North", "South"])
    upgraded(region=["North", "South"], source=["Fair", "Web"], class_=["A", "B"])
    assert values("source") == ["Fair", "Web"], "a list that is new"
    door = kit.office.system().database("settings")
    for name, mine in (("region", ["North", "South", "Moon"]), ("source", ["Web"])):
        listed = door.open(f"keywords:{name}")
        door.save(listed.id, listed.rev, {"values": mine})
    gone = door.open("keywords:class_")
    door.delete(gone.id, gone.rev)
    upgraded(region=["North", "East"], source=["Fair", "Web", "Call"], class_=["A", "B", "C"])
    assert values("region") == ["North", "Moon", "East"]
    assert values("source") == ["Web", "Call"]
    with pytest.raises(NotFound):
        kit.office.system().database("settings").open("keywords:class_")
    note = kit.office.server.database("settings").get("keywords:source")["changed"]["values"]
    assert note[1:] == ["2026-11-22T06:00:00Z", "divan-server"]


@pytest.mark.parametrize(
    ("recorded", "ours", "newer"),
    [
        ("0.1.0", "0.1.0", False),
        ("0.2", "0.10", False),
        ("0.10", "0.2", True),
        ("1.0", "1", False),
        ("1.0", "1.0rc1", True),
        ("1.0.dev3", "1.0", False),
        ("", "0.1", False),
    ],
)
def test_versions_are_compared_as_versions(recorded: str, ours: str, newer: bool) -> None:
    found = Shipped({"divan": recorded}).newer_than({"divan": ours})
    assert found == (f"divan {recorded}" if newer else None)


def test_places_are_written_so_that_they_can_be_read(versions: Versions) -> None:
    assert read("forms/a~1b/~0x") == ("forms", "a/b", "~x")
