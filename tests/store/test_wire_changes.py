"""The changes feeds over real sockets: they wait, wake, beat, and end when the client goes."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import Client

from store.lite.server import LiteServer
from store.wire import protocol_app
from tests.store.peers import served

PATIENCE = 20.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LiteServer]:
    server = LiteServer(tmp_path)
    server.create("db")
    yield server
    server.close()


@pytest.fixture
def client(store: LiteServer) -> Client:
    return Client(protocol_app(lambda environ: store))


class Listener:
    """A client that reads a feed line by line."""

    def __init__(self, url: str, path: str) -> None:
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
        self.connection.request("GET", path)
        self.response = self.connection.getresponse()

    def line(self) -> bytes:
        return self.response.readline()

    def row(self) -> Any:
        """The next line that is no heartbeat."""
        while (line := self.line()) == b"\n":
            pass
        return json.loads(line)

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *failure: object) -> None:
        self.response.close()
        self.connection.close()


def test_normal_feed_with_its_options(client: Client) -> None:
    for name in "abc":
        client.put(f"/db/{name}", json={"n": 1})
    page = client.get("/db/_changes?limit=2").json
    assert [row["id"] for row in page["results"]] == ["a", "b"]
    assert page["pending"] == 1
    rest = client.get(f"/db/_changes?since={page['last_seq']}&include_docs=true").json
    assert rest["results"][0]["doc"]["n"] == 1
    body = {"doc_ids": ["b"]}
    chosen = client.post("/db/_changes?filter=_doc_ids", json=body).json
    assert [row["id"] for row in chosen["results"]] == ["b"]
    now = client.get("/db/_changes?since=now").json
    assert (now["results"], now["last_seq"]) == ([], rest["last_seq"])


def test_descending_gives_the_latest_first(client: Client) -> None:
    for name in "abc":
        client.put(f"/db/{name}", json={})
    page = client.get("/db/_changes?descending=true&limit=2").json
    assert [row["id"] for row in page["results"]] == ["c", "b"]


def test_a_long_feed_is_sent_in_pieces(store: LiteServer, client: Client) -> None:
    database = store.database("db")
    database.bulk_docs([{"_id": f"d{at:04}"} for at in range(2500)])
    response = client.get("/db/_changes", buffered=False)
    pieces = list(response.iter_encoded())
    assert max(map(len, pieces)) < sum(map(len, pieces)) / 2
    page = json.loads(b"".join(pieces))
    assert [row["id"] for row in page["results"]] == [f"d{at:04}" for at in range(2500)]
    assert (page["last_seq"], page["pending"]) == (2500, 0)
    assert page == client.get("/db/_changes?feed=longpoll").json
    latest = client.get("/db/_changes?descending=true").json
    assert [row["seq"] for row in latest["results"]] == list(range(2500, 0, -1))


def test_a_browser_reads_events_and_goes_on_where_it_was(client: Client) -> None:
    for name in "ab":
        client.put(f"/db/{name}", json={})
    response = client.get("/db/_changes?feed=eventsource&timeout=10")
    assert response.mimetype == "text/event-stream"
    first, second = response.text.removesuffix("\n\n").split("\n\n")
    data, number = first.splitlines()
    assert json.loads(data.removeprefix("data: "))["id"] == "a"
    last = {"Last-Event-ID": number.removeprefix("id: ")}
    again = client.get("/db/_changes?feed=eventsource&timeout=10", headers=last)
    assert again.text == f"{second}\n\n"
    assert client.get("/db/_changes?last-event-id=1").json["results"][0]["id"] == "b"


def test_events_beat(store: LiteServer) -> None:
    with (
        served(protocol_app(lambda environ: store)) as url,
        Listener(url, "/db/_changes?feed=eventsource&heartbeat=100") as listener,
    ):
        assert [listener.line() for _ in range(3)] == [b"event: heartbeat\n", b"data: \n", b"\n"]
        store.database("db").put({"_id": "late"})
        while not (line := listener.line()).startswith(b"data: {"):
            assert line in (b"event: heartbeat\n", b"data: \n", b"\n")
        assert json.loads(line.removeprefix(b"data: "))["id"] == "late"


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("feed=foo", "Supported `feed` types: normal, continuous, live, longpoll, eventsource"),
        ("since=abc", "Malformed sequence supplied in 'since' parameter."),
        ("seq_interval=0", "invalid_seq_interval"),
        ("filter=_doc_ids", "`doc_ids` filter parameter is not a list of doc ids."),
        ("filter=_view", "`view` filter parameter is not provided."),
        ("filter=nope", "`filter` must be of the form `designname/filtername`"),
        (
            "feed=longpoll&heartbeat=x",
            "Invalid heartbeat value. Expecting a positive integer value (in milliseconds).",
        ),
        (
            "feed=longpoll&heartbeat=-1",
            "The heartbeat value should be a positive integer (in milliseconds).",
        ),
        (
            "feed=longpoll&heartbeat=0",
            "The heartbeat value should be a positive integer (in milliseconds).",
        ),
    ],
)
def test_bad_parameters_are_refused_in_the_words_of_couchdb(
    client: Client, query: str, reason: str
) -> None:
    response = client.get(f"/db/_changes?{query}")
    assert response.status_code == 400
    assert response.json == {"error": "bad_request", "reason": reason}


def test_bodies(client: Client) -> None:
    client.put("/db/a", json={})
    url = "/db/_changes"
    assert client.post(url, data="", content_type="application/json").json["pending"] == 0
    assert client.post(url, data="").status_code == 415
    assert client.post(url, json=[]).status_code == 400
    assert client.post(url, json={"doc_ids": ["b"]}).json["results"], "only with the filter"
    assert client.post(url, json={"doc_ids": "b"}).json["results"], "whatever it is"
    assert client.post(f"{url}?filter=_doc_ids", json={"doc_ids": ["b"]}).json["results"] == []
    for bad in ("b", [1], None, {}):
        refused = client.post(f"{url}?filter=_doc_ids", json={"doc_ids": bad})
        reason = "`doc_ids` filter parameter is not a list of doc ids."
        assert (refused.status_code, refused.json["reason"]) == (400, reason)


def test_longpoll_answers_at_once_where_something_is_new(client: Client) -> None:
    client.put("/db/a", json={})
    page = json.loads(client.get("/db/_changes?feed=longpoll").data)
    assert page["results"][0]["id"] == "a"
    assert page["pending"] == 0


def test_longpoll_waits_for_a_change(store: LiteServer) -> None:
    with served(protocol_app(lambda environ: store)) as url:
        timer = threading.Timer(0.2, store.database("db").put, [{"_id": "late"}])
        timer.start()
        with Listener(url, "/db/_changes?feed=longpoll&since=now&heartbeat=100") as listener:
            page = json.loads(listener.response.read())
        timer.join()
    assert [row["id"] for row in page["results"]] == ["late"]
    assert page["last_seq"] == page["results"][0]["seq"]


def test_longpoll_ends_after_its_timeout(client: Client) -> None:
    began = time.monotonic()
    page = json.loads(client.get("/db/_changes?feed=longpoll&timeout=200").data)
    assert page == {"results": [], "last_seq": 0, "pending": 0}
    assert 0.15 < time.monotonic() - began < PATIENCE


def test_continuous_feed_sends_each_change_as_it_comes(store: LiteServer) -> None:
    database = store.database("db")
    database.put({"_id": "early"})
    with (
        served(protocol_app(lambda environ: store)) as url,
        Listener(url, "/db/_changes?feed=continuous&heartbeat=100") as listener,
    ):
        assert listener.row()["id"] == "early"
        assert listener.line() == b"\n"
        database.put({"_id": "late"})
        assert listener.row()["id"] == "late"


def test_continuous_feed_ends_after_silence_and_at_its_limit(client: Client) -> None:
    client.put("/db/a", json={})
    client.put("/db/b", json={})
    lines = client.get("/db/_changes?feed=continuous&timeout=100").data.splitlines()
    assert [json.loads(line).get("id") for line in lines] == ["a", "b", None]
    assert json.loads(lines[-1]) == {"last_seq": 2, "pending": 0}
    limited = client.get("/db/_changes?feed=continuous&limit=1").data.splitlines()
    assert [json.loads(line).get("id") for line in limited] == ["a", None]
    assert json.loads(limited[-1])["last_seq"] == 1


def test_continuous_feed_tells_why_it_ended(store: LiteServer) -> None:
    with (
        served(protocol_app(lambda environ: store)) as url,
        Listener(url, "/db/_changes?feed=continuous&heartbeat=100") as listener,
    ):
        assert listener.line() == b"\n"
        store.delete("db")
        assert set(listener.row()) == {"error", "reason"}
        assert listener.line() == b""


def test_feed_ends_when_its_client_goes(store: LiteServer) -> None:
    """One feed may wait at a time: the next one is served as soon as the gone one has ended."""
    app = protocol_app(lambda environ: store, waiting_feeds=1)
    path = "/db/_changes?feed=continuous&heartbeat=100"
    with served(app) as url:
        with Listener(url, path) as listener:
            assert listener.line() == b"\n"
            with Listener(url, path) as second:
                assert second.response.status == 503
                assert json.loads(second.response.read())["error"] == "service_unavailable"
        end = time.monotonic() + PATIENCE
        status = 503
        while status == 503 and time.monotonic() < end:
            with Listener(url, path) as third:
                status = third.response.status
        assert status == 200


def test_error_before_a_feed_begins_has_its_status(client: Client) -> None:
    for _ in range(40):  # more than may wait: a refused feed holds no place
        response = client.get("/db/_changes?feed=continuous&since=never")
        assert response.status_code == 400
        assert response.json["error"] == "bad_request"
