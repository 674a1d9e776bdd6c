"""The shell itself: languages, colours, widths, without script, a new office."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import ADMINISTRATOR, LEADER, SELLER
from tests.views.serving import Served, serving

SignIn = Callable[..., Page]


@pytest.fixture(scope="module")
def served(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests of this file: they only add documents."""
    data = tmp_path_factory.mktemp("shared") / "data"
    shutil.copytree(company, data)
    with serving(data, "--no-services") as served:
        yield served


PAGES = (
    "/",
    "/tracking/",
    "/tracking/listing/deals_by_region",
    "/tracking/listing/deals_by_name",
    "/customers/listing/customers_by_name?flat=1",
    "/customers/new/customer",
    "/forum/listing/topics_by_date",
    "/knowledge/",
    "/service/",
    "/settings/",
    "/tracking/acl",
    "/search?q=价格",
)


@pytest.mark.parametrize("width", [360, 768, 1000, 1400])
def test_nothing_sticks_out_at_any_width(served: Served, sign_in: SignIn, width: int) -> None:
    page = sign_in(SELLER, width=width, language="zh_Hans" if width == 360 else "en")
    wide = []
    for path in PAGES:
        answer = page.goto(served.address + path)
        assert answer and answer.status == 200, path
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(path)
    assert wide == []


def test_every_page_of_the_navigator_opens(served: Served, sign_in: SignIn) -> None:
    page = sign_in(ADMINISTRATOR)
    seen: set[str] = set()
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        answer = page.goto(served.address + path)
        assert answer and answer.status == 200, path
        seen.add(path)
        links = page.eval_on_selector_all(
            "#navigator a", "all => all.map(a => a.getAttribute('href'))"
        )
        known = {*seen, *waiting}
        waiting += [link for link in links if link.startswith("/") and link not in known]
    assert len(seen) > 30


def test_the_first_document_of_every_listing_opens(served: Served, sign_in: SignIn) -> None:
    page = sign_in(LEADER)
    opened = set()
    for path in ("customers", "tracking", "service", "knowledge", "forum", "mail_he_meiling"):
        page.goto(f"{served.address}/{path}/")
        links = page.eval_on_selector_all(
            "#navigator .entries a", "all => all.map(a => a.getAttribute('href'))"
        )
        for link in links:
            page.goto(f"{served.address}{link}?flat=1")
            if not page.locator("a.main").count():
                continue
            page.locator("a.main").first.click()
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert "/listing/" not in page.url
            opened.add(page.url)
    assert len(opened) > 12


def test_language_and_colours_are_chosen_in_the_bar(sign_in: SignIn) -> None:
    page = sign_in(SELLER)
    page.get_by_label("Language").click()
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("您好")
    page.get_by_label("外观").click()
    page.get_by_role("button", name="深色").click()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark == "rgb(20, 24, 29)"


def test_the_colours_follow_the_system(sign_in: SignIn) -> None:
    page = sign_in(SELLER, color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_the_navigator_opens_and_closes_on_a_phone(sign_in: SignIn) -> None:
    page = sign_in(SELLER, width=360)
    expect(page.locator("#navigator")).to_be_hidden()
    page.get_by_role("link", name="Open the navigator").click()
    page.locator("#navigator").get_by_role("link", name="Customers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Customers")
    page.get_by_role("link", name="Open the navigator").click()
    page.keyboard.press("Escape")
    expect(page.locator("#navigator")).to_be_hidden()


def test_everything_works_without_script(served: Served, sign_in: SignIn) -> None:
    page = sign_in(SELLER, java_script_enabled=False)
    page.goto(f"{served.address}/tracking/new/deal")
    page.fill("#name", "By hand")
    page.fill("[name='customer.search']", "a")
    page.locator("button[name=find][value=customer]").click()
    assert page.input_value("#name") == "By hand"
    page.locator("#customer").select_option(index=1)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("By hand")
    page.locator("summary").get_by_text("Mark as lost").click()
    page.locator("[name='lose.lost_reason']").select_option(index=1)
    page.get_by_role("button", name="Mark as lost").click()
    expect(page.locator("h1 .state")).to_have_text("Lost")


def test_the_box_at_the_top_finds_while_one_types(served: Served, sign_in: SignIn) -> None:
    page = sign_in(LEADER)
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search everywhere")
    expect(box).to_be_focused()
    box.press_sequentially("beijingf")
    lines = page.locator("#search-found [role=option]")
    expect(lines.first).to_be_visible()
    title = lines.first.evaluate("line => line.firstChild.textContent")
    box.press("ArrowDown")
    expect(lines.first).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    box.fill("zzzz")
    expect(page.locator("#search-found")).to_have_text("Nothing found.")
    box.press("Escape")
    expect(page.locator("#search-found")).to_be_hidden()
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Search")


def test_enter_in_a_field_saves_and_does_not_search(served: Served, sign_in: SignIn) -> None:
    page = sign_in(SELLER)
    page.goto(f"{served.address}/tracking/new/deal")
    page.fill("#name", "Quick one")
    page.locator("#name").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Quick one")


def test_two_windows_change_the_same_item(served: Served, sign_in: SignIn) -> None:
    seller, leader = sign_in(SELLER), sign_in(LEADER)
    seller.goto(f"{served.address}/tracking/listing/my_open_deals")
    seller.locator("a.main").first.click()
    url = seller.url
    for page, text in ((seller, "Ours to win"), (leader, "Hopeless")):
        page.goto(f"{url}/edit")
        page.fill("#progress", text)
    leader.get_by_role("button", name="Save").click()
    leader.wait_for_url(url)
    seller.fill("#interest", "Two tables")
    seller.get_by_role("button", name="Save").click()
    expect(seller.get_by_text("Somebody else changed the same items")).to_be_visible()
    seller.get_by_text("Hopeless").click()
    seller.get_by_role("button", name="Save what is chosen").click()
    seller.wait_for_url(url)
    items = seller.locator("dl.items")
    expect(items.get_by_text("Hopeless")).to_be_visible()
    expect(items.get_by_text("Two tables")).to_be_visible()


def test_a_new_office_begins_with_its_first_administrator(
    tmp_path: Path, open_page: Callable[..., Page]
) -> None:
    with serving(tmp_path / "office", "--no-services") as served:
        line = next(line for line in served.lines if "/setup/" in line)
        page = open_page(served.address)
        page.goto(line.rpartition(" ")[2])
        page.fill("#name", "Ada First")
        page.fill("#login", "ada.first")
        page.fill("#password", "a long first password")
        page.fill("#again", "a long first password")
        page.get_by_role("button", name="Begin").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Ada First")
        page.goto(f"{served.address}/settings/listing/people_by_name")
        expect(page.get_by_role("link", name=re.compile("Ada First"))).to_be_visible()
        page.goto(line.rpartition(" ")[2])
        expect(page.get_by_text("This link was used already")).to_be_visible()
