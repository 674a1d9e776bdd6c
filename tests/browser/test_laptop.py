"""The laptop's walk: clone, work while the office is stopped, synchronise, settle."""

import json
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from plugin import Office
from tests.browser.people import LEADER, PASSWORD, SELLER
from tests.views.serving import ROOT, Served, divan, serving

OpenPage = Callable[..., Page]


class Laptop:
    """A second data directory, used by the command line and by `divan serve`."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def replica(self, *arguments: str) -> Any:
        """What `divan replica … --json` prints."""
        done = subprocess.run(
            divan("--data", str(self.data), "replica", *arguments, "--json"),
            cwd=ROOT, input=PASSWORD + "\n", capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def sync(self) -> dict[str, Any]:
        """What a sync did, by database."""
        return {one["database"]: one for one in self.replica("sync")}


def signed_in(open_page: OpenPage, served: Served, login: str) -> Page:
    page = open_page(served.address)
    page.goto(f"{served.address}/sign-in")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_url(f"{served.address}/")
    return page


def edit(page: Page, url: str, **items: str) -> None:
    page.goto(f"{url}/edit")
    for item, text in items.items():
        page.fill(f"#{item}", text)
    page.locator(".save button.btn-primary").first.click()
    page.wait_for_url(url)


def own_customer(data: Path) -> tuple[str, str]:
    """A customer of the seller: its id and the id of one that he may not read."""
    with Office.open(data) as office:
        listing = office.system().listing("customers", "customers_by_name")
        rows = [row.document for row in listing.all_rows()]
        own = next(doc.id for doc in rows if doc.items.get("owner") == SELLER)
        seller = office.session(office.directory.identity(SELLER)).database("customers")
        hidden = next(doc.id for doc in rows if not seller.exists(doc.id))
    return own, hidden


def test_work_offline_and_settle_a_conflict(
    data: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    laptop = Laptop(tmp_path / "laptop")
    own, hidden = own_customer(data)
    path = f"/customers/{own}"
    with serving(data) as office:
        port = office.address.rpartition(":")[2]
        laptop.replica("clone", office.address, "--login", SELLER)
    with serving(laptop.data) as local:  # the office is stopped
        page = signed_in(open_page, local, SELLER)
        answer = page.goto(f"{local.address}/customers/{hidden}")
        assert answer and answer.status == 404
        edit(page, local.address + path, address="Laptop Road 1", phone="111")
        page.goto(f"{local.address}/tracking/new/deal")
        page.fill("#name", "Written on the train")
        page.locator(".save button.btn-primary").first.click()
        expect(page.locator("h1")).to_contain_text("Written on the train")
        deal = page.url.removeprefix(local.address)
    with ExitStack() as stack:
        office = stack.enter_context(serving(data, "--port", port))
        leader = signed_in(open_page, office, LEADER)
        edit(leader, office.address + path, address="Office Road 2", mail="both@sides.example")
        done = laptop.sync()
        assert done["customers"]["conflicts"] == 1
        assert done["customers"]["refused"] == done["tracking"]["refused"] == []
        leader.goto(office.address + deal)
        expect(leader.locator("h1")).to_contain_text("Written on the train")

        local = stack.enter_context(serving(laptop.data))
        page = signed_in(open_page, local, SELLER)
        page.goto(local.address + path)
        page.get_by_role("link", name="Compare and settle").click()
        for text in ("Laptop Road 1", "Office Road 2"):
            expect(page.locator("table.compare")).to_contain_text(text)
        expect(page.locator("table.compare")).not_to_contain_text("111")  # merges by itself
        page.get_by_label("Office Road 2").check()
        page.get_by_role("button", name="Save what is chosen").click()
        page.wait_for_url(local.address + path)
        for side in (page, leader):
            if side is leader:
                assert laptop.sync()["customers"]["conflicts"] == 0
                side.goto(office.address + path)
            expect(side.locator("main")).to_contain_text("Office Road 2")
            expect(side.locator("main")).to_contain_text("111")
            expect(side.locator("main")).to_contain_text("both@sides.example")
            expect(side.get_by_role("link", name="Compare and settle")).to_have_count(0)


def test_edits_of_different_items_meet_without_a_question(
    data: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    laptop = Laptop(tmp_path / "laptop")
    own, _ = own_customer(data)
    path = f"/customers/{own}"
    with serving(data) as office:
        laptop.replica("clone", office.address, "--login", SELLER)
        leader = signed_in(open_page, office, LEADER)
        edit(leader, office.address + path, phone="222")
        with serving(laptop.data) as local:
            page = signed_in(open_page, local, SELLER)
            edit(page, local.address + path, address="Quiet Road 3")
            assert laptop.sync()["customers"]["merged"] == 1
            for side, address in ((page, local.address), (leader, office.address)):
                side.goto(address + path)
                expect(side.locator("main")).to_contain_text("222")
                expect(side.locator("main")).to_contain_text("Quiet Road 3")
