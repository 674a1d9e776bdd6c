"""The walk of a new user through Divan, each part on a company of its own."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from tests.browser.people import (
    ADMINISTRATOR,
    LEADER,
    SELLER,
    navigate,
    pick,
    wait_for_text,
    wait_until,
)
from tests.mailbridge.smtp_server import SmtpServer
from tests.views.serving import Served, serving

SignIn = Callable[..., Page]


def test_a_sales_person_sees_the_own_customers_by_region_and_a_customer_s_page(
    sign_in: SignIn,
) -> None:
    page = sign_in(SELLER)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Good day, Anna Keller")
    navigate(page, "Customers", "My customers by region")
    categories = page.locator("tr.category")
    expect(categories.first).to_be_visible()
    total = page.locator("#navigator [aria-current=page] .count").inner_text()
    counts = [int(text) for text in page.locator("tr.category .count").all_inner_texts()]
    assert sum(counts) == int(total) > 0
    categories.first.get_by_role("link").click()
    page.locator("tr.category.depth-1 a").first.click()
    page.locator("a.main").first.click()
    expect(page.get_by_role("heading", name=re.compile("^Deals"))).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("^Activities"))).to_be_visible()
    expect(page.locator("dl.items")).not_to_have_count(0)


def test_a_deal_from_the_first_call_to_the_end(served: Served, sign_in: SignIn) -> None:
    page = sign_in(SELLER)
    page.get_by_role("link", name="New Deal").click()
    page.fill("#name", "Walkers' measuring room")
    page.locator("#customer-search").press_sequentially("a", delay=20)
    page.locator("#customer-found [role=option]").first.wait_for()
    page.locator("#customer-search").press("Enter")
    customer = page.locator(".picker:has(#customer) .chip").inner_text().split("×")[0].strip()
    page.fill("#amount", "12500")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Walkers' measuring room")
    expect(page.locator("dl.items").get_by_role("link", name=customer)).to_be_visible()
    finish = page.get_by_role("button", name="Finish")
    expect(finish).to_be_disabled()
    assert finish.get_attribute("title") == "Not possible in the state “Tracking”."
    page.get_by_role("button", name="Mark as won").click()
    expect(page.locator(".state").first).to_have_text("Won")
    expect(page.get_by_text("Reopen: Only these may do this:")).to_be_visible()
    page.get_by_role("button", name="Finish").click()
    expect(page.locator("h1 .state")).to_have_text("Finished")
    expect(page.get_by_role("heading", name="Steps so far")).to_be_visible()


def test_a_reminder_that_is_due_reaches_the_mailbox_once(served: Served, sign_in: SignIn) -> None:
    page = sign_in(SELLER)
    page.goto(f"{served.address}/tracking/listing/my_open_deals")
    page.locator("a.main").first.click()
    page.get_by_role("link", name="New Activity").click()
    expect(page.locator(".picker:has(#deal) .chip")).to_have_count(1)
    page.fill("#subject", "Call before lunch")
    now = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%dT%H:%M")
    page.fill("#remind_at", now)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Call before lunch")).to_be_visible()
    mailbox = f"{served.address}/mail_anna_keller/listing/unread_memos"
    wait_for_text(page, mailbox, "Reminder: Call before lunch").click()
    page.get_by_role("link", name="Open the document").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Call before lunch")
    page.goto(mailbox)
    expect(page.get_by_text("Reminder: Call before lunch")).to_have_count(1)


def test_a_leader_chases_up_and_the_owner_has_it_in_both_mailboxes_once(
    data: Path, open_page: Callable[..., Page]
) -> None:
    smtp = SmtpServer()
    try:
        environment = {"DIVAN_SMTP_URL": f"smtp://127.0.0.1:{smtp.port}"}
        with serving(data, environment=environment) as served:
            _chase(served, open_page, smtp)
    finally:
        smtp.stop()


def _chase(served: Served, open_page: Callable[..., Page], smtp: SmtpServer) -> None:
    leader = signed_in(served, open_page, LEADER)
    expect(leader.get_by_role("heading", name="Open deals by expected date")).to_be_visible()
    navigate(leader, "Customer tracking", "Deals by owner")
    leader.get_by_role("link", name=re.compile("Anna Keller")).click()
    leader.get_by_role("link", name=re.compile("^Tracking [0-9]")).click()
    leader.locator("tr[data-href] a.main").first.click()
    title = leader.title().rpartition(" · ")[0]
    leader.get_by_role("button", name="Chase up").click()
    expect(leader.get_by_text("Anna Keller has been chased up.")).to_be_visible()
    owner = signed_in(served, open_page, SELLER)
    mailbox = f"{served.address}/mail_anna_keller/listing/unread_memos"
    subject = f"He Meiling asks about: {title}"
    wait_for_text(owner, mailbox, subject)
    expect(owner.get_by_text(subject)).to_have_count(1)
    wait_until(owner, lambda: subject in [str(mail["Subject"]) for mail in smtp.taken])
    assert max(smtp.counts().values()) == 1
    assert [str(mail["Subject"]) for mail in smtp.taken].count(subject) == 1


def signed_in(served: Served, open_page: Callable[..., Page], login: str) -> Page:
    page = open_page(served.address)
    page.goto(f"{served.address}/sign-in")
    page.fill("#login", login)
    page.fill("#password", "divan-demo")
    page.click("main button")
    page.wait_for_url(f"{served.address}/")
    return page


def test_an_administrator_changes_a_level_and_it_counts_at_once(
    served: Served, sign_in: SignIn
) -> None:
    seller, admin = sign_in(SELLER), sign_in(ADMINISTRATOR)
    seller.goto(f"{served.address}/tracking/")
    expect(seller.get_by_role("link", name="New Deal")).to_be_visible()
    admin.goto(f"{served.address}/tracking/acl")
    admin.get_by_label("Name", exact=True).last.fill(SELLER)
    admin.get_by_role("button", name="Add").first.click()
    shown = admin.locator(".entry > input:checked ~ fieldset")
    expect(shown.get_by_label("Level")).to_have_value("Reader")
    expect(shown.locator("input[value='create']")).to_be_disabled()
    _save(admin)
    seller.reload()
    expect(seller.get_by_role("link", name="New Deal")).to_have_count(0)
    admin.locator("label.line", has_text="Anna Keller").click()
    shown.get_by_label("Level").select_option("No Access")
    _save(admin)
    seller.goto(f"{served.address}/")
    expect(seller.locator("#navigator").get_by_text("Customer tracking")).to_have_count(0)


def _save(page: Page) -> None:
    page.get_by_role("button", name="Save …").click()
    page.get_by_role("button", name=re.compile("^Save")).click()
    expect(page.get_by_text("It is in force at once.")).to_be_visible()


def test_a_topic_reaches_those_whom_it_interests_and_who_may_read_it(
    served: Served, sign_in: SignIn
) -> None:
    reader, shut_out, writer = sign_in(SELLER), sign_in("david.miller"), sign_in(LEADER)
    for page in (reader, shut_out):
        follow(page, served.address, "granite")
    writer.goto(f"{served.address}/forum/new/topic")
    writer.fill("#subject", "New granite tables")
    writer.fill("#body", "They are **flat**. <script>document.title='broken'</script>")
    writer.fill("#category", "Ideas")
    pick(writer, "for", "Keller")
    writer.get_by_role("button", name="Save").click()
    expect(writer.locator(".rich strong")).to_have_text("flat")
    assert "broken" not in writer.title()
    mailbox = f"{served.address}/mail_anna_keller/listing/unread_memos"
    wait_for_text(reader, mailbox, "New granite tables").click()
    expect(reader.locator(".rich")).to_contain_text("because you follow the word granite")
    shut_out.goto(f"{served.address}/mail_david_miller/listing/unread_memos")
    expect(shut_out.get_by_text("granite")).to_have_count(0)
    shut_out.goto(f"{served.address}/forum/listing/topics_by_date")
    expect(shut_out.get_by_text("granite")).to_have_count(0)


def follow(page: Page, address: str, word: str) -> None:
    """Let the person's interest profile name a word, with a digest at once."""
    page.goto(f"{address}/forum/listing/interests_by_person")
    if page.locator("a.main").count():
        page.locator("a.main").first.click()
        page.get_by_role("link", name="Edit").click()
    else:
        page.get_by_role("link", name="New Interest profile").click()
    page.fill("#words", word)
    page.select_option("#frequency", "immediately")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
