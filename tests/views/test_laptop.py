"""The replica's pages on a laptop: beginning, choosing, syncing, timetable, removal."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plugin import Credentials, NotFound, Now, Office, Syncing, whole_at
from plugin.runtime.replica.laptop import Laptop, Replica, register
from plugin.runtime.replica.subset import WHOLE, Subset
from plugin.runtime.replica.timetable import Timetable
from tests.plugin.offices import (
    PASSWORD,
    Served,
    as_person,
    clone,
    customer,
    make_office,
    serving,
)
from tests.views.kit import Browser, text_of
from views import create_app
from views.setup import SetupLink

ME = "anna.snelling"
PATIENCE = 60


def over(now: Now) -> bool:
    """Asked for or running counts as not over."""
    return not now.running


@pytest.fixture(scope="module")
def headquarters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, Served]]:
    """One office for all tests of the file: they change their own laptops only."""
    with make_office(tmp_path_factory.mktemp("hq") / "office") as office:
        customer(office, ME, "Acme of Anna")
        with serving(office) as served:
            yield office, served


@contextmanager
def at_laptop(data: Path, password: str = PASSWORD) -> Iterator[tuple[Office, Syncing, Browser]]:
    """The pages of a laptop with its person signed in."""
    with Office.open(data) as laptop:
        syncing = Syncing(laptop)
        syncing.start()
        page = Browser(create_app(laptop, syncing=syncing).test_client())
        try:
            assert page.sign_in(ME, password).status_code == 303
            yield laptop, syncing, page
        finally:
            syncing.stop()


@pytest.fixture
def data(headquarters: tuple[Office, Served], tmp_path: Path) -> Path:
    clone(tmp_path / "laptop", headquarters[1], ME)
    return tmp_path / "laptop"


def test_a_new_directory_becomes_a_laptop_in_the_browser(
    headquarters: tuple[Office, Served], tmp_path: Path
) -> None:
    data = tmp_path / "new"
    begun: list[str] = []
    link = SetupLink(begun=lambda: begun.append("begun"))
    with Office.create(data, "new") as office:
        guest = Browser(create_app(office, link).test_client())
        path = f"/setup/{link.make()}"
        assert "No, this is a laptop of an office" in text_of(guest.page(path))
        answer = {"url": headquarters[1].url, "login": ME, "password": PASSWORD, "label": "Bag"}
        for wrong, told in (
            ({"url": "office"}, "is no address"),
            ({"password": "wrong"}, "does not know this name"),
            ({"url": "http://127.0.0.1:9"}, "does not answer"),
        ):
            refused = guest.submit(f"{path}/laptop", {**answer, **wrong})
            assert refused.status_code == 422
            assert told in text_of(refused.text)
            assert f'value="{(answer | wrong)["url"]}"' in refused.text
        done = guest.submit(f"{path}/laptop", answer)
        assert (done.status_code, done.location, begun) == (303, "/laptop/choose", ["begun"])
        assert guest.get(path).status_code == 404
    with at_laptop(data) as (laptop, syncing, page):
        assert laptop.kind == "laptop"
        assert "Not copied completely yet" in text_of(page.page("/laptop"))
        weighed = page.submit("/laptop/choose", {"keep": ["customers"], "do": "weigh",
                                                 "customers.attachments": "yes"})  # fmt: skip
        assert "documents" in text_of(weighed.text)
        assert not laptop.server.exists("customers")
        chosen = {"keep": ["customers"], "customers.attachments": "yes", "do": "keep"}
        assert page.submit("/laptop/choose", chosen).location == "/laptop"
        assert syncing.wait_for(over, PATIENCE)
        assert "Acme of Anna" in page.page("/customers/listing/customers_by_name")
        assert "Last sync" in text_of(page.page("/"))
        assert not laptop.server.exists("tracking")
    (token,) = [one for one in Credentials(headquarters[0].server).tokens(ME) if one.label == "Bag"]
    assert not token.revoked_at


def test_the_same_directory_becomes_an_office_instead(tmp_path: Path) -> None:
    link = SetupLink()
    with Office.create(tmp_path / "new", "new") as office:
        guest = Browser(create_app(office, link).test_client())
        words = {"name": "Rita Root", "login": "rita", "password": PASSWORD, "again": PASSWORD}
        assert guest.submit(f"/setup/{link.make()}", words).location == "/"
        assert "Settings" in text_of(guest.page("/"))
        assert office.kind == "office"
    with Office.open(tmp_path / "new") as office:
        assert office.directory.person("rita")


def test_a_command_on_an_undecided_directory_makes_it_an_office(tmp_path: Path) -> None:
    Office.create(tmp_path / "new", "new").close()
    with Office.open(tmp_path / "new") as office:
        assert office.kind == "office"
        assert office.server.exists("customers")


def test_a_sync_by_the_page_carries_both_ways(
    headquarters: tuple[Office, Served], data: Path
) -> None:
    office, _ = headquarters
    made = customer(office, ME, "Made at the office")
    with at_laptop(data) as (laptop, syncing, page):
        own = as_person(laptop, ME).database("customers")
        here = own.create("customer", {"name": "Made here", "owner": ME})
        assert page.submit("/laptop/sync", {}, at="/laptop").status_code == 303
        assert syncing.wait_for(over, PATIENCE)
        assert syncing.now.problem is None
        assert own.open(made.id)
        assert page.get("/laptop/progress").json == {"running": False, "text": ""}
        assert "Acme" not in text_of(page.page("/laptop"))
    assert as_person(office, ME).database("customers").open(here.id)


def test_an_office_that_is_away_is_told_and_tried_again(data: Path, tmp_path: Path) -> None:
    about = json.loads((data / "replica.json").read_text())
    (data / "replica.json").write_text(json.dumps(about | {"url": "http://127.0.0.1:9"}))
    with at_laptop(data) as (_, syncing, page):
        page.submit("/laptop/sync", {}, at="/laptop")
        assert syncing.wait_for(over, PATIENCE)
        assert "does not answer" in text_of(page.page("/laptop"))
        assert "Offline" in text_of(page.page("/"))
        chosen = page.page("/laptop/choose")
        assert "does not answer" in text_of(chosen)


def test_the_timetable_is_kept_and_what_is_none_is_told(data: Path) -> None:
    with at_laptop(data) as (_, _syncing, page):
        for wrong in ({"when": "every", "every": "often"}, {"when": "at", "hours": "noon"}):
            refused = page.submit("/laptop/timetable", wrong, at="/laptop")
            assert refused.status_code == 422
            assert "Write" in text_of(refused.text)
        for right, kept in (
            ({"when": "at", "hours": "8:00, 18:30"}, Timetable(at=("08:00", "18:30"))),
            ({"when": "every", "every": "30"}, Timetable(every=30)),
            ({"when": "never"}, Timetable()),
        ):
            assert page.submit("/laptop/timetable", right, at="/laptop").status_code == 303
            assert Laptop.read(data).timetable == kept


def test_by_timetable_it_synchronises_without_being_asked(
    headquarters: tuple[Office, Served], data: Path
) -> None:
    before = whole(data)
    made = customer(headquarters[0], ME, "Waits for the timetable")
    laptop = Laptop.read(data)
    text = json.loads((data / "replica.json").read_text()) | {"timetable": {"every": 60}}
    (data / "replica.json").write_text(json.dumps(text))
    assert Laptop.read(data).id == laptop.id
    with Office.open(data) as opened:
        syncing = Syncing(opened)
        syncing.start()
        try:
            assert syncing.wait_for(lambda now: now.due is not None, PATIENCE)
        finally:
            syncing.stop()
        assert as_person(opened, ME).database("customers").open(made.id)
        assert syncing.now.due is not None
    assert whole(data) >= before


def whole(data: Path) -> str:
    with Office.open(data) as laptop:
        return whole_at(laptop)


def test_the_choice_is_narrowed_after_it_was_said_what_goes(data: Path) -> None:
    with at_laptop(data) as (laptop, syncing, page):
        every = [entry for entry in laptop.databases() if entry != "forum"]
        form = {"keep": every} | {f"{name}.attachments": "yes" for name in every}
        told = page.submit("/laptop/choose", form | {"do": "weigh", "customers.months": "6"})
        assert "leaves this laptop" in text_of(told.text)
        assert "Forum" in text_of(told.text)
        wrong = page.submit("/laptop/choose", form | {"do": "keep", "customers.months": "six"})
        assert wrong.status_code == 422
        assert Laptop.read(data).keep is None
        page.submit("/laptop/choose", form | {"do": "keep", "customers.mine": "yes"})
        assert syncing.wait_for(over, PATIENCE)
        kept = Laptop.read(data).keep
        assert kept is not None
        assert (kept["customers"], kept["tracking"]) == (Subset(mine=True), WHOLE)
        assert not laptop.server.exists("forum")


def test_removal_asks_for_what_stands_here_alone_and_empties_the_laptop(
    headquarters: tuple[Office, Served], data: Path
) -> None:
    with at_laptop(data) as (laptop, _, page):
        own = as_person(laptop, ME).database("customers")
        here = own.create("customer", {"name": "Never sent", "owner": ME})
        assert here.id in page.page("/laptop/remove")
        kept = json.loads(page.get("/laptop/unsent.json").text)
        assert [edit["versions"][0]["name"] for edit in kept] == ["Never sent"]
        assert page.submit("/laptop/remove", {}).status_code == 409
        assert own.open(here.id)
        done = page.submit("/laptop/remove", {"discard": "yes"})
        assert (done.status_code, laptop.server.all_dbs()) == (200, [])
        assert "This laptop is empty now." in text_of(done.text)
        assert page.get("/").location == "/sign-in"
        assert page.get("/sign-in").status_code == 200
    with pytest.raises(NotFound), Office.open(data) as laptop:
        laptop.directory.identity(ME)


def test_only_the_laptops_own_person_has_these_pages(
    headquarters: tuple[Office, Served], data: Path
) -> None:
    for office in (headquarters[0],):
        page = Browser(create_app(office).test_client())
        page.sign_in(ME, PASSWORD)
        for path in ("/laptop", "/laptop/choose", "/laptop/remove", "/laptop/unsent.json"):
            assert page.get(path).status_code == 404
    with Office.open(data) as laptop:
        Credentials(laptop.server).set_password("zane.levy", PASSWORD)
        page = Browser(create_app(laptop).test_client())
        assert page.sign_in("zane.levy", PASSWORD).status_code == 303
        assert page.get("/laptop").status_code == 404
        assert 'href="/laptop"' not in page.page("/").split("<main")[1]


def test_a_file_that_stayed_at_the_office_is_fetched_when_it_is_wanted(
    headquarters: tuple[Office, Served], tmp_path: Path
) -> None:
    office, served = headquarters
    doc = customer(office, ME, "With a plan")
    there = as_person(office, ME).database("customers")
    there.attach(doc.id, doc.rev, "plan 计划.txt", b"the plan", "text/html")
    data = tmp_path / "laptop"
    register(data, served.url, ME, PASSWORD, "test")
    with Office.open(data) as laptop:
        Replica(laptop).choose({"customers": Subset(attachments=False)})
        Replica(laptop).sync()
    with at_laptop(data) as (_, _syncing, page):
        document = page.page(f"/customers/{doc.id}")
        link = re.search(r'href="([^"]+/file/[^"]+)"', document)
        assert link
        assert "is at the office" in text_of(page.page(link[1]))
        fetched = page.submit(link[1], {})
        assert (fetched.status_code, fetched.data) == (200, b"the plan")
        assert fetched.headers["Content-Disposition"].startswith("attachment")
        assert fetched.mimetype == "application/octet-stream"
        assert page.get(f"/customers/{doc.id}/file/other.txt").status_code == 404
    about = json.loads((data / "replica.json").read_text())
    (data / "replica.json").write_text(json.dumps(about | {"url": "http://127.0.0.1:9"}))
    with at_laptop(data) as (_, _syncing, page):
        away = page.submit(link[1], {})
        assert away.status_code == 503
        assert "does not answer" in text_of(away.text)


def test_a_file_is_opened_at_the_office_by_those_who_read_the_document(
    headquarters: tuple[Office, Served],
) -> None:
    office, _ = headquarters
    doc = customer(office, "zane.levy", "Of Zane")
    there = as_person(office, "zane.levy").database("customers")
    there.attach(doc.id, doc.rev, "a.txt", b"a", "text/plain")
    path = f"/customers/{doc.id}/file/a.txt"
    for login, status in (("zane.levy", 200), (ME, 404)):
        page = Browser(create_app(office).test_client())
        page.sign_in(login, PASSWORD)
        assert page.get(path).status_code == status


def test_a_served_laptop_whose_access_was_ended_is_empty_and_says_so(
    headquarters: tuple[Office, Served], tmp_path: Path
) -> None:
    office, served = headquarters
    data = tmp_path / "laptop"
    register(data, served.url, ME, PASSWORD, "Stolen")
    with Office.open(data) as laptop:
        Replica(laptop).sync()
    credentials = Credentials(office.server)
    (token,) = [one for one in credentials.tokens(ME) if one.label == "Stolen"]
    with at_laptop(data) as (laptop, syncing, page):
        credentials.revoke(token.id)
        page.submit("/laptop/sync", {}, at="/laptop")
        assert syncing.wait_for(over, PATIENCE)
        assert laptop.server.all_dbs() == []
        assert page.get("/").location == "/sign-in"
        assert "This laptop is empty" in text_of(page.page("/sign-in"))
