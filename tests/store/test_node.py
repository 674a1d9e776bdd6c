"""A node beside its users: configuration, cross origins, replications, tasks, all databases."""

import json
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from store.errors import StoreError
from store.node import Node, node_app
from store.types import BasicAuth
from tests.store.nodes import opened_node
from tests.store.waiting import until

ADMIN = BasicAuth("admin", "geheim")
LOGIN = (ADMIN.user, ADMIN.password)
CONFIG = "/_node/_local/_config"
PAGE = "https://page.example"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with closing(opened_node(tmp_path, ADMIN)) as node:
        for name in ("source", "target"):
            node.server.create(name)
        node.server.database("source").bulk_docs([{"_id": f"doc-{at}"} for at in range(3)])
        yield node


class Admin:
    """Requests of the administrator; answers are checked to be JSON."""

    def __init__(self, node: Node) -> None:
        self._client = Client(node_app(node), use_cookies=False)

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        response = self.response(method, path, json=body)
        assert response.mimetype == "application/json"
        return response.status_code, response.json

    def response(self, method: str, path: str, **request: Any) -> TestResponse:
        return self._client.open(path, method=method, auth=LOGIN, **request)


@pytest.fixture
def ask(node: Node) -> Admin:
    return Admin(node)


def test_what_the_node_says_of_itself(ask: Admin, node: Node) -> None:
    welcome = ask("GET", "/")[1]
    assert (welcome["couchdb"], welcome["vendor"]) == ("Welcome", {"name": "Divan"})
    assert welcome["uuid"] == node.config.text("couchdb", "uuid")
    assert ask("GET", "/_up") == (200, {"status": "ok", "seeds": {}})
    assert ask("GET", "/_node/_local") == (200, {"name": node.name})
    assert ask("GET", "/_membership")[1]["all_nodes"] == [node.name]
    assert ask("GET", f"/_node/{node.name}/_config/vendor") == (200, {"name": "Divan"})
    assert ask("GET", "/_node/other/_config")[0] == 404


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["_replicator", "_users", "source", "target"]),
        ("startkey=%22s%22", ["source", "target"]),
        ("end_key=%22source%22", ["_replicator", "_users", "source"]),
        ("endkey=%22source%22&inclusive_end=false", ["_replicator", "_users"]),
        ("descending=true&limit=2", ["target", "source"]),
        ("descending=true&startkey=%22source%22&endkey=%22_users%22", ["source", "_users"]),
        ("skip=1&limit=2", ["_users", "source"]),
        ("key=%22target%22", ["target"]),
        ("limit=0", []),
    ],
)
def test_ranges_of_all_databases(ask: Admin, query: str, names: list[str]) -> None:
    assert ask("GET", f"/_all_dbs?{query}") == (200, names)
    rows = ask("GET", f"/_dbs_info?{query}")[1]
    assert [row["key"] for row in rows] == names
    assert [row["info"]["db_name"] for row in rows] == names


def test_facts_of_named_databases(ask: Admin) -> None:
    found = ask("POST", "/_dbs_info", {"keys": ["source", "none", 5]})[1]
    assert found[0]["info"]["doc_count"] == 3
    assert found[1:] == [{"key": "none", "error": "not_found"}, {"key": 5, "error": "not_found"}]
    assert ask("POST", "/_dbs_info", {})[0] == 400
    assert ask("POST", "/_dbs_info", {"keys": ["x"] * 101})[0] == 400


@pytest.mark.parametrize("algorithm", ["sequential", "random", "utc_random", "unheard-of"])
def test_uuids(ask: Admin, algorithm: str) -> None:
    ask("PUT", f"{CONFIG}/uuids/algorithm", algorithm)
    found = [each for _ in range(3) for each in ask("GET", "/_uuids?count=1000")[1]["uuids"]]
    assert len(set(found)) == 3000
    assert all(len(each) == 32 and int(each, 16) >= 0 for each in found)
    if algorithm == "sequential":
        assert found == sorted(found)
        assert len({each[:26] for each in found}) == 1
    for wrong in ("x", "-1", "1001", "9" * 30):
        assert ask("GET", f"/_uuids?count={wrong}")[0] == 400


