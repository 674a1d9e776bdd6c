"""A real Chromium against a real `divan serve` with the demo company."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from plugin.runtime.cli import run
from tests.browser.people import PASSWORD
from tests.views.serving import Served, serving

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SignIn = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them in one worker: one browser, one demo company."""
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
            item.add_marker(pytest.mark.timeout(240))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; each test has contexts of its own."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no Chromium on this machine (looked for {', '.join(NAMES)})")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(OPTIONS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo company, made once by the command that people use."""
    path = tmp_path_factory.mktemp("demo") / "data"
    assert run(["--data", str(path), "demo", "--customers", "24"]) == 0
    return path


@pytest.fixture
def data(company: Path, tmp_path: Path) -> Path:
    """A copy of the demo company for one test."""
    path = tmp_path / "data"
    shutil.copytree(company, path)
    return path


@pytest.fixture
def served(data: Path) -> Iterator[Served]:
    with serving(data) as served:
        yield served


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a browser window of its own: `open_page(address, language="en", width=1200 …)`.

    A script error, or a file that the policy of the page shuts out, fails the test.
    """
    contexts, wrong = [], []

    def open_(address: str, *, language: str = "en", width: int = 1200, **options: object) -> Page:
        size = {"width": width, "height": 900}
        context = chromium.new_context(viewport=size, **options)  # type: ignore[arg-type]
        context.set_default_timeout(30_000)
        context.add_cookies([{"name": "language", "value": language, "url": address}])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda told: wrong.append(told.text) if "Content Security" in told.text else None,
        )
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not wrong, wrong


@pytest.fixture
def sign_in(served: Served, open_page: Callable[..., Page]) -> SignIn:
    """Opens a window and signs a person of the demo in by the page."""

    def sign_in_(login: str, **options: object) -> Page:
        page = open_page(served.address, **options)
        page.goto(f"{served.address}/sign-in")
        page.fill("#login", login)
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.wait_for_url(f"{served.address}/")
        return page

    return sign_in_
