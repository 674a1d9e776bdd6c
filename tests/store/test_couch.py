"""The HTTP client: signing in, retrying, and the words of its errors."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from store.couch.opening import open_couch
from store.couch.server import CouchServer
from store.errors import (
    BadRequest,
    Conflict,
    DatabaseExists,
    DesignError,
    Forbidden,
    NotFound,
    QueryParseError,
    StoreError,
    TooLarge,
    Unauthorized,
    Unavailable,
)
from store.lite.server import LiteServer
from store.node import Node, node_app
from store.types import (
    ADMIN,
    Auth,
    BasicAuth,
    BearerAuth,
    ChangesOptions,
    UserContext,
    ViewOptions,
)
from tests.store.nodes import opened_node, trusting
from tests.store.peers import served

SECRET = "shared by both"
LOGIN = BasicAuth("admin", '{"pässword"}')


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with closing(opened_node(tmp_path, LOGIN, trusting(SECRET))) as node:
        node.server.create("db")
        yield node


@pytest.fixture
def store(node: Node) -> LiteServer:
    return node.server


@pytest.fixture
def client(node: Node) -> Iterator[CouchServer]:
    with (
        served(node_app(node)) as url,
        closing(open_couch(url, LOGIN, proxy_secret=SECRET)) as server,
    ):
        yield server


class Scripted:
    """A peer that answers each request with the next of a list, and keeps what it was asked."""

    def __init__(self, *answers: tuple[str, bytes]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.asked.append(environ)
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        start_response(status, [("Content-Type", "application/json")])
        return [body]


@contextmanager
def client_of(app: Callable[..., Any], auth: Auth | None = None) -> Iterator[CouchServer]:
    with served(app) as url, closing(open_couch(url, auth)) as server:
        yield server


def test_credentials_are_sent() -> None:
    peer = Scripted(("200 OK", b"[]"))
    with client_of(peer, LOGIN) as server:
        server.all_dbs()
    with client_of(peer, BearerAuth("abc.def")) as server:
        server.all_dbs()
    with client_of(peer) as server:
        server.all_dbs()
    headers = [asked.get("HTTP_AUTHORIZATION") for asked in peer.asked]
    assert headers == ["Basic YWRtaW46eyJww6Rzc3dvcmQifQ==", "Bearer abc.def", None]


def test_credentials_are_not_taken_from_a_netrc_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    peer = Scripted(("200 OK", b"[]"))
    with client_of(peer, BearerAuth("abc")) as server:
        server.all_dbs()
    assert peer.asked[0]["HTTP_AUTHORIZATION"] == "Bearer abc"


def test_wrong_password(node: Node) -> None:
    with client_of(node_app(node), BasicAuth("admin", "x")) as server, pytest.raises(Unauthorized):
        server.database("db")


@pytest.mark.parametrize(
    "url",
    ["ftp://x", "office", "http://", "http://u:p@host/", "http://host/?a=1", "http://host/#a"],
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(BadRequest):
        open_couch(url)


def test_token_that_would_break_a_header() -> None:
    with pytest.raises(BadRequest):
        open_couch("http://host", BearerAuth("a\r\nX-Evil: 1"))


def test_server_that_is_not_there() -> None:
    began = time.monotonic()
    with closing(open_couch("http://127.0.0.1:9")) as server:
        with pytest.raises(Unavailable, match="cannot be reached"):
            server.all_dbs()
        assert time.monotonic() - began > 1  # it was tried again, with pauses


def test_closing_ends_the_pauses() -> None:
    server = open_couch("http://127.0.0.1:9")
    timer = threading.Timer(0.3, server.close)
    timer.start()
    began = time.monotonic()
    with pytest.raises(Unavailable):
        server.all_dbs()
    timer.join()
    assert time.monotonic() - began < 2
    with pytest.raises(Unavailable, match="closed"):
        server.all_dbs()


def test_passing_failures_are_tried_again() -> None:
    busy = ("503 Service Unavailable", b'{"error":"service_unavailable","reason":"busy"}')
    peer = Scripted(busy, busy, ("200 OK", b'["db"]'))
    with client_of(peer) as server:
        assert server.all_dbs() == ["db"]
    assert len(peer.asked) == 3


def test_a_write_whose_answer_was_lost_is_not_repeated() -> None:
    peer = Scripted(("200 OK", b"{}"), ("502 Bad Gateway", b"<html>"), ("201 Created", b"{}"))
    with client_of(peer) as server:
        database = server.database("db")
        with pytest.raises(Unavailable):
            database.put({"_id": "a"})
    assert [asked["REQUEST_METHOD"] for asked in peer.asked] == ["GET", "PUT"]


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        ("400 Bad Request", {"error": "bad_request", "reason": "r"}, BadRequest),
        ("400 Bad Request", {"error": "query_parse_error", "reason": "r"}, QueryParseError),
        ("401 Unauthorized", {"error": "unauthorized", "reason": "r"}, Unauthorized),
        ("403 Forbidden", {"error": "forbidden", "reason": "r"}, Forbidden),
        ("404 Not Found", {"error": "not_found", "reason": "r"}, NotFound),
        ("409 Conflict", {"error": "conflict", "reason": "r"}, Conflict),
        ("412 Precondition Failed", {"error": "file_exists", "reason": "r"}, DatabaseExists),
        ("413 Too Large", {"error": "document_too_large", "reason": "r"}, TooLarge),
        ("500 Server Error", {"error": "compilation_error", "reason": "r"}, DesignError),
        ("500 Server Error", {"error": "badmatch", "reason": "r"}, StoreError),
        ("418 Teapot", {"error": "teapot"}, StoreError),
    ],
)
def test_errors_are_the_stores(status: str, said: dict[str, str], kind: type[StoreError]) -> None:
    peer = Scripted(("200 OK", b"{}"), (status, json.dumps(said).encode()))
    with client_of(peer) as server:
        database = server.database("db")
        with pytest.raises(StoreError) as raised:
            database.get("a")
    assert type(raised.value) is kind
    assert raised.value.reason == said.get("reason", "teapot")
    assert raised.value.__cause__ is not None


@pytest.mark.parametrize(
    "answer",
    [("404 Not Found", b"<html>"), ("200 OK", b"{"), ("302 Found", b""), ("500 Oops", b"[1]")],
)
def test_something_else_at_the_address(answer: tuple[str, bytes]) -> None:
    with client_of(Scripted(answer)) as server, pytest.raises(Unavailable):
        server.all_dbs()


@pytest.mark.parametrize("docid", ["", "_bulk_docs", "_design/", ".", ".."])
def test_ids_that_would_address_something_else(client: CouchServer, docid: str) -> None:
    database = client.database("db")
    for attempt in (
        lambda: database.get(docid),
        lambda: database.put({"_id": docid}),
        lambda: database.delete(docid, "1-a"),
    ):
        with pytest.raises(BadRequest):
            attempt()
    assert client.exists("db")


def test_database_names(client: CouchServer) -> None:
    for name in ("", "Upper", "_own", "a b"):
        assert not client.exists(name)
        with pytest.raises(NotFound):
            client.database(name)
        with pytest.raises(NotFound):
            client.delete(name)
        with pytest.raises(BadRequest):
            client.create(name)


def test_null_items_and_odd_values_arrive(client: CouchServer) -> None:
    database = client.database("db")
    doc = {"_id": "客户/1 +?#%", "none": None, "list": [None, {}], "text": "\u2028 \U0001f600 é"}
    rev = database.put(doc)
    assert database.get(doc["_id"]) == {**doc, "_rev": rev}
    with pytest.raises(BadRequest):
        database.put({"_id": "a", "text": "\ud800"})
    with pytest.raises(BadRequest):
        database.put({"_id": "a", "n": float("nan")})


def test_attachment_keeps_every_byte(client: CouchServer) -> None:
    database = client.database("db")
    data = bytes(range(256)) * 50
    database.put_attachment("a/b", "x/y ü.bin", data, "application/octet-stream", rev=None)
    got = database.get_attachment("a/b", "x/y ü.bin")
    assert (got.data, got.content_type, got.revpos) == (data, "application/octet-stream", 1)
    with pytest.raises(NotFound):
        database.get_attachment("a/b", "none")


def test_attachment_whose_length_is_not_told() -> None:
    facts = b'{"content_type":"text/plain","digest":"md5-x","revpos":1,"stub":true}'
    doc = b'{"_id":"a","_rev":"1-a","_attachments":{"x":' + facts + b"}}"

    def peer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        attached = environ["PATH_INFO"] == "/db/a/x"
        kind = "text/plain" if attached else "application/json"
        start_response("200 OK", [("Content-Type", kind)])
        return [b"hello" if attached else doc]

    with client_of(peer) as server:
        got = server.database("db").get_attachment("a", "x")
        assert (got.length, got.content.length, got.data) == (5, 5, b"hello")
        assert b"".join(got.content.pieces(1, 3)) == b"el"


def test_handle_under_another_name(client: CouchServer, store: LiteServer) -> None:
    anna = client.database("db", UserContext("anna", ("divan",)))
    assert anna.user.name == "anna"
    anna.put({"_id": "mine"})
    with pytest.raises(Forbidden):
        anna.put({"_id": "_design/x"})
    store.database("db", ADMIN).set_security({"members": {"names": ["ben"]}})
    with pytest.raises(Forbidden):
        anna.get("mine")
    assert client.database("db").get("mine")["_id"] == "mine"


def test_options_travel(client: CouchServer) -> None:
    database = client.database("db")
    database.bulk_docs([{"_id": name, "n": name} for name in "abcd"])
    options = ViewOptions(startkey="b", endkey="d", inclusive_end=False, include_docs=True)
    rows = database.all_docs(options)["rows"]
    assert [row["doc"]["n"] for row in rows] == ["b", "c"]
    nulls = database.all_docs(ViewOptions(key=None))
    assert nulls["rows"] == []
    page = database.changes(ChangesOptions(doc_ids=("c",), include_docs=True))
    assert [row["doc"]["_id"] for row in page["results"]] == ["c"]
    last = database.changes(ChangesOptions(descending=True, limit=1))
    assert last["results"][0]["id"] == "d"


def test_waiting_for_a_change(client: CouchServer, store: LiteServer) -> None:
    database = client.database("db")
    seq = database.changes()["last_seq"]
    assert not database.wait_for_change(seq, 0.2)
    timer = threading.Timer(0.2, store.database("db").put, [{"_id": "a"}])
    timer.start()
    assert database.wait_for_change(seq, 20)
    timer.join()


def test_one_client_serves_many_threads(client: CouchServer) -> None:
    database = client.database("db")

    def write(number: int) -> str:
        return database.get(f"doc-{number}", rev=database.put({"_id": f"doc-{number}"}))["_id"]

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(write, range(40)))
    assert ids == [f"doc-{number}" for number in range(40)]
    assert database.info()["doc_count"] == 40


def test_views_travel(client: CouchServer) -> None:
    database = client.database("db")
    views = {"by_n": {"map": "function (doc) { emit(doc.n, 1); }", "reduce": "_sum"}}
    database.put({"_id": "_design/x", "views": views})
    database.bulk_docs([{"_id": name, "n": number} for number, name in enumerate("abcd")])
    assert database.view("x", "by_n")["rows"] == [{"key": None, "value": 4}]
    plain = database.view("x", "by_n", ViewOptions(reduce=False, keys=(2, 0)))
    assert [row["id"] for row in plain["rows"]] == ["c", "a"]
    several = [ViewOptions(key=1), ViewOptions(group=True, startkey=2)]
    answers = database.queries("x", "by_n", several)
    assert answers[0]["rows"] == [{"key": None, "value": 1}]
    assert [row["key"] for row in answers[1]["rows"]] == [2, 3]
    with pytest.raises(NotFound):
        database.view("x", "none")
    with pytest.raises(QueryParseError):
        database.view("x", "by_n", ViewOptions(reduce=False, group=True))
