"""T10 in a browser: a deal is won, its order made, payments planned, one of them received."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.people import LEADER, SELLER, pick
from tests.views.serving import Served

SignIn = Callable[..., Page]


def won_deal(page: Page) -> None:
    page.get_by_role("link", name="New Deal").click()
    page.fill("#name", "Walkers' measuring room")
    pick(page, "customer", "a")
    page.fill("#amount", "12000")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Mark as won").click()
    expect(page.locator("h1 .state")).to_have_text("Won")


def test_from_a_won_deal_to_its_order_deliveries_and_payments(
    served: Served, sign_in: SignIn
) -> None:
    page = sign_in(SELLER)
    won_deal(page)
    page.get_by_role("button", name="Make the order").click()
    page.locator("#orders_by_deal a.main").click()
    expect(page.locator("h1 .state")).to_have_text("Draft")
    page.get_by_role("link", name="Edit").click()
    add_line(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("table.inner tfoot")).to_contain_text("12,750")
    contract = {"name": "contract.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-"}
    page.set_input_files("#new-files", contract)
    page.locator("#files").get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("link", name="contract.pdf")).to_be_visible()
    page.get_by_role("button", name="Confirm").click()
    page.locator("summary", has_text="Make the payment plan").click()
    page.locator(".menu[open]").get_by_role("button", name="Make the payment plan").click()
    expect(page.get_by_text("3 payments are planned.")).to_be_visible()
    payments = page.locator("#payments_by_order a.main")
    expect(payments).to_have_text(
        [re.compile(f"Instalment {n} of 3: {part} %") for n, part in ((1, 30), (2, 60), (3, 10))]
    )
    address = page.url
    payments.first.click()
    receive(page, "3825")
    page.goto(address)
    expect(page.locator("#payments_by_order")).to_contain_text("Received")
    page.get_by_role("link", name="New Delivery").click()
    page.fill("#what", "Both machines")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#deliveries_by_order")).to_contain_text("Both machines")
    customer = page.locator("dl.items").get_by_role("link").first
    customer.click()
    expect(page.locator("#orders_by_customer")).to_contain_text("12,750")
    expect(page.locator("#payments_by_customer")).to_contain_text("3,825")


def add_line(page: Page) -> None:
    """A second line by the keyboard: Enter goes down the column, sums follow."""
    row = page.locator("#lines tbody tr").last
    row.get_by_label(re.compile("^Description")).fill("Training")
    row.get_by_label(re.compile("^Quantity")).fill("1.5")
    row.get_by_label(re.compile("^Unit price")).fill("500")
    row.get_by_label(re.compile("^Unit price")).press("Tab")
    expect(page.locator("#lines tfoot")).to_contain_text("12,750")
    row.get_by_label(re.compile("^Description")).press("Enter")
    expect(page.locator("#lines tbody tr")).to_have_count(3)
    expect(page.locator("#lines tbody tr").last.get_by_label(re.compile("^Desc"))).to_be_focused()
    page.get_by_role("button", name="Remove row 3").click()
    expect(page.locator("#lines tbody tr")).to_have_count(2)


def receive(page: Page, amount: str) -> None:
    page.locator("summary", has_text="Record the payment").click()
    page.fill("[name='receive.received_on']", "2026-11-22")
    page.fill("[name='receive.received']", amount)
    page.locator(".menu[open]").get_by_role("button", name="Record the payment").click()
    expect(page.locator("h1 .state")).to_have_text("Received")


def test_a_table_is_filled_in_without_a_script(
    served: Served, open_page: Callable[..., Page]
) -> None:
    page = open_page(served.address, java_script_enabled=False)
    page.goto(f"{served.address}/sign-in")
    page.fill("#login", LEADER)
    page.fill("#password", "divan-demo")
    page.click("main button")
    page.goto(f"{served.address}/tracking/new/order")
    row = page.locator("#lines tbody tr")
    row.get_by_label("Description, row 1").fill("Gauge")
    row.get_by_label("Quantity, row 1").fill("two")
    page.get_by_role("button", name="Add row").click()
    expect(page.locator("#lines tbody tr")).to_have_count(2)
    expect(page.locator("#lines td.number").first).to_contain_text("This is not a number.")
    page.get_by_label("Quantity, row 1").fill("2")
    page.get_by_label("Unit price, row 1").fill("1250")
    page.get_by_role("button", name="Remove row 2").click()
    page.get_by_role("button", name="Calculate").click()
    expect(page.locator("#lines tfoot")).to_contain_text("2,500")
    expect(page.get_by_label("Description, row 1")).to_have_value("Gauge")
