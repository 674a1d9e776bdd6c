"""Peers that others wrote replicate with an office: PouchDB, pouchdb-server, CouchDB's replicator.

Each over an office on the embedded store and over one whose store is reached over CouchDB's
protocol, which is a real CouchDB where DIVAN_TEST_COUCHDB_URL names one.
"""

import base64
import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from plugin import Office
from plugin.runtime.clock import stamp, utcnow
from plugin.runtime.replica.remote import Remote
from store.api import Database, Server
from store.couch.opening import open_couch
from store.types import BasicAuth, ViewOptions
from tests.node import pouchdb_server
from tests.node.pouchdb import PouchDB, pouchdb
from tests.plugin.offices import (
    PASSWORD,
    Served,
    as_person,
    customer,
    fill_office,
    serving,
)
from tests.plugin.shared_store import COUCHDB_URL, Shared, couchdb, data_directory
from tests.store.nodes import served_node, trusting
from tests.store.sides import address, ask, couchdb_login, facts, fresh, with_login
from tests.store.waiting import until

SECRET = "a secret of this test"
ANNA = "anna.snelling"


@dataclass(frozen=True)
class Peer:
    """A server that replicates by itself; `there` is its database as it is told of it."""

    url: str
    login: BasicAuth | None
    server: Server
    database: Database

    @contextmanager
    def edit(self, doc: dict[str, Any]) -> Iterator[Any]:
        """A database of the peer that holds the next revision of a document alone. Apart, because
        the engine of pouchdb-server cannot follow a `require` within a library, as our design
        documents have it, and then takes no document that somebody writes."""
        start, parent = doc["_rev"].split("-")
        rev = hashlib.md5(json.dumps(doc).encode(), usedforsecurity=False).hexdigest()
        line = {"start": int(start) + 1, "ids": [rev, parent]}
        new = {**doc, "_rev": f"{int(start) + 1}-{rev}", "_revisions": line}
        with fresh(self.server) as database:
            assert database.bulk_docs([new], new_edits=False) == []
            yield self._told(database)

    @property
    def there(self) -> Any:
        return self._told(self.database)

    def _told(self, database: Database) -> Any:
        if self.login is None:
            return database.name
        return address(f"{self.url}/{database.name}", self.login)


@pytest.fixture(params=["embedded", "over CouchDB"])
def office(request: pytest.FixtureRequest, made_office: Path, tmp_path: Path) -> Iterator[Office]:
    if request.param == "embedded":
        shutil.copytree(made_office, tmp_path / "office")
        with Office.open(tmp_path / "office") as office:
            yield office
    elif COUCHDB_URL:
        with couchdb() as shared:
            if not shared.proxy_secret:
                pytest.skip("DIVAN_TEST_COUCHDB_SECRET is not set")
            yield from _on(shared, tmp_path)
    else:
        login = BasicAuth("admin", "only in this test")
        with served_node(tmp_path / "couch", login, trusting(SECRET)) as url:
            yield from _on(Shared(url, login, SECRET), tmp_path)


def _on(shared: Shared, path: Path) -> Iterator[Office]:
    with Office.create(data_directory(path / "office", shared)) as office:
        fill_office(office)
        yield office


@pytest.fixture
def served(office: Office) -> Iterator[Served]:
    with serving(office) as served:
        yield served


def token(served: Served) -> str:
    return str(Remote(served.url).sign_in(ANNA, PASSWORD, "a peer")["token"])


@pytest.fixture
def pouch(served: Served) -> Iterator[PouchDB]:
    with pouchdb(f"{served.url}/replicate/customers", f"Bearer {token(served)}") as pouch:
        yield pouch


def edited(doc: dict[str, Any], **items: Any) -> dict[str, Any]:
    """The document as an honest offline program would write it: its stamps moved on."""
    at = stamp(utcnow())
    changed = doc.get("changed", {}) | {
        name: [doc.get("changed", {}).get(name, [0])[0] + 1, at, ANNA] for name in items
    }
    return doc | items | {"updated": {"at": at, "by": ANNA}, "changed": changed}