def test_uuids_end_with_a_suffix_where_that_is_configured(ask: Admin) -> None:
    ask("PUT", f"{CONFIG}/uuids/algorithm", "utc_id")
    ask("PUT", f"{CONFIG}/uuids/utc_id_suffix", "-here")
    found = ask("GET", "/_uuids?count=50")[1]["uuids"]
    assert found == sorted(set(found))
    assert all(each[14:] == "-here" for each in found)


def test_requests_are_told_apart(ask: Admin) -> None:
    named = ask.response("GET", "/", headers={"X-Couch-Request-ID": "mine"})
    assert named.headers["X-Couch-Request-ID"] == "mine"
    assert named.headers["X-CouchDB-Body-Time"] == "0"
    others = {ask.response("GET", "/none").headers["X-Couch-Request-ID"] for _ in range(3)}
    assert len(others) == 3


def test_what_a_request_really_is_may_stand_in_its_headers(ask: Admin) -> None:
    override = {"X-HTTP-Method-Override": "PUT", "X-Forwarded-Host": "couch.example"}
    made = ask.response("POST", "/source/new", json={}, headers=override)
    assert made.status_code == 201
    assert made.headers["Location"] == "http://couch.example/source/new"
    assert ask.response("PUT", "/source/other", json={}, headers={
        "X-HTTP-Method-Override": "DELETE"
    }).status_code == 201  # fmt: skip
    ask("PUT", f"{CONFIG}/chttpd/x_forwarded_host", "X-Host")
    moved = ask.response("PUT", "/source/third", json={}, headers={"X-Host": "other.example"})
    assert moved.headers["Location"] == "http://other.example/source/third"


def test_a_plus_sign_in_a_path_is_a_space(ask: Admin) -> None:
    assert ask("PUT", "/source/a+b", {})[1]["id"] == "a b"
    assert ask("PUT", "/source/a%2Bb", {})[1]["id"] == "a+b"


def test_a_plus_sign_in_a_path_may_stand_for_itself(ask: Admin) -> None:
    ask("PUT", f"{CONFIG}/chttpd/decode_plus_to_space", "false")
    assert ask("PUT", "/a+b") == (201, {"ok": True})
    assert ask("GET", "/a+b")[1]["db_name"] == ask("GET", "/a%2Bb")[1]["db_name"] == "a+b"
    assert ask("PUT", "/source/a+b", {})[1]["id"] == "a+b"
    ask("PUT", f"{CONFIG}/chttpd/decode_plus_to_space", "true")
    assert ask("GET", "/source/a+b")[0] == 404


def test_requests_have_a_size(ask: Admin) -> None:
    ask("PUT", f"{CONFIG}/chttpd/max_http_request_size", "16")
    too_large = {"error": "too_large", "reason": "the request entity is too large"}
    for method, path in (("PUT", "/source/a"), ("POST", "/source/_changes?filter=_doc_ids")):
        assert ask(method, path, {"doc_ids": ["doc-1", "doc-2"]}) == (413, too_large)
    assert ask("PUT", "/source/a", {"n": 1})[0] == 201


def test_what_runs_the_functions_is_told(ask: Admin) -> None:
    engine = {"javascript_engine": {"name": "quickjs"}}
    assert ask("GET", "/_node/_local/_versions") == (200, engine)


