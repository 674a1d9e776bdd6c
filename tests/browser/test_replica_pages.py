"""A laptop without a terminal: from an empty directory to work, by pages alone."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.people import PASSWORD, SELLER, wait_until
from tests.views.serving import Served, serving

OpenPage = Callable[..., Page]


def invitation(served: Served) -> str:
    """The link that `divan serve` printed."""
    wait_link = next(line for line in served.lines if "/setup/" in line)
    return wait_link.rpartition(" ")[2]


def begun(page: Page, local: Served, office: Served) -> None:
    """From the printed link to the page on which one chooses."""
    page.goto(invitation(local))
    page.get_by_role("link", name="No, this is a laptop of an office").click()
    page.get_by_label("Address of the office").fill(office.address)
    page.get_by_label("Login").fill(SELLER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(re.compile("/laptop/choose$"))


def copied(page: Page) -> None:
    """Wait at the page of the replica until all of it has come."""
    expect(page.get_by_role("button", name="Synchronise now")).to_be_visible(timeout=120_000)
    expect(page.locator("main")).not_to_contain_text("Not copied completely yet")


def test_from_an_empty_directory_to_a_laptop_that_works_offline(
    data: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    with serving(tmp_path / "laptop") as local:
        page = open_page(local.address)
        with serving(data) as office:
            begun(page, local, office)
            page.get_by_label("Forum", exact=True).uncheck()
            row = page.locator("tr", has=page.get_by_label("Customer tracking", exact=True))
            before = row.locator("td").nth(4).inner_text()
            row.get_by_label("My customers, and what is mine").check()
            page.get_by_role("button", name="How much is it?").click()
            row = page.locator("tr", has=page.get_by_label("Customer tracking", exact=True))
            assert int(row.locator("td").nth(4).inner_text()) <= int(before)
            page.get_by_role("button", name="Keep this and copy").click()
            copied(page)
            expect(page.locator("main table")).to_contain_text("what is mine")
            expect(page.locator("main table")).not_to_contain_text("Forum")
        expect(page.locator(".topbar")).to_contain_text("Last sync")
        page.get_by_role("button", name="Synchronise now").click()  # the office is stopped
        expect(page.locator("main")).to_contain_text("does not answer", timeout=60_000)
        expect(page.locator(".topbar")).to_contain_text("Offline")
        page.goto(f"{local.address}/tracking/listing/my_open_deals")
        expect(page.locator("main a.main").first).to_be_visible()


def test_killed_while_it_copies_it_goes_on_by_page_and_is_removed_by_page(
    data: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    laptop = tmp_path / "laptop"
    with serving(data) as office:
        with serving(laptop) as local:
            page = open_page(local.address)
            begun(page, local, office)
            page.get_by_role("button", name="Keep this and copy").click()
            page.wait_for_url(re.compile("/laptop$"))
            local.process.kill()  # wherever it is
            local.process.wait()
        with serving(laptop) as local:
            page = open_page(local.address)
            page.goto(f"{local.address}/sign-in?next=/laptop")
            page.fill("#login", SELLER)
            page.fill("#password", PASSWORD)
            page.click("main button")
            page.wait_for_url(re.compile("/laptop$"))
            page.get_by_role("button", name="Synchronise now").click()
            copied(page)
            page.goto(f"{local.address}/tracking/listing/my_open_deals")
            expect(page.locator("main a.main").first).to_be_visible()
            page.goto(f"{local.address}/laptop/remove")
            page.get_by_role("button", name="Empty this laptop").click()
            expect(page.locator("main")).to_contain_text("This laptop is empty now.")
            store = laptop / "store"
            wait_until(page, lambda: not list(store.glob("customers*")))
