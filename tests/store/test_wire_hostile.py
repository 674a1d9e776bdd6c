"""Bad requests get CouchDB's `{"error", "reason"}` and never a traceback."""

import json
import logging
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from werkzeug.test import Client, EnvironBuilder, TestResponse, run_wsgi_app
from werkzeug.wrappers import Request

from store.errors import Unauthorized
from store.lite.server import LiteServer
from store.wire import protocol_app

DEEP = b'{"a":' * 20_000 + b"1" + b"}" * 20_000

BODIES = {
    "nothing": b"",
    "no json": b"{",
    "bad utf-8": b'{"a": "\xff"}',
    "an array": b"[]",
    "a string": b'"x"',
    "null": b"null",
    "not a number": b'{"a": NaN}',
    "endless": b'{"a": Infinity}',
    "beyond all numbers": b'{"a": 1e999}',
    "half a surrogate": b'{"a": "\\ud800"}',
    "half a surrogate as a name": b'{"\\udfff": 1}',
    "too deep": DEEP,
    "a number of 5000 digits": b'{"a": ' + b"9" * 5000 + b"}",
    "two values": b"{} {}",
}
POSTS = (
    "/db",
    "/db/_bulk_docs",
    "/db/_bulk_get",
    "/db/_all_docs",
    "/db/_revs_diff",
    "/db/_changes",
    "/db/_purge",
    "/db/_find",
    "/db/_explain",
    "/db/_index",
    "/db/_design/x/_view/y",
    "/db/_design/x/_view/y/queries",
)
PUTS = ("/db/doc", "/db/_local/doc", "/db/_design/doc", "/db/_security")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    server = LiteServer(tmp_path)
    server.create("db")
    yield Client(protocol_app(lambda environ: server))
    server.close()


def check_error(response: TestResponse, status: int | None = None) -> dict[str, str]:
    assert response.mimetype == "application/json"
    said = json.loads(response.data)
    assert set(said) == {"error", "reason"}, said
    assert "Traceback" not in said["reason"]
    assert 400 <= response.status_code < 500, said
    assert status in (None, response.status_code), said
    return dict(said)


NO_BODY_NEEDED = {("/db/_changes", "nothing")}  # CouchDB takes it there


@pytest.mark.parametrize(
    ("path", "what"), sorted({(path, what) for path in POSTS for what in BODIES} - NO_BODY_NEEDED)
)
def test_bad_body_of_a_post(client: Client, path: str, what: str) -> None:
    response = client.post(path, data=BODIES[what], content_type="application/json")
    check_error(response, 400)


def test_depth_is_told_as_such(client: Client) -> None:
    deep = b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"
    assert "nested" in check_error(client.put("/db/doc", data=deep), 400)["reason"]


@pytest.mark.parametrize("what", BODIES)
@pytest.mark.parametrize("path", PUTS)
def test_bad_body_of_a_put(client: Client, path: str, what: str) -> None:
    check_error(client.put(path, data=BODIES[what]), 400)
    assert client.get("/db").json["doc_count"] == 0


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/db/_bulk_docs", {}),
        ("/db/_bulk_docs", {"docs": {}}),
        ("/db/_bulk_docs", {"docs": [1]}),
        ("/db/_bulk_docs", {"docs": [], "new_edits": "no"}),
        ("/db/_bulk_get", {"docs": [{"id": 5}]}),
        ("/db/_revs_diff", {"a": "1-b"}),
        ("/db/_revs_diff", {"a": [1]}),
        ("/db/_all_docs", {"keys": 5}),
        ("/db/_all_docs", {"limit": -1}),
        ("/db/_changes?filter=_doc_ids", {"doc_ids": "a"}),
        ("/db/_changes?filter=_selector", {"selector": []}),
        ("/db/_changes?filter=_selector", {"selector": {}, "fields": 1}),
        ("/db/_purge", {"a": None}),
    ],
)
def test_wrong_shapes(client: Client, path: str, body: Any) -> None:
    check_error(client.post(path, json=body), 400)


@pytest.mark.parametrize(
    "path",
    [
        "/db/_all_docs?startkey=no",
        "/db/_all_docs?startkey=1e999",
        "/db/_all_docs?startkey=" + "[" * 5000,
        "/db/_all_docs?limit=-1",
        "/db/_all_docs?limit=" + "9" * 30,
        "/db/_all_docs?skip=" + "9" * 5000,
        "/db/_all_docs?descending=perhaps",
        "/db/_all_docs?key=%22%FF%22",
        "/db/_all_docs?" + "&".join(f"a{n}=1" for n in range(300)),
        "/db/_changes?since=yesterday",
        "/db/_changes?since=" + "9" * 30,
        "/db/_changes?since=",
        "/db/_changes?heartbeat=x",
        "/db/_changes?feed=carrier-pigeon",
        "/db/_changes?style=none",
        "/db/_changes?feed=longpoll&timeout=soon",
        "/db/_changes?feed=longpoll&heartbeat=-5",
        "/db/doc?open_revs=[",
        "/_uuids?count=x",
        "/_uuids?count=5000",
        "/db/%FF",
        "/db/%zz",
        "/db/a%2",
        "/db/_all_docs?startkey=%zz",
        "/db/_local",
        "/db/_local/",
        "/%FF",
    ],
)
def test_bad_parameters(client: Client, path: str) -> None:
    client.put("/db/doc", json={})
    check_error(_raw(client, "GET", path), 400)


def test_a_database_name_too_long(client: Client) -> None:
    check_error(client.get("/" + "a" * 250), 404)
    check_error(client.get("/" + "a" * 250 + "/doc"), 404)
    check_error(client.put("/" + "a" * 250), 400)


