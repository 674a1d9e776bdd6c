"""A small company on the seven real modules, for the tests of the modules."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from plugin import AgentRunner, Document, Documents, Module, Office, Session
from plugin.customers import module as customers
from plugin.forum import module as forum
from plugin.knowledge import module as knowledge
from plugin.mail import module as mail
from plugin.service import module as service
from plugin.settings import module as settings
from plugin.tracking import module as tracking

MODULES: tuple[Module, ...] = (settings, customers, tracking, service, knowledge, forum, mail)
NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

PEOPLE: dict[str, dict[str, Any]] = {
    "boss": {"name_latin": "Bo Ss"},
    "manager": {"name_latin": "Mana Ger", "manager": "boss"},
    "anna": {"name_latin": "Anna", "name_zh": "安娜", "manager": "manager"},
    "ben": {"name_latin": "Ben", "manager": "manager"},
    "carla": {"name_latin": "Carla"},
    "sue": {"name_latin": "Sue"},
    "admin": {"name_latin": "Ada Min"},
    "guest": {"name_latin": "Guest", "external": True},
}
GROUPS = {"leaders": ["boss"], "service": ["sue"], "administrators": ["admin"]}


class Company:
    """The office. Its clock stands still until `tick`."""

    def __init__(self, office_data: Path) -> None:
        self.now = NOW
        self.office = Office.open(office_data, clock=lambda: self.now, modules=MODULES)
        self.runner = AgentRunner(self.office)

    @property
    def system(self) -> Session:
        return self.office.system()

    def session(self, name: str) -> Session:
        return self.office.session(self.office.directory.identity(name))

    def door(self, name: str, database: str) -> Documents:
        return self.session(name).database(database)

    def tick(self, **parts: float) -> None:
        self.now += timedelta(**parts)

    def run(self) -> None:
        """Run all agents and jobs until nothing is left, and expect no failure."""
        self.runner.run_once()
        for name, status in self.runner.status().items():
            assert not status["retry"], f"{name}: {status['retry']}"

    def customer(self, owner: str, /, **items: Any) -> Document:
        given = {"name": "明珠精密机械有限公司", "region": "East China", "industry": "Automotive"}
        return self.door(owner, "customers").create("customer", {**given, **items})

    def deal(self, owner: str, /, **items: Any) -> Document:
        """A deal of a new customer of that owner."""
        given: dict[str, Any] = {"name": "三坐标测量机", "amount": yuan("1000.00")}
        if "customer" not in items:
            given["customer"] = self.customer(owner).id
        return self.door(owner, "tracking").create("deal", {**given, **items})

    def notices(self) -> dict[str, Mapping[str, Any]]:
        """What lies in the outbox, by id."""
        rows = self.system.listing("outbox", "outgoing_by_person").all_rows()
        return {row.id: row.document.raw for row in rows}


def begin(office_data: Path) -> None:
    """Make the office with its people and groups."""
    with Office.create(office_data, clock=lambda: NOW, modules=MODULES) as office:
        door = office.system().database("settings")
        for name, items in PEOPLE.items():
            door.create("person", {"login": name, **items}, id=f"person:{name}")
        for name, members in GROUPS.items():
            group = door.create("group", {"name": name, "title": name}, id=f"group:{name}")
            door.save(group.id, group.rev, {"members": members})


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}