def test_pouchdb_replicates_both_ways_what_the_person_may_read(
    office: Office, pouch: PouchDB
) -> None:
    mine = customer(office, ANNA, "Acme of Anna")
    secret = customer(office, "zane.levy", "Zane's secret customer")
    door = as_person(office, ANNA).database("customers")
    saved = door.attach(mine.id, mine.rev, "note.txt", b"from the office", "text/plain")
    pulled = pouch.do("pull")
    assert (pulled["ok"], pulled["doc_write_failures"]) == (True, 0)
    ids = pouch.do("ids")
    assert mine.id in ids
    assert secret.id not in ids
    here = pouch.do("get", id=mine.id)
    assert here["_rev"] == saved.rev
    assert base64.b64decode(here["_attachments"]["note.txt"]["data"]) == b"from the office"
    here["_attachments"]["back.txt"] = {
        "content_type": "text/plain",
        "data": base64.b64encode(b"from PouchDB").decode(),
    }
    pouch.do("put", doc=edited(here, address="New street"))
    pushed = pouch.do("push")
    assert (pushed["docs_written"], pushed["doc_write_failures"]) == (1, 0)
    there = door.open(mine.id)
    assert there.items["address"] == "New street"
    assert door.attachment(mine.id, "back.txt").data == b"from PouchDB"
    assert pouch.do("push")["docs_written"] == pouch.do("pull")["docs_written"] == 0


def test_a_live_feed_of_pouchdb_wakes_for_the_persons_documents_alone(
    office: Office, pouch: PouchDB
) -> None:
    pouch.do("pull")
    pouch.do("follow")
    customer(office, "zane.levy", "Zane's secret customer")
    first = customer(office, ANNA, "First")
    assert pouch.do("next") == [first.id]
    second = customer(office, ANNA, "Second")
    assert pouch.do("next") == [second.id]


@pytest.fixture
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Peer]:
    """A server with a replicator of its own and an empty database in it."""
    if request.param == "CouchDB":
        if not COUCHDB_URL:
            pytest.skip("DIVAN_TEST_COUCHDB_URL names no CouchDB")
        base, login = couchdb_login()
        with closing(open_couch(base, login)) as server, fresh(server) as database:
            yield Peer(base, login, server, database)
    else:
        with (
            pouchdb_server(tmp_path / "pouch") as base,
            closing(open_couch(base)) as server,
            fresh(server) as database,
        ):
            yield Peer(base, None, server, database)


def endpoint(served: Served, peer: Peer, sign_in: str) -> Any:
    """The office's customers as the peer's replicator is told of them."""
    url = f"{served.url}/replicate/customers"
    login = BasicAuth(ANNA, PASSWORD)
    if sign_in == "password":
        return address(url, login) if peer.login else with_login(url, login)
    return {"url": url, "headers": {"Authorization": f"Bearer {token(served)}"}}


@pytest.mark.parametrize(
    ("peer", "sign_in"),
    [("CouchDB", "password"), ("CouchDB", "token"), ("pouchdb-server", "password")],
    indirect=["peer"],
)
def test_a_replicator_of_others_pulls_and_pushes(
    office: Office, served: Served, peer: Peer, sign_in: str
) -> None:
    mine = customer(office, ANNA, "Acme of Anna")
    secret = customer(office, "zane.levy", "Zane's secret customer")
    door = as_person(office, ANNA).database("customers")
    door.attach(mine.id, mine.rev, "note.txt", b"from the office", "text/plain")
    here = endpoint(served, peer, sign_in)
    pulled = ask(f"{peer.url}/_replicate", {"source": here, "target": peer.there})
    assert pulled["ok"]
    arrived = facts(peer.database)
    assert mine.id in arrived
    assert secret.id not in arrived
    got = peer.database.get(mine.id, attachments=True)
    assert base64.b64decode(got["_attachments"]["note.txt"]["data"]) == b"from the office"
    back = base64.b64encode(b"from the peer").decode()
    got["_attachments"]["back.txt"] = {"content_type": "text/plain", "data": back}
    with peer.edit(edited(got, address="New street")) as source:
        pushed = ask(f"{peer.url}/_replicate", {"source": source, "target": here})
        assert pushed["ok"]
        assert door.open(mine.id).items["address"] == "New street"
        assert door.attachment(mine.id, "back.txt").data == b"from the peer"
        again = ask(f"{peer.url}/_replicate", {"source": source, "target": here})
    assert again.get("no_changes") or again["docs_written"] == 0


@pytest.mark.parametrize("peer", ["CouchDB", "pouchdb-server"], indirect=True)
def test_a_continuous_replication_of_others_brings_what_is_new(
    office: Office, served: Served, peer: Peer
) -> None:
    asked = {"source": endpoint(served, peer, "password"), "target": peer.there}
    ask(f"{peer.url}/_replicate", {**asked, "continuous": True})
    try:
        customer(office, "zane.levy", "Zane's secret customer")
        mine = customer(office, ANNA, "Acme of Anna")
        until(lambda: mine.id in facts(peer.database))
        assert all(row != "Zane's secret customer" for row in _names(peer.database))
    finally:
        ask(f"{peer.url}/_replicate", {**asked, "continuous": True, "cancel": True})


def _names(database: Database) -> list[Any]:
    rows = database.all_docs(ViewOptions(include_docs=True))["rows"]
    return [row["doc"].get("name") for row in rows]