def _raw(client: Client, method: str, target: str) -> TestResponse:
    """A request whose target is sent as it stands, as a socket would."""
    builder = EnvironBuilder(method=method)
    environ = builder.get_environ()
    path, _, query = target.partition("?")
    environ |= {"PATH_INFO": _latin(path), "QUERY_STRING": query, "REQUEST_URI": target}
    environ.pop("RAW_URI", None)
    return TestResponse(*run_wsgi_app(client.application, environ), Request(environ))


def _latin(path: str) -> str:
    return unquote_to_bytes(path).decode("latin-1")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/"),
        ("DELETE", "/_all_dbs"),
        ("PUT", "/db/_bulk_docs"),
        ("GET", "/db/_bulk_docs"),
        ("GET", "/db/_revs_diff"),
        ("PATCH", "/db/doc"),
        ("MOVE", "/db/doc"),
        ("POST", "/db/doc"),
        ("DELETE", "/db/_changes"),
        ("BREW", "/db"),
    ],
)
def test_wrong_method(client: Client, method: str, path: str) -> None:
    response = client.open(path, method=method)
    said = check_error(response, 405)
    assert said["error"] == "method_not_allowed"
    assert said["reason"].startswith("Only ")
    assert response.headers["Allow"]


@pytest.mark.parametrize(
    "path",
    [
        "/none",
        "/none/doc",
        "/db/none",
        "/db/doc/none",
        "/db/_design/none",
        "/db/_design/none/_view/none",
        "/db/_local/none",
        "/db/_none",
        "/db/_none/x/y",
        "/db//x",
        "//",
        "/db/_design/x/_view/y/z/a",
    ],
)
def test_unknown_path(client: Client, path: str) -> None:
    response = _raw(client, "GET", path)
    if path == "//":
        assert response.json["couchdb"] == "Welcome"
    else:
        check_error(response)
        assert response.status_code in (400, 404)


@pytest.mark.parametrize("docid", ["_none", "_bulk", "_"])
def test_reserved_ids_are_not_written(client: Client, docid: str) -> None:
    check_error(client.put(f"/db/{docid}", json={}), 400)
    check_error(client.post("/db", json={"_id": docid}), 400)


@pytest.mark.parametrize("docid", [5, None, "", [], "\x00"])
def test_ids_that_are_none(client: Client, docid: Any) -> None:
    response = client.post("/db", json={"_id": docid})
    if response.status_code != 201:
        check_error(response, 400)
    else:
        assert docid == "\x00"
        assert client.get("/db/%00").json["_id"] == docid


def test_json_needs_its_content_type(client: Client) -> None:
    response = client.post("/db/_bulk_docs", data=b'{"docs": []}', content_type="text/plain")
    assert check_error(response, 415)["error"] == "bad_content_type"


def test_whoever_is_unknown_is_asked_to_sign_in() -> None:
    def nobody(environ: dict[str, Any]) -> Any:
        raise Unauthorized("Sign in first.")

    response = Client(protocol_app(nobody)).get("/db")
    assert check_error(response, 401) == {"error": "unauthorized", "reason": "Sign in first."}
    assert response.headers["WWW-Authenticate"] == 'Basic realm="divan"'


def test_a_failure_of_ours_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    def broken(environ: dict[str, Any]) -> Any:
        raise ZeroDivisionError("a secret detail")

    with caplog.at_level(logging.ERROR):
        response = Client(protocol_app(broken)).get("/db")
    assert response.status_code == 500
    assert response.json["error"] == "internal_server_error"
    assert b"secret" not in response.data
    assert "a secret detail" in caplog.text


def test_random_requests_are_answered_in_form(client: Client) -> None:
    """Seeded; the seed is in the message of a failure."""
    seed = random.SystemRandom().randrange(2**32)
    dice = random.Random(seed)
    pieces = ["db", "_design", "_view", "_local", "x", "%2F", "%FF", "%00", "..", "_bulk_docs", "?"]
    pieces += ["rev=", "1-a", "&", "open_revs=all", "_changes", "limit=", "key=", "é", " ", "+"]
    bodies = [*BODIES.values(), b"{}", b'{"docs":[{}]}', b'{"keys":[null]}', b'{"_id":1}']
    for _ in range(400):
        target = "/" + "/".join(dice.choice(pieces) for _ in range(dice.randrange(5)))
        target = target.replace("/?/", "?").replace("feed", "")
        method = dice.choice(["GET", "PUT", "POST", "DELETE", "HEAD", "X"])
        response = client.open(
            target, method=method, data=dice.choice(bodies), content_type="application/json"
        )
        told = f"seed {seed}: {method} {target}: {response.status}"
        assert response.status_code < 500, told
        if response.status_code >= 400 and method != "HEAD":
            assert set(response.json) == {"error", "reason"}, told


@pytest.mark.parametrize("stale", [[], {}, None, 1])
def test_stale_must_be_one_of_its_words(client: Client, stale: object) -> None:
    check_error(client.post("/db/_all_docs", json={"stale": stale}), 400)


@pytest.mark.parametrize("path", ["/db/_revs_limit", "/db/_purged_infos_limit"])
def test_a_limit_that_cannot_be_stored(client: Client, path: str) -> None:
    check_error(client.put(path, data=b"9" * 23), 400)


def test_a_copy_goes_to_an_id_in_utf_8(client: Client) -> None:
    client.put("/db/doc", data=b"{}")
    answer = client.open("/db/doc", method="COPY", headers={"Destination": "%ff"})
    assert check_error(answer, 400)["reason"] == "Document id must be valid UTF-8"