def test_configuration_is_kept(ask: Admin, node: Node, tmp_path: Path) -> None:
    assert ask("PUT", f"{CONFIG}/cors/origins", " https://a.example ") == (200, "")
    assert ask("PUT", f"{CONFIG}/cors/origins", "*") == (200, "https://a.example")
    assert ask("GET", f"{CONFIG}/cors/origins") == (200, "*")
    assert ask("GET", f"{CONFIG}/cors")[1] == {"credentials": "false", "origins": "*"}
    assert ask("GET", CONFIG)[1]["cors"]["origins"] == "*"
    file = tmp_path / "local.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with closing(opened_node(tmp_path, ADMIN)) as other:
        assert other.config.text("cors", "origins") == "*"
        assert other.config.text("couchdb", "uuid") == node.config.text("couchdb", "uuid")
    assert ask("DELETE", f"{CONFIG}/cors/origins") == (200, "*")
    for method in ("GET", "DELETE"):
        reason = {"error": "not_found", "reason": "unknown_config_value"}
        assert ask(method, f"{CONFIG}/cors/origins") == (404, reason)


def test_configuration_for_this_run_alone(ask: Admin, tmp_path: Path) -> None:
    once = {"X-Couch-Persist": "false"}
    path = f"{CONFIG}/log/level"
    assert ask.response("PUT", path, json="debug", headers=once).json == ""
    assert ask("GET", path) == (200, "debug")
    assert "debug" not in (tmp_path / "local.json").read_text()
    assert ask("POST", f"{CONFIG}/_reload") == (200, {"ok": True})
    assert ask("GET", path)[0] == 404
    assert ask("GET", "/_all_dbs")[0] == 200  # the administrator of the command line is there yet


@pytest.mark.parametrize("body", [b"5", b"{}", b"null", b"", b'"\xff"', b'"x'])
def test_configuration_is_text(ask: Admin, body: bytes) -> None:
    response = ask.response("PUT", f"{CONFIG}/a/b", data=body)
    assert (response.status_code, response.json["error"]) == (400, "bad_request")


def test_administrators_are_made_and_unmade(ask: Admin, node: Node, tmp_path: Path) -> None:
    assert ask("PUT", f"{CONFIG}/admins/eva", "secret word") == (200, "")
    kept = ask("GET", f"{CONFIG}/admins/eva")[1]
    assert kept.startswith("-pbkdf2:sha256-")
    text = (tmp_path / "local.json").read_text()
    assert kept in text
    assert "secret word" not in text
    assert ADMIN.password not in text
    eva = Client(node_app(node))
    assert eva.get("/_all_dbs", auth=("eva", "secret word")).status_code == 200
    assert ask("PUT", f"{CONFIG}/admins/eva", kept)[0] == 200  # as tools copy it
    assert eva.get("/_all_dbs", auth=("eva", "secret word")).status_code == 200
    assert ask("DELETE", f"{CONFIG}/admins/eva") == (200, kept)
    assert eva.get("/_all_dbs", auth=("eva", "secret word")).status_code == 401
    for name, password in (("a:b", "x"), ("eve", "")):
        assert ask("PUT", f"{CONFIG}/admins/{name}", password)[0] == 400


def test_a_damaged_configuration_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "local.json").write_text("{")
    with pytest.raises(StoreError, match=r"local\.json cannot be read"):
        opened_node(tmp_path, ADMIN)


def preflight(ask: Admin, method: str = "PUT", headers: str = "content-type") -> TestResponse:
    asked = {"Origin": PAGE, "Access-Control-Request-Method": method}
    return ask.response(
        "OPTIONS", "/source", headers={**asked, "Access-Control-Request-Headers": headers}
    )


def allow(ask: Admin, origins: str = PAGE, credentials: str = "true") -> None:
    ask("PUT", f"{CONFIG}/chttpd/enable_cors", "true")
    ask("PUT", f"{CONFIG}/cors/origins", origins)
    ask("PUT", f"{CONFIG}/cors/credentials", credentials)


def allowed(response: TestResponse) -> dict[str, str]:
    """The headers of an answer that are about other origins, without their common beginning."""
    common = "Access-Control-"
    return {
        name.removeprefix(common): value
        for name, value in response.headers
        if name.startswith(common)
    }


