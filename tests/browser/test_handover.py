"""A leader hands a colleague's whole work over, follows it, and takes it back (T8, C10)."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.people import LEADER, SELLER, pick, wait_for_text
from tests.views.serving import Served

SignIn = Callable[..., Page]
NEW = "li.na"


def count_of(page: Page, served: Served, listing: str) -> int:
    """How many documents a person finds in a listing."""
    page.goto(f"{served.address}/{listing}")
    return page.locator("tbody tr[data-href]").count()


def finished(page: Page, state: str) -> None:
    """Wait on the page of a handover until it has that state."""
    expect(page.locator("h1 .state")).to_have_text(state, timeout=60_000)


def test_t8_c10_a_colleagues_work_goes_to_another_and_comes_back(
    served: Served, sign_in: SignIn
) -> None:
    seller, new = sign_in(SELLER), sign_in(NEW, language="zh_Hans", width=400)
    mine = "customers/listing/my_customers_by_region?flat=1"
    had, has = count_of(seller, served, mine), count_of(new, served, mine)
    assert had > 0
    leader = sign_in(LEADER)
    leader.goto(f"{served.address}/settings/person:{SELLER}")
    leader.get_by_role("link", name="Hand over the work").click()
    leader.get_by_role("button", name="Hand over").click()
    expect(leader.locator("#to-problem")).to_contain_text("Please fill this in.")
    pick(leader, "to", "Li Na")
    leader.fill("#note", "Please call them this week")
    leader.get_by_label("Planned activities").uncheck()
    leader.get_by_role("button", name="Hand over").click()
    finished(leader, "Handed over")
    page = leader.url
    expect(leader.locator("#handed tr", has_text="Customers")).to_contain_text(str(had))
    expect(leader.locator("#handed tbody")).not_to_contain_text("Planned activities")
    assert count_of(seller, served, mine) == 0
    assert count_of(new, served, mine) == had + has
    new.locator("tbody tr[data-href] a.main").first.click()
    wait_for_text(new, f"{served.address}/mail_li_na/listing/memos_by_seen", "向您移交业务").click()
    expect(new.locator("main")).to_contain_text("Please call them this week")
    leader.goto(page)
    leader.get_by_role("button", name="Take it back").click()
    finished(leader, "Taken back")
    assert count_of(seller, served, mine) == had
    assert count_of(new, served, mine) == has
    seller.locator("tbody tr[data-href] a.main").first.click()
    expect(seller.locator(".history")).to_contain_text("Anna Keller → Li Na")
    expect(seller.locator(".history")).to_contain_text("Li Na → Anna Keller")


def test_t8_one_customer_goes_with_what_is_ticked(served: Served, sign_in: SignIn) -> None:
    seller = sign_in(SELLER)
    seller.goto(f"{served.address}/customers/listing/my_customers_by_region?flat=1")
    seller.locator("tbody tr[data-href] a.main").first.click()
    customer = seller.url
    seller.get_by_role("link", name="Hand over").click()
    boxes = seller.locator("input[name=going]:not([disabled])")
    ticked = boxes.count()
    for number in range(ticked):
        boxes.nth(number).uncheck()
    pick(seller, "to", "Li Na")
    seller.get_by_role("button", name="Hand over").click()
    finished(seller, "Handed over")
    expect(seller.locator("#handed tbody tr")).to_have_count(1)
    answer = seller.goto(customer)
    assert answer and answer.status == 404
