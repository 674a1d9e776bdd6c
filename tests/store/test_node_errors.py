"""Every path that a node answers refuses in CouchDB's form. A new route is tried without being
named here: the table itself is walked."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from werkzeug.test import Client, TestResponse

from store.node import Node, node_app
from store.node.app import node_routes
from store.types import BasicAuth
from store.wire.routes import ROUTES
from tests.store.nodes import opened_node

LOGIN = ("admin", "geheim")
REFUSALS = frozenset((400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 415, 416, 500))
VARIABLE = re.compile(r"\{\w+\*?\}")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    given = {"couchdb": {"default_security": "admin_only"}}
    with closing(opened_node(tmp_path, BasicAuth(*LOGIN), given)) as node:
        assert Client(node_app(node)).put("/closed", auth=LOGIN).status_code == 201
        yield node


def routes(node: Node, database: str) -> Iterator[tuple[str, str]]:
    """(method, path) of the whole table, with names for what is variable."""
    for pattern, methods in (*node_routes(node), *ROUTES):
        path = VARIABLE.sub("x", pattern.replace("{db}", database))
        for method in methods:
            yield method, f"/{path}"


def check_form(response: TestResponse, told: str) -> None:
    assert response.mimetype == "application/json", told
    said = response.json
    assert set(said) == {"error", "reason"}, f"{told}: {said}"
    assert all(isinstance(text, str) and text for text in said.values()), f"{told}: {said}"
    assert response.status_code in REFUSALS, f"{told}: {response.status}"
    assert "Traceback" not in said["reason"], told


def test_whoever_is_nobody_is_refused_in_form(node: Node) -> None:
    client = Client(node_app(node))
    public = {"/", "/_up", "/_uuids", "/_session"}
    for method, path in routes(node, "closed"):
        response = client.open(path, method=method)
        if path not in public:
            assert response.status_code == 401, f"{method} {path}: {response.status}"
            check_form(response, f"{method} {path}")


def test_a_database_that_is_none_is_refused_in_form(node: Node) -> None:
    client = Client(node_app(node))
    of_databases = [(method, path) for method, path in routes(node, "None") if "/None" in path]
    assert len(of_databases) > 20
    for method, path in of_databases:
        response = client.open(path, method=method, auth=LOGIN, json={})
        check_form(response, f"{method} {path}")


def test_bodies_that_are_none_are_refused_in_form(node: Node) -> None:
    client = Client(node_app(node))
    refused = 0
    for method, path in routes(node, "closed"):
        for body in (b"{", b'"\xff"', b'{"docs":5,"keys":5,"queries":5,"selector":5}'):
            if (method, path) == ("DELETE", "/closed"):
                continue
            kind = "application/json"
            response = client.open(path, method=method, auth=LOGIN, data=body, content_type=kind)
            if response.status_code >= 400:
                check_form(response, f"{method} {path} {body!r}")
                refused += 1
    assert refused > 30


def test_methods_that_are_none_are_refused_in_form(node: Node) -> None:
    client = Client(node_app(node))
    for path in {path for _, path in routes(node, "closed")}:
        for method in ("PATCH", "OPTIONS"):
            response = client.open(path, method=method, auth=LOGIN)
            check_form(response, f"{method} {path}")
            assert response.status_code == 405, f"{method} {path}"
            allowed = response.headers["Allow"]
            assert response.json["reason"] == f"Only {allowed} allowed"
            assert method not in allowed


@pytest.mark.parametrize(
    "path",
    ["/_none", "/none", "/none/doc", "/closed/_none/x", "/closed/_design/x/_none", "/a/b/c/d"],
)
def test_paths_that_are_none(node: Node, path: str) -> None:
    response = Client(node_app(node)).get(path, auth=LOGIN)
    check_form(response, path)
    assert response.status_code == 404


def test_cookies_of_others_need_not_be_utf_8(node: Node) -> None:
    others = {"HTTP_COOKIE": "a=\xff; b=1"}
    answer = Client(node_app(node)).get("/_session", environ_overrides=others)
    assert (answer.status_code, answer.json["userCtx"]["name"]) == (200, None)
