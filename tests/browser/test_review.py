"""What an office refuses of a laptop: kept there, sent for review, taken over; a deletion that met
an edit asks on both sides; the administrator sees how the laptop is."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page, expect

from acl import Entry, EntryType, Level, Privilege
from plugin import Office
from tests.browser.people import ADMINISTRATOR, LEADER, SELLER, wait_for_text
from tests.browser.test_laptop import Laptop, edit, own_customer, signed_in
from tests.views.serving import serving

OpenPage = Callable[..., Page]


def enter(data: Path, level: Level, *privileges: Privilege) -> None:
    """Give the seller an entry of her own in the customers' list."""
    own = Entry(SELLER, EntryType("person"), level, frozenset(privileges), frozenset())
    with Office.open(data) as office:
        door = office.system().database("customers")
        others = tuple(one for one in door.acl().entries if one.name != SELLER)
        door.save_acl(replace(door.acl(), entries=(*others, own)))


def test_a_refused_edit_goes_to_the_review_box_and_is_taken_over(
    data: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    laptop = Laptop(tmp_path / "laptop")
    own, _ = own_customer(data)
    path = f"/customers/{own}"
    with serving(data) as office:
        port = office.address.rpartition(":")[2]
        laptop.replica("clone", office.address, "--login", SELLER)
    with serving(laptop.data) as local:
        page = signed_in(open_page, local, SELLER)
        edit(page, local.address + path, address="Refused Road 1")
    enter(data, Level.READER, Privilege.REPLICATE)
    with ExitStack() as stack:
        office = stack.enter_context(serving(data, "--port", port))
        assert [one["id"] for one in laptop.sync()["customers"]["refused"]] == [own]
        local = stack.enter_context(serving(laptop.data))
        page = signed_in(open_page, local, SELLER)
        page.goto(f"{local.address}/not-sent")
        page.locator("main table a").click()
        expect(page.locator("table.compare")).to_contain_text("Refused Road 1")
        page.get_by_label("A word to the owner").fill("Measured on site.")
        page.get_by_role("button", name="Send for review").click()
        expect(page.locator("main")).to_contain_text("The next sync sends it for review.")
        assert laptop.sync()["customers"]["refused"] == []

        leader = signed_in(open_page, office, LEADER)
        leader.goto(f"{office.address}/review")
        leader.locator("main table a").click()
        expect(leader.locator("main")).to_contain_text("Measured on site.")
        leader.get_by_role("button", name="Take over what is chosen").click()
        leader.goto(office.address + path)
        expect(leader.locator("main")).to_contain_text("Refused Road 1")

        boss = signed_in(open_page, office, ADMINISTRATOR)
        boss.goto(f"{office.address}/laptops")
        expect(boss.locator("main table")).to_contain_text("Anna Keller")
        refused = boss.locator("main tbody td[data-label=Refused]")
        expect(refused).to_have_text("0")  # told by the sync that sent it for review


def test_a_deletion_that_met_an_edit_asks_on_both_sides(
    data: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    laptop = Laptop(tmp_path / "laptop")
    own, _ = own_customer(data)
    path = f"/customers/{own}"
    enter(data, Level.EDITOR, Privilege.DELETE, Privilege.REPLICATE)
    with serving(data) as office:
        laptop.replica("clone", office.address, "--login", SELLER)
        leader = signed_in(open_page, office, LEADER)
        edit(leader, office.address + path, address="Office Road 2")
        with serving(laptop.data) as local:
            page = signed_in(open_page, local, SELLER)
            page.goto(local.address + path)
            page.locator("summary[aria-label=More]").click()
            page.get_by_role("button", name="Delete").click()
            assert laptop.sync()["customers"]["conflicts"] == 1
            page.goto(local.address + path)
            expect(page.locator("main")).to_contain_text("Anna Keller deleted this document")
            wait_for_text(leader, office.address + path, "Anna Keller deleted this document")
            page.get_by_role("button", name="Keep the document").click()
            expect(page.locator("main")).not_to_contain_text("deleted this document")
            assert laptop.sync()["customers"]["conflicts"] == 0
            leader.goto(office.address + path)
            expect(leader.locator("main")).to_contain_text("Office Road 2")
            expect(leader.locator("main")).not_to_contain_text("deleted this document")
