"""An office for each test, on a real store in a directory of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin import Office
from tests.plugin.company import Company, begin
from tests.plugin.kit import Kit
from tests.plugin.offices import Served, make_office, serving


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    kit = Kit(tmp_path)
    yield kit
    kit.office.close()


@pytest.fixture(scope="session")
def made_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a company on the real modules, made once and copied for each test."""
    path = tmp_path_factory.mktemp("company") / "data"
    begin(path)
    return path


@pytest.fixture
def company(made_company: Path, tmp_path: Path) -> Iterator[Company]:
    shutil.copytree(made_company, tmp_path / "data")
    company = Company(tmp_path / "data")
    yield company
    company.office.close()


@pytest.fixture(scope="session")
def made_office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of `make_office`, made once and copied for each test."""
    path = tmp_path_factory.mktemp("office") / "data"
    make_office(path).close()
    return path


@pytest.fixture
def office(made_office: Path, tmp_path: Path) -> Iterator[Office]:
    shutil.copytree(made_office, tmp_path / "office")
    with Office.open(tmp_path / "office") as office:
        yield office


@pytest.fixture
def served(office: Office) -> Iterator[Served]:
    with serving(office) as served:
        yield served
