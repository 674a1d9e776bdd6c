"""Make the pictures of the guides from a fresh demo company: `make pictures`.

Needs Chromium and a Chinese font, as the browser tests do.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from docs.small_png import small
from plugin import Office
from plugin.runtime.cli import DONE, run
from plugin.runtime.demo import PASSWORD
from plugin.runtime.replica.laptop import Replica, register
from plugin.runtime.replica.subset import WHOLE, Subset
from tests.browser.conftest import NAMES, OPTIONS
from tests.views.serving import serving

PICTURES = Path(__file__).resolve().parent / "pictures"
LARGEST = 200_000
"""Bytes; a guide must not be heavy to load."""
SALES, MANAGER, ADMINISTRATOR = "anna.keller", "he.meiling", "chen.jing"


@dataclass(frozen=True)
class Picture:
    """One picture: whose page, and how to get there from the start page. `width` and `height` are
    CSS pixels; `prepare` does something to the data directory first."""

    name: str
    person: str
    go: Callable[[Page], None]
    language: str = "en"
    width: int = 1280
    height: int = 800
    prepare: Callable[[Path], None] | None = None


def to(path: str) -> Callable[[Page], None]:
    """Open a page of the shell."""
    return lambda page: follow(page, path)


def first_row(path: str) -> Callable[[Page], None]:
    """Open the first document of a listing."""

    def go(page: Page) -> None:
        follow(page, path)
        follow(page, address(page, "main table a.main"))

    return go


def first_category(path: str) -> Callable[[Page], None]:
    """Open a listing and unfold its first category."""

    def go(page: Page) -> None:
        follow(page, path)
        follow(page, address(page, "main table a[aria-expanded]"))

    return go


def customer_of_a_deal(page: Page) -> None:
    """From one of my deals to its customer: one of which there is something to see."""
    first_row("/tracking/listing/my_open_deals")(page)
    follow(page, address(page, "main dl a[href^='/customers/']"))


def change_of_the_list(page: Page) -> None:
    """What taking a level from everybody would do, before it is saved."""
    follow(page, "/tracking/acl")
    page.locator("label.line", has_text="all staff").click()
    page.locator(".entry > input:checked ~ fieldset select[name$='.level']").select_option(
        "No Access"
    )
    page.locator("label.line", has_text="Company leaders").click()
    page.locator(".entry > input:checked ~ fieldset .remove").check()
    page.locator("button[value=check]").click()
    page.locator("main .effect").first.wait_for()


def why(page: Page) -> None:
    """From one of my deals to why my manager sees it."""
    first_row("/tracking/listing/my_open_deals")(page)
    follow(page, address(page, "main .facts a") + f"&name={MANAGER}")


def dialog(page: Page) -> None:
    """The dialog of a list with a group selected."""
    follow(page, "/tracking/acl")
    page.locator("label.line", has_text="Company leaders").click()


def conflict(page: Page) -> None:
    """From the deal that has one to the page that settles it."""
    follow(page, "/tracking/listing/deals_by_name")
    follow(page, address(page, "main tr:has(.clash) a.main"))
    follow(page, address(page, "main .notice a"))


def address(page: Page, selector: str) -> str:
    """Where a link leads, without the jump within the page."""
    href = page.locator(selector).first.get_attribute("href")
    assert href, selector
    return href.partition("#")[0]


def follow(page: Page, path: str) -> None:
    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + path)


def make_conflict(data: Path) -> None:
    """Let one deal be changed here and on a laptop in the same item, as replication would."""
    with Office.open(data) as office:
        session = office.session(office.directory.identity(SALES))
        deals = session.database("tracking")
        row = session.listing("tracking", "my_open_deals").page(limit=1).rows[0]
        before = deals.open(row.id)
        deals.save(before.id, before.rev, {"progress": "Offer sent, answer expected on Friday"})
        after = deals.open(before.id).raw
        generation, _, parent = before.rev.partition("-")
        branch = {
            **after,
            "progress": "They want a second measuring table",
            "_rev": f"{int(generation) + 1}-{'0' * 32}",
            "_revisions": {"start": int(generation) + 1, "ids": ["0" * 32, parent]},
        }
        answers = office.server.database("tracking").bulk_docs([branch], new_edits=False)
        assert not answers, answers


PLAN = (
    Picture("start", SALES, to("/")),
    Picture("deals", MANAGER, first_category("/tracking/listing/deals_by_stage")),
    Picture("customer", SALES, customer_of_a_deal),
    Picture("chase", SALES, first_row("/tracking/listing/my_open_chases"), height=640),
    Picture("acl", ADMINISTRATOR, dialog, height=880),
    Picture("acl_changes", ADMINISTRATOR, change_of_the_list, height=720),
    Picture("acl_why", SALES, why, height=1000),
    Picture("start.zh", "li.na", to("/"), language="zh_Hans"),
    Picture("phone", SALES, to("/"), width=360, height=720),
    Picture("conflict", SALES, conflict, height=480, prepare=make_conflict),
)

LAPTOP = (
    Picture("laptop", SALES, to("/laptop"), height=640),
    Picture("laptop_choose", SALES, to("/laptop/choose"), height=560),
    Picture("laptop_choose.zh", SALES, to("/laptop/choose"), language="zh_Hans", height=560),
)
"""Pages of a laptop while its office is there."""


def laptop_of(office: str, data: Path) -> Path:
    """A laptop of the person in the pictures."""
    register(data, office, SALES, PASSWORD, "laptop")
    with Office.open(data) as laptop:
        replica = Replica(laptop)
        replica.choose({"customers": WHOLE, "tracking": Subset(mine=True), "knowledge": WHOLE})
        replica.sync()
    return data


def main() -> int:
    """Make all pictures; the exit code."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        print("No Chromium here; on Debian: apt-get install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        if run(["--data", str(data), "demo"]) != DONE:
            return 1
        with serving(data) as served, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=found, args=list(OPTIONS))
            for picture in PLAN:
                if picture.prepare:
                    picture.prepare(data)
                take(browser, served.address, picture)
            with serving(laptop_of(served.address, Path(folder) / "laptop")) as laptop:
                for picture in LAPTOP:
                    take(browser, laptop.address, picture)
            browser.close()
    return 0


def take(browser: Browser, office: str, picture: Picture) -> None:
    """Sign the person in, go there and write the picture."""
    size = {"width": picture.width, "height": picture.height}
    context = browser.new_context(viewport=size, color_scheme="light")  # type: ignore[arg-type]
    context.add_cookies([{"name": "language", "value": picture.language, "url": office}])
    page = context.new_page()
    page.goto(f"{office}/sign-in")
    page.fill("#login", picture.person)
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.wait_for_url(f"{office}/")
    picture.go(page)
    page.wait_for_load_state("networkidle")
    png = small(page.screenshot())
    context.close()
    assert len(png) <= LARGEST, f"{picture.name}: {len(png)} bytes"
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / f"{picture.name}.png").write_bytes(png)
    print(f"{picture.name}.png: {len(png)} bytes")


if __name__ == "__main__":
    sys.exit(main())
