"""People of the demo company and what the walks do again and again."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from plugin.runtime.demo import PASSWORD

__all__ = [
    "ADMINISTRATOR",
    "LEADER",
    "PASSWORD",
    "SELLER",
    "navigate",
    "pick",
    "wait_for_text",
    "wait_until",
]

SELLER, LEADER, ADMINISTRATOR = "anna.keller", "he.meiling", "chen.jing"
MOST = 40
"""Times that a page is loaded again until what others do in the background has arrived."""


def navigate(page: Page, *titles: str) -> None:
    """Click through the navigator."""
    for title in titles:
        page.locator("#navigator").get_by_role("link", name=re.compile(rf"^\s*{title}")).click()


def pick(page: Page, item: str, words: str) -> None:
    """Search in a picker as one types, and take the first that is found."""
    page.locator(f"#{item}-search").fill(words)
    found = page.locator(f"#{item}-found [role=option]")
    found.first.wait_for()
    page.locator(f"#{item}-search").press("Enter")
    expect(page.locator(f".picker:has(#{item}) .chip")).to_have_count(1)


def wait_for_text(page: Page, url: str, text: str) -> Locator:
    """Load a page until it shows a text; what the server does in the background takes seconds."""
    for _ in range(MOST):
        page.goto(url)
        found = page.get_by_text(text).first
        if found.count():
            return found
        page.wait_for_timeout(500)
    raise AssertionError(f"{url} never showed {text!r}: {page.locator('main').inner_text()}")


def wait_until(page: Page, done: Callable[[], bool]) -> None:
    """Wait for something outside of the browser, a fair time."""
    for _ in range(MOST):
        if done():
            return
        page.wait_for_timeout(500)
    raise AssertionError("it did not happen in time")
