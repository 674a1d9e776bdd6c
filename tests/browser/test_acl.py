"""Access control as an administrator works with it: the dialog by mouse and keyboard, with and
without script, on a phone; what a change does, two at once, effective access and why."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import ADMINISTRATOR, LEADER, SELLER, navigate
from tests.views.serving import Served

SignIn = Callable[..., Page]
TRACKING = "/tracking/acl"
PAGES = (
    TRACKING,
    "/tracking/acl/log",
    f"/tracking/acl/effective?name={LEADER}",
    "/tracking/acl/why",
    f"/access?name={SELLER}",
)


def attributes(page: Page, entry: str) -> str:
    """Select an entry; returns the selector of its attributes."""
    page.locator("label.line", has_text=entry).click()
    return ".entry > input:checked ~ fieldset"


def level(page: Page) -> str:
    return page.locator(".entry > input:checked ~ fieldset select[name$='.level']").input_value()


def test_the_dialog_is_worked_by_keyboard_and_the_ticks_follow_the_level(
    served: Served, sign_in: SignIn
) -> None:
    page = sign_in(ADMINISTRATOR)
    page.goto(served.address + TRACKING)
    first = page.locator(".entry > input:checked")
    first.focus()
    seen = []
    for _ in range(6):
        seen.append(level(page))
        page.keyboard.press("ArrowDown")
    assert seen == ["No Access", "Manager", "Manager", "Editor", "Author", "Author"]
    shown = page.locator(attributes(page, "all staff"))
    tick = {name: shown.locator(f"input[value='{name}']") for name in ("create", "shared_views")}
    expect(tick["create"]).to_be_enabled()
    expect(tick["shared_views"]).to_be_disabled()
    shown.get_by_label("Level").select_option("Editor")
    expect(tick["create"]).to_be_disabled()
    expect(tick["create"]).to_be_checked()
    expect(tick["shared_views"]).to_be_enabled()
    shown.get_by_label("Level").select_option("No Access")
    expect(tick["create"]).not_to_be_checked()
    expect(shown.locator("input[value='replicate']")).to_be_disabled()
    shown.locator("input[value='read_public']").check()
    expect(shown.locator("input[value='replicate']")).to_be_enabled()


def test_the_list_is_narrowed_at_once(served: Served, sign_in: SignIn) -> None:
    page = sign_in(ADMINISTRATOR)
    page.goto(served.address + TRACKING)
    page.get_by_label("Show", exact=True).select_option("Manager")
    expect(page.locator("label.line:visible")).to_have_count(2)
    assert level(page) == "Manager"
    expect(page.get_by_text("2 of 6")).to_be_visible()
    page.get_by_label("Show", exact=True).select_option("group")
    expect(page.locator("label.line:visible")).to_have_count(4)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_an_entry_is_added_looked_at_and_saved(
    served: Served, sign_in: SignIn, script: bool
) -> None:
    page = sign_in(ADMINISTRATOR, java_script_enabled=script)
    navigate(page, "Customer tracking")
    page.get_by_role("link", name="Access control").click()
    page.get_by_label("Name", exact=True).last.fill("Anna Keller")
    page.get_by_role("button", name="Add").first.click()
    assert level(page) == "Reader"
    page.locator(".entry > input:checked ~ fieldset").get_by_label("[Leaders]").check()
    page.get_by_role("button", name="Save …").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What this changes")
    expect(page.get_by_text('"anna.keller" was added: Reader.')).to_be_visible()
    expect(page.get_by_text("Author → Reader")).to_be_visible()
    page.get_by_role("button", name="Back to editing").click()
    assert level(page) != ""
    page.locator("label.line", has_text="Anna Keller").click()
    assert level(page) == "Reader"
    page.get_by_role("button", name="Save …").click()
    page.get_by_role("button", name=re.compile("^Save")).click()
    expect(page.get_by_text("Saved. It is in force at once.")).to_be_visible()
    page.get_by_role("link", name="Log").click()
    expect(page.get_by_text('"anna.keller" got the role [Leaders].')).to_be_visible()


def test_leaving_with_something_unsaved_is_asked_about(served: Served, sign_in: SignIn) -> None:
    page = sign_in(ADMINISTRATOR)
    page.goto(served.address + TRACKING)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_role("link", name="Log").click()
    expect(page.get_by_text("Nobody changed it yet.")).to_be_visible()
    assert asked == []
    page.goto(served.address + TRACKING)
    page.locator(attributes(page, "all staff")).get_by_label("Level").select_option("Reader")
    page.get_by_role("link", name="Log").click()
    expect(page.get_by_text("Nobody changed it yet.")).to_be_visible()
    assert asked == ["beforeunload"]


def test_two_windows_that_save_are_put_together(served: Served, sign_in: SignIn) -> None:
    one, two = sign_in(ADMINISTRATOR), sign_in(ADMINISTRATOR)
    for page, chosen in ((one, "Reader"), (two, "Editor")):
        page.goto(served.address + TRACKING)
        page.locator(attributes(page, "all staff")).get_by_label("Level").select_option(chosen)
    for page in (one, two):
        page.get_by_role("button", name="Save …").click()
        if page is one:
            page.get_by_role("button", name=re.compile("^Save")).click()
    expect(two.get_by_text('"all-staff" has Reader instead of Author.')).to_be_visible()
    two.get_by_label(re.compile("Editor")).check()
    two.get_by_role("button", name="Put together …").click()
    expect(two.get_by_text('"all-staff" has Editor instead of Reader.')).to_be_visible()
    two.get_by_role("button", name=re.compile("^Save")).click()
    expect(two.get_by_text("Saved. It is in force at once.")).to_be_visible()


def test_from_a_document_to_who_sees_it_and_why(served: Served, sign_in: SignIn) -> None:
    page = sign_in(SELLER)
    page.goto(f"{served.address}/tracking/listing/my_open_deals?flat=1")
    page.locator("main table a.main").first.click()
    page.get_by_role("link", name="Who can see this, and why?").click()
    expect(page.get_by_text("open to the person")).to_be_visible()
    page.get_by_label("Person, group").fill("He Meiling")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("He Meiling › Managers of Anna Keller").first).to_be_visible()
    page.get_by_label("Person, group").fill("li.na")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("The document is not open to the person.").first).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_nothing_sticks_out_on_a_phone(served: Served, sign_in: SignIn, language: str) -> None:
    page = sign_in(ADMINISTRATOR, width=400, language=language)
    deal = page.context.request.get(f"{served.address}/tracking/listing/deals_by_name").text()
    document = re.search(r'href="(/tracking/deal:[0-9a-f]+)"', deal)
    assert document
    wide = []
    for path in (*PAGES, f"/tracking/acl/why?document={document[1]}&name={LEADER}"):
        answer = page.goto(served.address + path)
        assert answer and answer.status == 200, path
        if page.evaluate("document.documentElement.scrollWidth") > 400:
            wide.append(path)
    page.goto(served.address + TRACKING)
    for tab in ("roles", "advanced", "entries"):
        page.locator(f"label[for=tab-{tab}]").click()
        expect(page.locator(f".pane.{tab}")).to_be_visible()
        if page.evaluate("document.documentElement.scrollWidth") > 400:
            wide.append(tab)
    assert wide == []


def test_every_field_of_the_dialog_has_a_name(served: Served, sign_in: SignIn) -> None:
    page = sign_in(ADMINISTRATOR)
    page.goto(served.address + TRACKING)
    nameless = page.evaluate(
        """() => Array.from(document.querySelectorAll("form.acl :is(input, select, button)"))
          .filter(one => one.type !== "hidden" && !one.hidden)
          .filter(one => !(one.labels && one.labels.length) && !one.getAttribute("aria-label")
                         && !one.textContent.trim())
          .map(one => one.outerHTML)"""
    )
    assert nameless == []