def test_other_origins_are_not_let_in_by_default(ask: Admin) -> None:
    assert preflight(ask).status_code == 405
    assert allowed(ask.response("GET", "/source", headers={"Origin": PAGE})) == {}


def test_an_origin_that_was_named_is_let_in(ask: Admin) -> None:
    allow(ask)
    answer = preflight(ask)
    assert answer.status_code == 204
    assert allowed(answer)["Allow-Origin"] == PAGE
    assert allowed(answer)["Allow-Credentials"] == "true"
    assert "PUT" in allowed(answer)["Allow-Methods"]
    got = allowed(ask.response("GET", "/source/none", headers={"Origin": PAGE}))
    assert (got["Allow-Origin"], got["Allow-Credentials"]) == (PAGE, "true")
    assert "etag" in got["Expose-Headers"]
    assert allowed(ask.response("GET", "/source", headers={"Origin": "https://evil.example"})) == {}
    assert allowed(ask.response("GET", "/source")) == {}


def test_any_origin_is_let_in_without_credentials(ask: Admin) -> None:
    allow(ask, "*")
    assert preflight(ask).status_code == 204
    assert "Allow-Credentials" not in allowed(preflight(ask))


@pytest.mark.parametrize(("method", "headers"), [("BREW", ""), ("PUT", "x-anything")])
def test_a_preflight_that_asks_too_much(ask: Admin, method: str, headers: str) -> None:
    allow(ask)
    assert preflight(ask, method, headers).status_code == 405


def test_replicating_once_and_again(ask: Admin, node: Node) -> None:
    body = {"source": "source", "target": "target"}
    status, said = ask("POST", "/_replicate", body)
    assert (status, said["ok"], said["history"][0]["docs_written"]) == (200, True, 3)
    assert node.server.database("target").info()["doc_count"] == 3
    assert ask("POST", "/_replicate", body)[1]["no_changes"] is True


def test_replicating_what_is_not_there(ask: Admin) -> None:
    refused = {"error": "db_not_found", "reason": "could not open nowhere"}
    for body in (
        {"source": "nowhere", "target": "target"},
        {"source": "source", "target": "nowhere"},
    ):
        assert ask("POST", "/_replicate", body) == (500, refused)
    assert ask("POST", "/_replicate", {"target": "target"})[0] == 400
    cancelled = {"source": "source", "target": "target", "cancel": True}
    assert ask("POST", "/_replicate", cancelled)[0] == 404


def test_a_continuous_replication_is_shown_and_cancelled(ask: Admin, node: Node) -> None:
    body = {"source": "source", "target": "new", "create_target": True, "continuous": True}
    status, said = ask("POST", "/_replicate", body)
    assert status == 202
    until(lambda: node.server.exists("new"))
    until(lambda: node.server.database("new").info()["doc_count"] == 3)
    (task,) = ask("GET", "/_active_tasks")[1]
    assert (task["type"], task["replication_id"]) == ("replication", said["_local_id"])
    jobs = ask("GET", "/_scheduler/jobs")[1]
    assert (jobs["total_rows"], jobs["jobs"][0]["id"]) == (1, said["_local_id"])
    assert ask("GET", "/_scheduler/jobs?skip=1")[1] == {"total_rows": 1, "offset": 1, "jobs": []}
    assert ask("GET", f"/_scheduler/jobs/{said['_local_id']}")[1] == jobs["jobs"][0]
    security = ask("GET", "/new/_security")[1]
    assert ask("POST", "/_replicate", {**body, "cancel": True})[1] == said
    assert ask("GET", "/_active_tasks") == (200, [])
    assert security == {}  # as `default_security` says in this test


