"""A module from outside the repository: installed by its entry point, used as ours are."""

import ast
import shutil
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailbridge.service import Bridge
from plugin import (
    AgentRunner,
    Invalid,
    NotFound,
    Office,
    add_person,
    begin_handover,
    make_administrator,
    work_of,
)
from tests.outside_module.visits import module
from tests.plugin.company import MODULES
from tests.views.kit import PASSWORD, browser, door, text_of
from views import create_app

PACKAGE = Path(__file__).resolve().parents[1] / "outside_module"
MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
PEOPLE = {
    "ada.min": {"name_latin": "Ada Min", "language": "en"},
    "li.na": {"name_latin": "Li Na", "language": "zh_Hans"},
    "ben": {"name_latin": "Ben", "language": "en"},
}
VISIT = {"visitor": "Wang Fang", "company": "Isdom", "host": "li.na"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office with our seven modules, the one from outside and three people, made once."""
    path = tmp_path_factory.mktemp("visits") / "data"
    with Office.create(path, clock=lambda: MONDAY, modules=(*MODULES, module)) as office:
        for name, items in PEOPLE.items():
            add_person(office, name, items)
            office.credentials.set_password(name, PASSWORD)
        make_administrator(office, "ada.min")
    return path


@pytest.fixture
def office(made: Path, tmp_path: Path) -> Iterator[Office]:
    shutil.copytree(made, tmp_path / "data")
    with Office.open(tmp_path / "data", clock=lambda: MONDAY, modules=(*MODULES, module)) as office:
        yield office


def test_its_entry_point_is_all_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    points = project["entry-points"]["divan.modules"]
    about = tmp_path / "site" / "divan_visits-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1.0")
    lines = [f"{name} = {value}" for name, value in points.items()]
    (about / "entry_points.txt").write_text("\n".join(["[divan.modules]", *lines]))
    monkeypatch.syspath_prepend(str(PACKAGE))
    monkeypatch.syspath_prepend(str(about.parent))
    with Office.create(tmp_path / "data") as office:
        assert [one.name for one in office.modules] == [
            *("customers", "tracking", "service", "knowledge", "forum", "mail"),
            *("visits", "settings"),
        ]
        assert "visits" in office.databases()


def test_it_imports_from_plugin_alone() -> None:
    ours = {"store", "acl", "plugin", "mailbridge", "views"}
    tree = ast.parse((PACKAGE / "visits" / "__init__.py").read_text(encoding="utf-8"))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {one.name for n in ast.walk(tree) if isinstance(n, ast.Import) for one in n.names}
    assert {name for name in names if name and name.split(".")[0] in ours} == {"plugin"}


def test_its_documents_pass_the_door(office: Office) -> None:
    visits = door(office, "li.na", "visits")
    visit = visits.create("visit", VISIT)
    found = [visit.get(item) for item in ("badge", "day", "state")]
    assert found == ["WF-1123", "2026-11-23", "expected"]
    with pytest.raises(Invalid) as refused:
        visits.save(visit.id, visit.rev, {"day": "2026-11-28"})
    assert set(refused.value.problems) == {"day"}
    with pytest.raises(Invalid) as refused:
        visits.create("visit", {"host": "li.na", "day": None})
    assert set(refused.value.problems) == {"visitor", "day"}
    told = visits.run_action(visit.id, "postpone")
    assert str(told) == "Wang Fang comes a week later."
    assert visits.open(visit.id).get("badge") == "WF-1130"
    with pytest.raises(NotFound):
        door(office, "ben", "visits").open(visit.id)


def test_its_listing_counts_what_one_may_read(office: Office) -> None:
    for person, day in (("li.na", "2026-11-23"), ("li.na", "2026-11-24"), ("ben", "2026-11-24")):
        visits = door(office, person, "visits")
        visits.create("visit", {**VISIT, "host": person, "day": day})
    counts = {}
    for name in PEOPLE:
        listing = office.session(office.directory.identity(name)).listing("visits", "visits_by_day")
        counts[name] = {one.value: one.count for one in listing.categories()}
    assert counts == {
        "ada.min": {"2026-11-23": 1, "2026-11-24": 2},
        "li.na": {"2026-11-23": 1, "2026-11-24": 1},
        "ben": {"2026-11-24": 1},
    }


def test_its_agent_tells_the_host_once(office: Office) -> None:
    visit = door(office, "li.na", "visits").create("visit", VISIT)
    door(office, "ada.min", "visits").transition(visit.id, visit.rev, "arrive")
    bridge = Bridge(office)
    for _ in range(2):
        AgentRunner(office).run_once()
        bridge.run_once()
    inbox = office.session(office.directory.identity("li.na")).listing("mail_li_na", "unread_memos")
    assert [row.document.get("subject") for row in inbox.all_rows()] == ["Wang Fang 已到达。"]


def test_its_documents_are_handed_over_with_ours(office: Office) -> None:
    visits = door(office, "li.na", "visits")
    expected, arrived = (visits.create("visit", VISIT) for _ in range(2))
    door(office, "ada.min", "visits").transition(arrived.id, arrived.rev, "arrive")
    ada = office.session(office.directory.identity("ada.min"))
    asked = work_of(ada, "li.na")
    assert [(one.holding.name, len(one.documents)) for one in asked.shares] == [("visits", 1)]
    begin_handover(ada, asked, "ben", ["visits"], set(), "")
    AgentRunner(office).run_once()
    hosts = [
        door(office, "ada.min", "visits").open(one.id).get("host") for one in (expected, arrived)
    ]
    assert hosts == ["ben", "li.na"]
    assert door(office, "ben", "visits").exists(expected.id)
    assert not visits.exists(expected.id)


def test_the_shell_shows_it_in_both_languages(office: Office) -> None:
    app = create_app(office)
    host = browser(app, "li.na")
    assert "来访登记" in text_of(host.page("/"))
    made = host.submit("/visits/new/visit", {**VISIT, "day": "2026-11-24"})
    assert made.status_code == 303
    page = text_of(host.page(made.location))
    assert "来访单位 Isdom" in page
    assert "推迟一周" in page
    weekend = host.submit("/visits/new/visit", {**VISIT, "day": "2026-11-28"})
    assert weekend.status_code == 422
    assert "当天前台无人值班。" in text_of(weekend.text)
    reception = browser(app, "ada.min")
    assert "Has arrived" in text_of(reception.page(made.location))
    assert browser(app, "ben").get(made.location).status_code == 404
