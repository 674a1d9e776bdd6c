"""Who may use a store that is served by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import Client

from store.couch.server import proxy_headers
from store.lite.server import LiteServer
from store.types import BasicAuth, UserContext
from store.wire import protocol_app
from store.wire.users import signed_in

ADMIN = BasicAuth("admin", "grün:geheim")
ANNA = UserContext("anna", ("sales", "divan"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LiteServer]:
    server = LiteServer(tmp_path)
    server.create("db")
    yield server
    server.close()


@pytest.fixture
def client(store: LiteServer) -> Client:
    return Client(protocol_app(signed_in(store, ADMIN, proxy_secret="s3cret")))


def test_password(client: Client) -> None:
    assert client.get("/_all_dbs", auth=(ADMIN.user, ADMIN.password)).json == ["db"]
    for wrong in (("admin", "x"), ("", ""), ("admin", "grün"), ("Admin", ADMIN.password)):
        response = client.get("/_all_dbs", auth=wrong)
        assert response.status_code == 401
        assert response.json["error"] == "unauthorized"


@pytest.mark.parametrize("header", ["Basic", "Basic !!", "Basic YQ==", "Bearer x", "Digest a=b"])
def test_header_that_is_none(client: Client, header: str) -> None:
    assert client.get("/db", headers={"Authorization": header}).status_code == 401


def test_nobody_is_refused(client: Client) -> None:
    response = client.get("/")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Basic ")


def test_user_named_by_a_trusted_peer(client: Client) -> None:
    headers = proxy_headers(ANNA, "s3cret")
    assert client.get("/db", headers=headers).status_code == 200
    assert client.delete("/db", headers=headers).status_code == 403
    assert client.get("/db", headers=proxy_headers(ANNA, "guessed")).status_code == 401


def test_proxy_headers_mean_nothing_without_a_secret(store: LiteServer) -> None:
    client = Client(protocol_app(signed_in(store, ADMIN)))
    assert client.get("/db", headers=proxy_headers(ANNA, "")).status_code == 401


def test_roles_decide_in_the_security_object(store: LiteServer, client: Client) -> None:
    store.database("db").set_security({"members": {"roles": ["sales"]}})
    assert client.get("/db", headers=proxy_headers(ANNA, "s3cret")).status_code == 200
    ben = UserContext("ben", ("service",))
    assert client.get("/db", headers=proxy_headers(ben, "s3cret")).status_code == 403
