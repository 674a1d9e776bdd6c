"""Servers between which the tests replicate, and databases with all that is hard to carry."""

import base64
import hashlib
import json
import random
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from store.api import Database, Server
from store.couch.opening import open_couch
from store.errors import NotFound
from store.lite.server import LiteServer
from store.types import BasicAuth, ChangesOptions
from tests.conformance.over_http import COUCHDB_URL, couchdb
from tests.node import pouchdb_server
from tests.store.nodes import served_node

LOGIN = BasicAuth("admin", "only in this test")
ODD_IDS = (
    "a/b",
    "x+y%20z",
    "客户-甲",
    "with space",
    "q?x=1&y=#z",
    "%2F",
    "é\U0001f600",
    "..a",
    '"',
)
LARGE = 1_000_000


class Instead:
    """A database with one method replaced."""

    def __init__(self, database: Database, **replaced: Any) -> None:
        self._database = database
        self.__dict__ |= replaced

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


@contextmanager
def over_http(directory: Path) -> Iterator[Server]:
    """The embedded store as CouchDB's clients meet it."""
    with served_node(directory, LOGIN) as url, closing(open_couch(url, LOGIN)) as client:
        yield client


@contextmanager
def pouchdb(directory: Path) -> Iterator[Server]:
    with pouchdb_server(directory) as url, closing(open_couch(url)) as client:
        yield client


SIDES: dict[str, Callable[[Path], AbstractContextManager[Server]]] = {
    "embedded": lambda directory: closing(LiteServer(directory)),
    "http": over_http,
    "pouchdb-server": pouchdb,
}
if COUCHDB_URL:
    SIDES["couchdb"] = lambda directory: couchdb(directory, ExitStack())

OURS = ("embedded", "http")
PAIRS = [
    (source, target) for source in SIDES for target in SIDES if source in OURS or target in OURS
]


def with_login(url: str, login: BasicAuth) -> str:
    """An address with a name and password, for a peer that is told it so."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{login.user}:{login.password.replace(' ', '%20')}@{rest}"


def couchdb_login() -> tuple[str, BasicAuth | None]:
    """The address of the CouchDB under test without credentials, and these."""
    parts = urlsplit(COUCHDB_URL)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    if parts.username is None:
        return bare, None
    return bare, BasicAuth(unquote(parts.username), unquote(parts.password or ""))


def ask(url: str, body: dict[str, Any]) -> dict[str, Any]:
    """`POST` JSON to a peer under the credentials of the tests."""
    headers = {"Content-Type": "application/json"}
    if COUCHDB_URL and url.startswith(couchdb_login()[0]):
        login = couchdb_login()[1]
        if login is not None:
            pair = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        with error:
            raise AssertionError(f"{error}: {error.read().decode()}") from error


def address(url: str, login: BasicAuth | None) -> dict[str, Any]:
    """A database as CouchDB's replicator is told of it."""
    if login is None:
        return {"url": url}
    return {"url": url, "auth": {"basic": {"username": login.user, "password": login.password}}}


@contextmanager
def fresh(server: Server) -> Iterator[Database]:
    """An empty database that is deleted afterwards."""
    name = f"divan_replication_{uuid.uuid4().hex}"
    server.create(name)
    try:
        yield server.database(name)
    finally:
        server.delete(name)


def fill(database: Database, seed: int = 7) -> None:
    """Conflicts, deletions, ends of branches, attachments, designs and odd ids."""
    dice = random.Random(seed)
    database.bulk_docs([{"_id": f"plain-{at:03}", "n": at} for at in range(60)])
    database.bulk_docs([{"_id": docid, "text": docid} for docid in ODD_IDS])
    map_by_n = {"by_n": {"map": "function (doc) { emit(doc.n); }"}}
    small = "function (doc, req) { return doc.n < parseInt(req.query.below, 10); }"
    database.put({"_id": "_design/tools", "views": map_by_n, "filters": {"small": small}})
    rev = database.put({"_id": "gone", "n": 1})
    database.put({"_id": "gone", "_rev": rev, "_deleted": True, "why": "kept in the tombstone"})
    rev = database.put({"_id": "often", "n": 0})
    for number in range(1, 6):
        rev = database.put({"_id": "often", "_rev": rev, "n": number})
    branch("conflict", ["a1"], database), branch("conflict", ["a1", "b2"], database)
    branch("conflict", ["c1", "d2", "e3"], database)
    branch("ended", ["a1", "b2"], database)
    branch("ended", ["a1", "c2", "d3"], database, deleted=True)
    small_files = {f"Datei {at} ü+%.txt": dice.randbytes(500 * at) for at in range(4)}
    database.put({"_id": "files", "_attachments": {**attachments(small_files)}})
    rev = database.put({"_id": "large", "_attachments": attachments({"b": dice.randbytes(LARGE)})})
    kept = database.get("large")["_attachments"]
    database.put({"_id": "large", "_rev": rev, "edited": True, "_attachments": kept})


def attachments(files: dict[str, bytes]) -> dict[str, Any]:
    return {
        name: {"content_type": "application/x-test", "data": base64.b64encode(data).decode()}
        for name, data in files.items()
    }


def branch(docid: str, names: list[str], database: Database, *, deleted: bool = False) -> None:
    """Graft a branch; the names are those of its revisions, the oldest first."""
    ids = [hashlib.md5(name.encode(), usedforsecurity=False).hexdigest() for name in names]
    doc: dict[str, Any] = {"_id": docid, "_rev": f"{len(ids)}-{ids[-1]}", "branch": names[-1]}
    doc["_revisions"] = {"start": len(ids), "ids": ids[::-1]}
    if deleted:
        doc["_deleted"] = True
    assert database.bulk_docs([doc], new_edits=False) == []


def facts(database: Database) -> dict[str, Any]:
    """Of every document: the winner, and each leaf with its body, ancestry and attachments."""
    found: dict[str, Any] = {}
    for row in database.changes(ChangesOptions(style="all_docs"))["results"]:
        docid = row["id"]
        answer = database.open_revs(docid, "all", with_revs=True, attachments=True)
        leaves = {row["ok"]["_rev"]: _plain(row["ok"]) for row in answer}
        found[docid] = (_winner(database, docid), leaves)
    return found


def _winner(database: Database, docid: str) -> str | None:
    try:
        return str(database.get(docid)["_rev"])
    except NotFound:
        return None


def _plain(doc: dict[str, Any]) -> dict[str, Any]:
    """A document without what each server says in its own way of the same attachment."""
    files = {
        name: (part["content_type"], base64.b64decode(part["data"]))
        for name, part in doc.get("_attachments", {}).items()
    }
    rest = {name: value for name, value in doc.items() if name != "_attachments"}
    return {**rest, "files": files}
