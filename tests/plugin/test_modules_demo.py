"""The demo company: believable, the same for the same seed, made once, and never mixed in."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin import BadInput, Office
from plugin.runtime.cli import run
from plugin.runtime.demo import LOGINS, PASSWORD, DemoReport, build_demo
from plugin.runtime.demo.build import BATCH, batches
from plugin.runtime.demo.customers import customers
from plugin.runtime.people.credentials import Credentials
from tests.plugin.company import MODULES, NOW, Company

CUSTOMERS = 20


class Cut(Exception):
    """Stands for a machine that was switched off."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoReport]:
    """A demo that was cut in the middle and went on, and its report."""
    path = tmp_path_factory.mktemp("demo") / "data"

    def cut(done: int, total: int) -> None:
        if done > total / 2:
            raise Cut

    with Office.create(path, clock=lambda: NOW, modules=MODULES) as office, pytest.raises(Cut):
        build_demo(office, count=CUSTOMERS, progress=cut)
    with Office.open(path, clock=lambda: NOW, modules=MODULES) as office:
        return path, build_demo(office, seed=99, count=CUSTOMERS + 1)


@pytest.fixture
def office(demo: tuple[Path, DemoReport]) -> Iterator[Office]:
    with Office.open(demo[0], clock=lambda: NOW, modules=MODULES) as office:
        yield office


def test_a_cut_demo_goes_on_as_it_began(demo: tuple[Path, DemoReport], office: Office) -> None:
    report = demo[1]
    assert report.made
    assert report.counts["customer"] == CUSTOMERS
    for form, database, listing in (
        ("customer", "customers", "customers_by_name"),
        ("contact", "customers", "contacts_by_name"),
        ("deal", "tracking", "deals_by_name"),
        ("topic", "forum", "topics_by_date"),
        ("person", "settings", "people_by_name"),
    ):
        assert office.system().listing(database, listing).count() == report.counts[form]


def test_a_second_run_keeps_the_data(demo: tuple[Path, DemoReport], office: Office) -> None:
    before = office.server.database("tracking").info()["update_seq"]
    again = build_demo(office, seed=7, count=500)
    assert again == DemoReport(False, demo[1].counts)
    assert office.server.database("tracking").info()["update_seq"] == before


def test_deals_are_in_all_states_and_no_number_is_there_twice(office: Office) -> None:
    stages = office.system().listing("tracking", "deals_by_stage").categories()
    assert {one.value for one in stages} == {"tracking", "won", "finished", "lost"}
    rows = office.system().listing("tracking", "deals_by_name").all_rows()
    numbers = [row.items["number"] for row in rows]
    assert len(set(numbers)) == len(numbers)


def test_the_logins_work_and_see_what_they_should(office: Office) -> None:
    credentials = Credentials(office.server, office.clock)
    assert all(credentials.check(login.name, PASSWORD) for login in LOGINS[:2])
    assert all(credentials.has_password(login.name) for login in LOGINS)
    counts = {}
    for name in ("li.na", "he.meiling", "lin.guodong"):
        session = office.session(office.directory.identity(name))
        counts[name] = session.listing("tracking", "deals_by_stage").count()
    assert 0 < counts["li.na"] < counts["he.meiling"] < counts["lin.guodong"]


def test_the_external_person_sees_only_open_forum_and_knowledge(office: Office) -> None:
    session = office.session(office.directory.identity("david.miller"))
    names = {info.name for info in session.databases()}
    assert names == {"forum", "knowledge", "mail_david_miller"}
    topics = session.listing("forum", "topics_by_date").all_rows()
    subjects = {row.items["subject"] for row in topics}
    assert "How we won Keller & Brandt against Meridian" in subjects
    assert "四季度对科锐达的价格策略" not in subjects
    articles = session.listing("knowledge", "articles_by_kind").all_rows()
    titles = {row.items["title"] for row in articles}
    assert "首次拜访客户的十个问题" in titles
    assert "报价与折扣规则（内部）" not in titles


def test_the_same_seed_gives_the_same_customers() -> None:
    assert customers(3, 40) == customers(3, 40)
    assert customers(3, 40) != customers(4, 40)
    names = [one.items["name"] for one in customers(3, 2000)]
    assert len(set(names)) == 2000


def test_batches_keep_documents_apart_that_refer_to_each_other() -> None:
    made = [
        ("person", "person:a", {}),
        ("person", "person:b", {"manager": "a"}),
        ("reply", "reply:c", {"answers": "person:b"}),
        *(("topic", f"topic:{n}", {}) for n in range(BATCH)),
    ]
    cut = list(batches(made))
    assert [len(batch) for batch in cut] == [1, 1, BATCH, 1]
    assert [one for batch in cut for one in batch] == made


def test_a_real_company_is_left_alone(company: Company) -> None:
    before = company.office.server.database("settings").info()["update_seq"]
    with pytest.raises(BadInput, match="belongs to a company already"):
        build_demo(company.office)
    assert company.office.server.database("settings").info()["update_seq"] == before


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(tmp_path / "demo")
    assert run(["--data", data, "demo", "--customers", "10", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["made"] and facts["counts"]["customer"] == 10
    assert {"name": "li.na", "password": PASSWORD, "role": "sales, East China"} in facts["logins"]
    assert run(["--data", data, "demo"]) == 0
    again = capsys.readouterr().out
    assert again.startswith("The demo company was already in")
    assert "chen.jing" in again and PASSWORD in again
    assert "Huarui" in (tmp_path / "demo" / "divan.toml").read_text(encoding="utf-8")


def test_the_command_wants_a_directory_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter.txt").write_text("keep me", encoding="utf-8")
    assert run(["--data", str(tmp_path), "demo"]) == 1
    error = capsys.readouterr().err.splitlines()
    assert "is not empty" in error[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
