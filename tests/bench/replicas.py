"""Laptops: the first clone beside PouchDB's pull of the same documents from a CouchDB, and what an
idle sync costs the office."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from plugin import Credentials, Office, add_person
from plugin.runtime.replica.remote import Remote
from store.opening import open_server
from store.types import BasicAuth, Doc
from tests.node import node_modules, why_not
from tests.views.serving import divan, serving

PERSON = "anna.snelling"
PASSWORD = "only for a benchmark"
DATABASE = "customers"
PEER_DATABASE = "bench_first_clone"
SETS = 1000
BATCH = 1000
QUESTIONS = 20
PULL = Path(__file__).with_name("pull.js")


def run(folder: Path, documents: int, couchdb: str | None) -> str:
    """The lines to print."""
    make_office(folder / "office", documents)
    with serving(folder / "office", "--no-services") as served:
        ours = _cloned(served.address, folder / "laptop", documents)
        idle = _idle(served.address)
    lines = [
        f"first clone of {documents:,} documents in {SETS:,} reader sets: {ours:.1f} s",
        f"idle sync: one request for all databases, {idle * 1000:.1f} ms (median of {QUESTIONS})",
    ]
    if couchdb is None or why_not():
        why = why_not() or "no CouchDB was named"
        return "\n".join([*lines, f"not compared with PouchDB: {why}"])
    theirs = _pulled(couchdb, folder / "pouch", documents)
    lines.append(
        f"PouchDB (Node, leveldb) from CouchDB: {theirs:.1f} s; ours × {theirs / ours:.2f}"
    )
    return "\n".join(lines)


def make_office(path: Path, documents: int) -> None:
    """An office whose customers one person may read, in many reader sets."""
    with Office.create(path) as office:
        add_person(office, PERSON, {"name_latin": "Anna Snelling"})
        Credentials(office.server).set_password(PERSON, PASSWORD)
        database = office.server.database(DATABASE)
        for batch in _batches(documents):
            database.bulk_docs(batch)
        # As in an office at work: somebody looked before.
        anna = office.session(office.directory.identity(PERSON))
        anna.listing(DATABASE, "customers_by_name").page()
        office.reader_changes(DATABASE).level()


def _batches(documents: int) -> Iterator[list[Doc]]:
    for start in range(0, documents, BATCH):
        yield [_customer(number) for number in range(start, min(start + BATCH, documents))]


def _customer(number: int) -> Doc:
    at = "2026-01-05T08:00:00Z"
    team = {"team": [PERSON, f"colleague.{number % SETS}"]}
    return {
        "_id": f"customer:{number:08}",
        "form": "customer",
        "name": f"Firm {number}",
        "region": "East China",
        "owner": PERSON,
        "readers": team,
        "authors": {"team": [PERSON]},
        "created": {"at": at, "by": PERSON},
        "updated": {"at": at, "by": PERSON},
        "changed": {name: [1, at, PERSON] for name in ("name", "region", "owner")},
    }


def _cloned(url: str, folder: Path, documents: int) -> float:
    command = divan("--data", str(folder), "replica", "clone", url, "--login", PERSON)
    began = time.perf_counter()
    subprocess.run(
        (*command, "--yes", "--json"), input=PASSWORD + "\n", text=True, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    taken = time.perf_counter() - began
    with Office.open(folder) as laptop:
        assert laptop.server.database(DATABASE).info()["doc_count"] >= documents
    return taken


def _idle(url: str) -> float:
    """Seconds of the one question of an idle sync, by a laptop that knows all."""
    answer = Remote(url).sign_in(PERSON, PASSWORD, "bench")
    remote = Remote(url, answer["token"])
    names = [entry["name"] for entry in answer["databases"]]
    states = {name: remote.rights(name, None)["state"] for name in names}
    parts = urlsplit(url)
    taken = []
    with closing(HTTPConnection(str(parts.hostname), parts.port)) as connection:
        headers = {"Authorization": f"Bearer {remote.token}", "Content-Type": "application/json"}
        body = json.dumps({"states": states})
        for _ in range(QUESTIONS):
            began = time.perf_counter()
            connection.request("POST", "/replica/news", body, headers)
            told = json.loads(connection.getresponse().read())
            taken.append(time.perf_counter() - began)
            assert told["news"] == [], told
    return sorted(taken)[QUESTIONS // 2]


def _pulled(couchdb: str, folder: Path, documents: int) -> float:
    """Seconds that PouchDB takes for the same documents, from a CouchDB that has them."""
    with _at_peer(couchdb, documents) as url:
        folder.mkdir()
        environment = {**os.environ, "NODE_PATH": str(node_modules())}
        began = time.perf_counter()
        done = subprocess.run(
            ["node", str(PULL), url, str(folder / "db")],
            env=environment, text=True, check=True, capture_output=True,
        )  # fmt: skip
        taken = time.perf_counter() - began
        assert int(done.stdout) == documents
        return taken


@contextmanager
def _at_peer(couchdb: str, documents: int) -> Iterator[str]:
    parts = urlsplit(couchdb)
    login = BasicAuth(parts.username or "", parts.password or "")
    bare = f"{parts.scheme}://{parts.hostname}:{parts.port}"
    with closing(open_server(bare, auth=login)) as server:
        if server.exists(PEER_DATABASE):
            server.delete(PEER_DATABASE)
        server.create(PEER_DATABASE)
        try:
            database = server.database(PEER_DATABASE)
            for batch in _batches(documents):
                database.bulk_docs(batch)
            yield f"{couchdb.rstrip('/')}/{PEER_DATABASE}"
        finally:
            server.delete(PEER_DATABASE)
