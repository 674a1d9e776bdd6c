"""A small company in a real office: a leader, two sales people and one who left."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plugin import Office
from tests.mailbridge.authority import Authority
from tests.mailbridge.smtp_server import SmtpServer
from tests.plugin.steady_clock import SteadyClock

PEOPLE: dict[str, dict[str, Any]] = {
    "wei.li": {"name_zh": "李伟", "language": "zh_Hans"},
    "anna.snelling": {"manager": "wei.li", "language": "zh_Hans"},
    "bo.chen": {"manager": "wei.li", "language": "en"},
    "max.gone": {"manager": "wei.li", "active": False},
}


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of the company, to be copied."""
    path = tmp_path_factory.mktemp("seed") / "data"
    # Made in the past, so that tests may let time begin where they like.
    early = datetime(2026, 1, 1, tzinfo=UTC)
    with Office.create(path, clock=lambda: early) as office:
        people = office.system().database("settings")
        for name, items in PEOPLE.items():
            latin = name.replace(".", " ").title()
            mail = f"{name}@example.com"
            said = {"login": name, "name_latin": latin, "mail": mail, "time_zone": "UTC", **items}
            people.create("person", said, id=f"person:{name}")
    return path


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def data(seed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(seed, tmp_path / "data"))


@pytest.fixture
def clock() -> SteadyClock:
    return SteadyClock()


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    server = SmtpServer()
    yield server
    server.stop()


@pytest.fixture
def open_office(
    data: Path, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Office]]:
    """Opens the company's office, with the mail server in its settings."""
    monkeypatch.setenv("DIVAN_SMTP_URL", f"smtp://127.0.0.1:{smtp.port}")
    monkeypatch.setenv("DIVAN_SMTP_FROM", "divan@example.com")
    opened: list[Office] = []

    def opens(clock: Callable[[], datetime] | None = None) -> Office:
        office = Office.open(data, clock=clock) if clock else Office.open(data)
        opened.append(office)
        return office

    yield opens
    for office in opened:
        office.close()


@pytest.fixture
def office(open_office: Callable[..., Office], clock: SteadyClock) -> Office:
    """The office at a time that stands still."""
    return open_office(clock)
