"""Reading forms, listings and whole design folders; the ones that come with Divan too."""

import copy
from pathlib import Path
from typing import Any

import pytest

from plugin import OfficeError
from plugin.runtime.designs.design import SETS_VIEW, build
from plugin.runtime.forms.form_reading import read_form
from plugin.runtime.forms.names import resolve
from plugin.runtime.listings.listing_spec import read_listing
from tests.plugin.kit import JOB, design_folder

FOLDERS = sorted(
    path
    for path in (Path(__file__).parents[2] / "design_docs").iterdir()
    if path.is_dir() and path.name != "_shared"
)


def test_a_form_is_read_whole() -> None:
    form = read_form("job", JOB)
    assert form.plural == "Job" and form.sections[0].items == tuple(JOB["items"])
    assert form.items["firm"].brings == {"firm_name": "name"}
    assert form.workflow is not None and form.workflow.states["done"] == "Done"
    step = form.step("lose")
    assert step is not None and step.asks == ("why",) and step.origins == ("open",)
    assert form.step("fly") is None and form.action("praise") is not None


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ((), {"items": {}}, "'title' is missing"),
        (("colour",), "red", "unknown key 'colour'"),
        (("items", "name", "knd"), "text", "items › name|Form job › name: unknown key 'knd'"),
        (("items", "name", "kind"), "texts", "unknown kind 'texts'"),
        (("items", "firm"), {"kind": "link"}, "a link needs"),
        (("items", "firm", "brings"), {"nothing": "name"}, "there is no item 'nothing'"),
        (("items", "firm", "brings"), {"text": "about"}, "brings a whole text"),
        (("sections",), [{"title": "x", "items": ["nothing"]}], "there is no item 'nothing'"),
        (("readers", "people"), ["@nobody"], "there is no item 'nobody'"),
        (("readers", "people"), ["@owner.friends"], "nothing or .leaders"),
        (("readers", "people"), "@owner", "must be a list"),
        (("workflow", "initial"), "gone", "'gone' is not among the states"),
        (("workflow", "steps", 0, "to"), "gone", "there is no state 'gone'"),
        (("workflow", "steps", 0, "needs"), ["gone"], "there is no item 'gone'"),
        (("parent",), {"item": "name"}, "'name' is not a link"),
        (("number",), {"item": "gone", "rule": "x"}, "there is no item 'gone'"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_place(
    path: tuple[Any, ...], value: Any, words: str
) -> None:
    data: Any = copy.deepcopy(JOB)
    if not path:
        data = value
    else:
        place = data
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
    with pytest.raises(OfficeError, match=words):
        read_form("job", data)


def test_a_listing_names_what_is_wrong() -> None:
    good = {"title": "Jobs", "form": "job", "view": "jobs_by_name", "key": ["job"]}
    assert read_listing("x", good).navigator is False
    with pytest.raises(OfficeError, match="'view' is missing"):
        read_listing("x", {"title": "Jobs", "form": "job"})
    with pytest.raises(OfficeError, match="unknown key 'colums'"):
        read_listing("x", {**good, "colums": []})


def test_rules_for_names() -> None:
    doc = {"owner": "anna", "team": ["ben", "carl"], "created": {"by": "dan"}}
    rule = ("@owner", "@owner.leaders", "@team", "@me", "@created", "@missing", "[Leaders]")
    assert resolve(rule, doc, "eve") == sorted(
        ["anna", "leaders-of:anna", "ben", "carl", "eve", "dan", "[Leaders]"]
    )
    assert resolve(("@parent", "@owner"), doc, None, ["x"]) == ["anna", "x"]
    assert resolve(("@parent",), doc, None, None) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_the_designs_that_come_with_divan_are_sound(folder: Path) -> None:
    divan, index = build(folder)
    assert set(index["views"]) >= {SETS_VIEW, "conflicts", "lib"}
    for name, listing in divan["listings"].items():
        assert listing["view"] in index["views"], f"{name} reads a view that is not there"
        items = divan["forms"][listing["form"]]["items"]
        parts = [*listing.get("categories", []), *listing.get("columns", [])]
        shown = [part if isinstance(part, str) else part["item"] for part in parts]
        assert set(shown) <= set(items), f"{name} shows an item that is not there"
    for form in divan["forms"].values():
        for response in form.get("responses", []):
            if "database" not in response:
                assert response["listing"] in divan["listings"]


def test_a_changed_form_leaves_the_index_alone(tmp_path: Path) -> None:
    views = {"jobs_by_name": "emit([doc.name], [1]);"}
    first = build(design_folder(tmp_path, {"job": JOB}, {}, views))
    second = build(design_folder(tmp_path, {"job": {**JOB, "title": "Task"}}, {}, views))
    assert first[0] != second[0] and first[1] == second[1]


def test_a_missing_folder_or_library_is_told(tmp_path: Path) -> None:
    with pytest.raises(OfficeError, match="no design folder"):
        build(tmp_path / "nothing")
    views = {"x": "require('views/lib/nothing'); emit([], [1]);"}
    with pytest.raises(OfficeError, match=r"lib/nothing\.js"):
        build(design_folder(tmp_path, {"job": JOB}, {}, views))
