"""A small office with people, customers and deals, made once and copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from plugin import Credentials, Office, add_person, make_administrator
from tests.views.kit import NAMES, PASSWORD, door
from views import create_app

MANAGERS = {"anna.snelling": "dustin.brinkmann", "cecily.lampkin": "dustin.brinkmann"}
FIRMS = (
    ("isdom", "Isdom", "East China"),
    ("huaneng", "上海华能科技", "East China"),
    ("cancity", "Cancity", "North China"),
)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory that the tests copy."""
    path = tmp_path_factory.mktemp("office") / "data"
    with Office.create(path) as office:
        credentials = Credentials(office.server, office.clock)
        for name, title in NAMES.items():
            manager = {"manager": MANAGERS[name]} if name in MANAGERS else {}
            add_person(office, name, {"name_latin": title, "language": "en", **manager})
            credentials.set_password(name, PASSWORD)
        make_administrator(office, "rita.root")
        customers = door(office, "anna.snelling", "customers")
        for slug, title, region in FIRMS:
            customers.create("customer", {"name": title, "region": region}, id=f"customer:{slug}")
        deals = door(office, "anna.snelling", "tracking")
        for number, (slug, _, _) in enumerate(FIRMS * 2, 1):
            amount = {"amount": str(1000 * number), "currency": "USD"}
            items = {"name": f"Deal {number}", "customer": f"customer:{slug}", "amount": amount}
            deals.create("deal", items, id=f"deal:{number}")
    return path


@pytest.fixture
def office(template: Path, tmp_path: Path) -> Iterator[Office]:
    path = tmp_path / "data"
    shutil.copytree(template, path)
    with Office.open(path) as office:
        yield office


@pytest.fixture
def app(office: Office) -> Flask:
    return create_app(office)
