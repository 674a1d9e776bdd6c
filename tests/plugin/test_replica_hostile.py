"""Hostile peers: everything is refused in CouchDB's form, tells nothing, and leaves no trace."""

import gzip
import json
import logging
import socket
from base64 import b64encode
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin import Office
from plugin.runtime.replica import own_locals
from plugin.runtime.replica.remote import Remote
from tests.plugin.offices import PASSWORD, Served, customer

ANNA = "anna.snelling"
DATABASE = "/replicate/customers"
MEBIBYTE = 1024 * 1024
REFUSED = {400, 401, 403, 404, 405, 409, 412, 413, 415, 431}


@pytest.fixture
def token(served: Served) -> str:
    return str(Remote(served.url).sign_in(ANNA, PASSWORD, "a laptop")["token"])


def ask(
    served: Served, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, dict[str, Any]]:
    """Status and JSON of an answer; underscores in names of headers stand for hyphens."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(HTTPConnection("127.0.0.1", served.port, timeout=60)) as connection:
        connection.request(method, path, body, {"Content-Type": "application/json", **sent})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, dict(json.loads(text)) if text[:1] == b"{" else {}


def bearer(token: str) -> str:
    return f"Bearer {token}"


def basic(name: str, password: str) -> str:
    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", "Bearer wrong", "Bearer ' OR 1=1", "Basic", "Basic !!", "Basic YQ==",
     "Negotiate x", "Bearer " + "x" * 60_000, basic(ANNA, ""), basic("divan-server", "")],
)  # fmt: skip
def test_whoever_proves_nothing_learns_nothing(office: Office, served: Served, given: str) -> None:
    doc = customer(office, ANNA, "Acme")
    for path in (DATABASE, f"{DATABASE}/{doc.id}", "/replicate/none", "/replicate/_all_dbs"):
        status, told = ask(served, "GET", path, Authorization=given)
        assert (status, told["error"]) == (401, "unauthorized"), path


def test_wrong_tries_are_logged_without_what_was_tried(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        ask(served, "GET", DATABASE, Authorization="Bearer a-secret-that-was-tried")
        for _ in range(8):
            status, _ = ask(served, "GET", DATABASE, Authorization=basic(ANNA, "tried-password"))
    assert status == 403, "after some wrong passwords even the right one has to wait"
    assert ask(served, "GET", DATABASE, Authorization=basic(ANNA, PASSWORD))[0] == 403
    assert "127.0.0.1" in caplog.text
    assert "tried" not in caplog.text


def test_a_token_opens_nothing_but_replication(served: Served, token: str) -> None:
    status, _ = ask(served, "GET", "/customers/", Authorization=bearer(token))
    assert status in (303, 404)


def test_a_request_that_is_replayed_changes_nothing(
    office: Office, served: Served, token: str
) -> None:
    doc = customer(office, ANNA, "Acme")
    store = office.server.database("customers")
    body = json.dumps({"docs": [store.get(doc.id, revs=True)], "new_edits": False}).encode()
    before = store.info()["update_seq"]
    for _ in range(3):
        status, _ = ask(served, "POST", f"{DATABASE}/_bulk_docs", body, Authorization=bearer(token))
        assert status == 201
    assert store.info()["update_seq"] == before
    assert len(store.open_revs(doc.id, "all")) == 1


def bomb() -> bytes:
    return gzip.compress(b'{"docs": [' + b" " * (100 * MEBIBYTE) + b"]}")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"[" * 200_000, {}, 400),
        (b'{"docs":' * 50_000, {}, 400),
        (b'{"docs": [{"_id": "a", "x": NaN}]}', {}, 400),
        (b'{"docs": ["\\ud800"]}', {}, 400),
        (b'{"docs": [{"_id": "\xff"}]}', {}, 400),
        (b"\x00\x01", {}, 400),
        (b"", {}, 400),
        (b"not gzip", {"Content_Encoding": "gzip"}, 400),
        (bomb(), {"Content_Encoding": "gzip"}, 413),
        (b"{}", {"Content_Encoding": "br"}, 415),
        (b"{}", {"Content_Length": str(1024 * MEBIBYTE)}, 413),
        (b"{}", {"X_Large": "x" * 300_000}, 431),
    ],
    ids=range(12),
)
def test_bodies_that_are_none(
    office: Office, served: Served, token: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    before = office.server.database("customers").info()["update_seq"]
    path = f"{DATABASE}/_bulk_docs"
    answered, _ = ask(served, "POST", path, body, Authorization=bearer(token), **headers)
    assert answered == status
    assert office.server.database("customers").info()["update_seq"] == before


def test_a_body_that_never_comes_keeps_nobody_waiting(served: Served, token: str) -> None:
    head = f"POST {DATABASE}/_bulk_docs HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer(token)}\r\n"
    slow = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(20)]
    try:
        for one in slow:
            one.sendall(f"{head}Content-Length: 1000\r\n\r\n{{".encode())
        assert ask(served, "GET", DATABASE, Authorization=bearer(token))[0] == 200
    finally:
        for one in slow:
            one.close()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["docs", "new_edits", "_id", "_rev", "_revisions", "_deleted", "_attachments", "readers",
     "authors", "form", "former_readers", "changed", "steps", "created", "doc_ids", "selector"]
)  # fmt: skip
BODIES = st.dictionaries(NAMES, JSON | st.lists(st.dictionaries(NAMES, JSON), max_size=3))
PATHS = st.sampled_from(
    ["_bulk_docs", "_bulk_get?revs=true&latest=true", "_revs_diff", "_missing_revs", "_all_docs",
     "_changes?filter=_doc_ids", "_changes?filter=_selector", "_changes?filter=_subset&mine=true",
     "_ensure_full_commit", "_local/x", "", "_purge", "_find", "customer:x"]
)  # fmt: skip


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    print_blob=True,
)
@given(path=PATHS, method=st.sampled_from(["POST", "PUT"]), body=BODIES)
def test_any_json_is_answered_in_couchdbs_form_and_opens_nothing(
    office: Office, served: Served, token: str, path: str, method: str, body: dict[str, Any]
) -> None:
    text = json.dumps(body).encode()
    status, told = ask(served, method, f"{DATABASE}/{path}", text, Authorization=bearer(token))
    assert status < 300 or (status in REFUSED and {"error", "reason"} <= told.keys()), (
        status,
        told,
    )
    assert office.server.database("customers").get("acl")["_rev"].startswith("1-")


def local(number: int) -> str:
    return f"{DATABASE}/_local/{number}"


def test_checkpoints_are_not_a_place_to_keep_things(
    office: Office, served: Served, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(number: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        text = json.dumps(body).encode()
        return ask(served, "PUT", local(number), text, Authorization=bearer(token))

    monkeypatch.setattr(own_locals, "MOST", 3)
    for number in range(3):
        status, told = put(number, {"history": ["x" * 16_000]})
        assert status == 201, told
    assert put(3, {})[0] == 403
    rev = ask(served, "GET", local(0), Authorization=bearer(token))[1]["_rev"]
    assert put(0, {"_rev": rev, "history": ["x" * 60_000]})[0] == 201
    status, told = put(1, {"history": ["x" * 70_000]})
    assert (status, told["error"]) == (413, "document_too_large")
    other = str(Remote(served.url).sign_in("zane.levy", PASSWORD, "a laptop")["token"])
    assert ask(served, "PUT", local(9), b"{}", Authorization=bearer(other))[0] == 201
    rev = ask(served, "GET", local(2), Authorization=bearer(token))[1]["_rev"]
    path = f"{local(2)}?rev={rev}"
    assert ask(served, "DELETE", path, Authorization=bearer(token))[0] == 200
    assert put(3, {})[0] == 201
