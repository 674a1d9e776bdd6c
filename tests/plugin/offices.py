"""An office with a few people, and its replication endpoint on loopback, for tests of replicas."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask

from plugin import Credentials, Document, Office, Session, stamp
from plugin.runtime.replica.laptop import Replica, register
from plugin.runtime.replica.sync import Synced
from store.node.listen import HttpServer
from views.replication import mount

QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
PASSWORD = "a long enough password"
PEOPLE = {
    "dustin.brinkmann": {"name_latin": "Dustin Brinkmann", "department": "Sales"},
    "anna.snelling": {"name_latin": "Anna Snelling", "manager": "dustin.brinkmann"},
    "zane.levy": {"name_latin": "Zane Levy"},
}


def make_office(path: Path) -> Office:
    """An office with three people who have passwords; Dustin is Anna's manager."""
    office = Office.create(path)
    fill_office(office)
    return office


def fill_office(office: Office) -> None:
    """Add the people of `make_office`."""
    people = office.system().database("settings")
    credentials = Credentials(office.server, hasher=QUICK)
    for name, items in PEOPLE.items():
        people.create("person", {**items, "active": True}, id=f"person:{name}")
        credentials.set_password(name, PASSWORD)


def as_person(office: Office, name: str) -> Session:
    return office.session(office.directory.identity(name))


def customer(office: Office, owner: str, name: str, **items: object) -> Document:
    """A customer that `owner` made and owns."""
    door = as_person(office, owner).database("customers")
    return door.create("customer", {"name": name, "owner": owner, **items})


def marked(doc: Mapping[str, Any], by: str, at: str = "", **items: Any) -> dict[str, Any]:
    """The document with other items, as an honest program writes the child of a version, now."""
    at = at or stamp(datetime.now(UTC))
    generation = int(str(doc["_rev"]).partition("-")[0]) + 1
    changed = {**(doc.get("changed") or {}), **{name: [generation, at, by] for name in items}}
    return {**doc, "updated": {"at": at, "by": by}, "changed": changed, **items}


class Served:
    """An office's endpoint that can be stopped and started at one address."""

    def __init__(self, office: Office, port: int = 0) -> None:
        self.office = office
        self.app = Flask("office")
        mount(self.app, office, Credentials(office.server, hasher=QUICK))
        self.port = port
        self.start()

    def start(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self.server = HttpServer(self.app, listener)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()

    def stop(self) -> None:
        self.server.stop()
        self.thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(office: Office, port: int = 0) -> Iterator[Served]:
    served = Served(office, port)
    try:
        yield served
    finally:
        served.stop()


def clone(data: Path, served: Served, person: str) -> None:
    register(data, served.url, person, PASSWORD, "test")
    sync(data)


def sync(data: Path) -> dict[str, Synced]:
    """One whole sync; what it did, by database."""
    with Office.open(data) as laptop:
        return {done.database: done for done in Replica(laptop).sync()}


def stored_text(data: Path) -> bytes:
    """All that the data directory's files hold, indexes and logs included."""
    return b"".join(path.read_bytes() for path in (data / "store").rglob("*") if path.is_file())