def test_an_index_that_is_built_is_an_active_task(ask: Admin, node: Node) -> None:
    database = node.server.database("source")
    database.bulk_docs([{"_id": f"more-{at}"} for at in range(10_000)])
    database.put({"_id": "_design/x", "views": {"all": {"map": "function (doc) { emit(1); }"}}})
    building = threading.Thread(target=database.view, args=("x", "all"))
    building.start()
    seen: list[dict[str, Any]] = []
    while building.is_alive():
        seen += ask("GET", "/_active_tasks")[1]
    building.join()
    assert seen
    facts = {(each["type"], each["database"], each["design_document"]) for each in seen}
    assert facts == {("indexer", "source", "_design/x")}
    assert {each["total_changes"] for each in seen} <= {0, 10_004}
    progress = [each["progress"] for each in seen]
    assert progress == sorted(progress)
    assert 0 < progress[-1] <= 100
    assert ask("GET", "/_active_tasks") == (200, [])


def test_a_user_replicates_under_the_own_name(ask: Admin, node: Node) -> None:
    doc = {"name": "anna", "password": "x", "roles": [], "type": "user"}
    ask("PUT", "/_users/org.couchdb.user:anna", doc)
    anna = Client(node_app(node))
    body: dict[str, Any] = {"source": "source", "target": "target"}
    assert anna.post("/_replicate", json=body).status_code == 401
    making = {**body, "target": "new", "create_target": True}
    assert anna.post("/_replicate", json=making, auth=("anna", "x")).status_code == 401
    assert not node.server.exists("new")
    ask("PUT", "/source/_security", {"members": {"names": ["ben"]}})
    assert anna.post("/_replicate", json=body, auth=("anna", "x")).status_code == 403
    ask("PUT", "/source/_security", {"members": {"names": ["anna"]}})
    assert anna.post("/_replicate", json=body, auth=("anna", "x")).status_code == 200


def test_a_document_asks_for_a_replication(ask: Admin, node: Node) -> None:
    local = {"source": "source", "target": "target", "user_ctx": {"roles": ["_admin"]}}
    assert ask("PUT", "/_replicator/once", local)[0] == 201
    until(lambda: ask("GET", "/_replicator/once")[1].get("_replication_state") == "completed")
    assert ask("GET", "/_replicator/once")[1]["owner"] == "admin"
    assert node.server.database("target").info()["doc_count"] == 3
    shown = ask("GET", "/_scheduler/docs")[1]
    assert [(doc["doc_id"], doc["state"]) for doc in shown["docs"]] == [("once", "completed")]
    assert ask("GET", "/_scheduler/docs/_replicator?states=failed")[1]["docs"] == []
    assert ask("GET", "/_scheduler/docs?states=odd")[0] == 400
    assert ask("GET", "/_scheduler/docs/_replicator/once")[1] == shown["docs"][0]
    assert ask("GET", "/_scheduler/docs/_replicator/none")[0] == 404


@pytest.mark.parametrize(
    "wrong", [{"source": 5, "target": "x"}, {"target": "x"}, {"source": "x", "target": "http://"}]
)
def test_a_document_that_asks_for_nothing_possible(ask: Admin, wrong: dict[str, Any]) -> None:
    assert ask("PUT", "/_replicator/bad", wrong)[0] == 403


def test_a_replication_goes_on_when_the_node_starts_again(tmp_path: Path) -> None:
    asked = {"source": "source", "target": "target", "continuous": True}
    asked["user_ctx"] = {"roles": ["_admin"]}
    with closing(opened_node(tmp_path, ADMIN)) as node:
        for name in ("source", "target"):
            node.server.create(name)
        node.server.database("_replicator").put({"_id": "always", **asked})
    with closing(opened_node(tmp_path, ADMIN)) as node:
        node.server.database("source").put({"_id": "a"})
        until(lambda: node.server.database("target").info()["doc_count"] == 1)


def test_passwords_are_nowhere_in_the_log(
    ask: Admin, node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        ask("PUT", f"{CONFIG}/admins/eva", "top secret")
        ask("POST", "/_session", {"name": "admin", "password": ADMIN.password})
    assert ADMIN.password not in caplog.text
    assert "secret" not in caplog.text
    assert json.dumps(ADMIN.password) not in repr(node)
