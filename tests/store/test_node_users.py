"""Who may do what on a node: administrators, users of `_users`, sessions, proxies, nobody."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from store.couch.proxy import ALGORITHMS, signed
from store.node import Node, node_app
from store.node.door import Door
from store.types import BasicAuth, UserContext
from tests.store.nodes import opened_node, trusting

ADMIN = BasicAuth("admin", "grün:geheim")
LOGIN = (ADMIN.user, ADMIN.password)
ANNA = ("anna", "äpfel")
SECRET = "s3cret"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    given = trusting(SECRET) | {"couchdb": {"default_security": "admin_only"}}
    with closing(opened_node(tmp_path, ADMIN, given)) as node:
        node.server.create("db")
        yield node


@pytest.fixture
def client(node: Node) -> Client:
    return Client(node_app(node), use_cookies=False)


@pytest.fixture
def anna(client: Client) -> Client:
    """A client of a node where Anna has an account with the role `sales`."""
    made = put_user(client, {**user_doc(*ANNA), "roles": ["sales"]})
    assert made.status_code == 201
    return client


def user_doc(name: str, password: str | None = None) -> dict[str, Any]:
    doc: dict[str, Any] = {"name": name, "type": "user", "roles": []}
    return doc if password is None else {**doc, "password": password}


def put_user(
    client: Client, doc: dict[str, Any], auth: tuple[str, str] | None = LOGIN
) -> TestResponse:
    return client.put(f"/_users/org.couchdb.user:{doc['name']}", json=doc, auth=auth)


def open_users(client: Client) -> None:
    """Let everybody into `_users`, as an administrator does for a site where people sign up."""
    configure(client, "couchdb/users_db_security_editable", "true")
    security: dict[str, Any] = {"members": {"names": [], "roles": []}}
    assert client.put("/_users/_security", json=security, auth=LOGIN).status_code == 200


def configure(client: Client, key: str, text: str) -> None:
    path = f"/_node/_local/_config/{key}"
    assert client.put(path, json=text, auth=LOGIN).status_code == 200


def who(client: Client, **request: Any) -> dict[str, Any]:
    response = client.get("/_session", **request)
    assert response.status_code == 200, response.json
    return dict(response.json["userCtx"])


def cookie_of(response: TestResponse) -> str:
    return response.headers["Set-Cookie"].partition(";")[0]


def refused(response: TestResponse, status: int, error: str) -> str:
    assert (response.status_code, response.json["error"]) == (status, error)
    return str(response.json["reason"])


def test_the_administrator(client: Client) -> None:
    assert client.get("/_all_dbs", auth=LOGIN).json == ["_replicator", "_users", "db"]
    assert who(client, auth=LOGIN) == {"name": "admin", "roles": ["_admin"]}
    for wrong in (("admin", "x"), ("", ""), ("admin", "grün"), ("Admin", ADMIN.password)):
        refused(client.get("/_all_dbs", auth=wrong), 401, "unauthorized")


@pytest.mark.parametrize("header", ["Basic !!", "Basic YQ=", "Basic /w=="])
def test_an_authorization_header_that_cannot_be_read(client: Client, header: str) -> None:
    refused(client.get("/db", headers={"Authorization": header}), 400, "bad_request")


@pytest.mark.parametrize("header", ["", "Basic", "Basic YQ==", "Basic XzpfIDpf", "Bearer x"])
def test_an_authorization_header_that_names_nobody(client: Client, header: str) -> None:
    headers = {"Authorization": header}
    if header == "Basic XzpfIDpf":
        headers = {"Authorization": "Basic " + base64.b64encode(b"_:_").decode()}
    assert who(client, headers=headers) == {"name": None, "roles": []}


FOR_ADMINISTRATORS = (
    "GET /_all_dbs",
    "GET /_dbs_info",
    "GET /_membership",
    "GET /_active_tasks",
    "GET /_scheduler/jobs",
    "GET /_node/_local/_config",
    "PUT /_node/_local/_config/admins/eve",
    "GET /_nothing",
    "PUT /new",
    "DELETE /db",
    "POST /db/_purge",
    "GET /_replicator/_all_docs",
    "GET /_users/_all_docs",
    "GET /_users/_changes",
)


def test_what_needs_an_administrator(anna: Client) -> None:
    for line in FOR_ADMINISTRATORS:
        method, _, path = line.partition(" ")
        for auth in (None, ANNA):
            # CouchDB asks a user to sign in as a stranger, but for `_users`.
            forbidden = path.startswith("/_users") and auth is not None
            expected = (403, "forbidden") if forbidden else (401, "unauthorized")
            assert "admin" in refused(anna.open(path, method=method, auth=auth), *expected)
    assert anna.get("/_all_dbs", auth=LOGIN).json == ["_replicator", "_users", "db"]


def test_everybody_may_see_that_the_server_is_there(client: Client) -> None:
    for path in ("/", "/_up", "/_uuids", "/_session"):
        assert client.get(path).status_code == 200


def test_new_databases_are_for_administrators(anna: Client) -> None:
    assert anna.put("/new", auth=LOGIN).status_code == 201
    assert refused(anna.get("/new"), 401, "unauthorized").startswith("You are not authorized")
    assert refused(anna.get("/new", auth=ANNA), 403, "forbidden").startswith("You are not allowed")
    anna.put("/new/_security", json={"members": {"roles": ["sales"]}}, auth=LOGIN)
    assert anna.get("/new", auth=ANNA).status_code == 200
    refused(anna.get("/new"), 401, "unauthorized")


def test_a_new_database_of_users_is_empty_until_it_is_used(client: Client) -> None:
    assert client.delete("/_users", auth=LOGIN).status_code == 200
    assert client.put("/_users", auth=LOGIN).status_code == 201
    assert client.get("/_users", auth=LOGIN).get_json()["doc_count"] == 0
    assert put_user(client, user_doc(*ANNA)).status_code == 201
    assert client.get("/_users/_design/_auth", auth=LOGIN).status_code == 200


def test_a_password_is_kept_as_couchdb_keeps_it(anna: Client) -> None:
    doc = anna.get("/_users/org.couchdb.user:anna", auth=LOGIN).json
    key = hashlib.pbkdf2_hmac("sha256", ANNA[1].encode(), doc["salt"].encode(), doc["iterations"])
    assert doc["derived_key"] == key.hex()
    assert (doc["password_scheme"], doc["pbkdf2_prf"]) == ("pbkdf2", "sha256")
    assert "password" not in doc
    assert who(anna, auth=ANNA) == {"name": "anna", "roles": ["sales"]}
    refused(anna.get("/_session", auth=("anna", "x")), 401, "unauthorized")


def test_a_new_password_counts_at_once(anna: Client) -> None:
    path = "/_users/org.couchdb.user:anna"
    session = cookie_of(anna.post("/_session", json={"name": "anna", "password": ANNA[1]}))
    doc = {**anna.get(path, auth=LOGIN).json, "password": "new"}
    assert anna.put(path, json=doc, auth=LOGIN).status_code == 201
    refused(anna.get("/_session", auth=ANNA), 401, "unauthorized")
    assert who(anna, auth=("anna", "new"))["name"] == "anna"
    assert who(anna, headers={"Cookie": session})["name"] is None


def test_a_user_reaches_no_document_but_the_own(anna: Client) -> None:
    put_user(anna, user_doc("ben", "x"))
    refused(anna.get("/_users/org.couchdb.user:anna", auth=ANNA), 403, "forbidden")
    open_users(anna)
    own = anna.get("/_users/org.couchdb.user:anna", auth=ANNA).json
    assert own["roles"] == ["sales"]
    for method in ("GET", "PUT", "DELETE"):
        ben = anna.open("/_users/org.couchdb.user:ben", method=method, auth=ANNA)
        assert refused(ben, 404, "not_found") == "missing"
    refused(anna.get("/_users/org.couchdb.user:ben"), 404, "not_found")
    refused(anna.get("/_users/_design/_auth", auth=ANNA), 403, "forbidden")
    refused(anna.post("/_users/_bulk_get", json={"docs": []}, auth=ANNA), 403, "forbidden")
    refused(put_user(anna, {**own, "roles": ["sales", "boss"]}, ANNA), 403, "forbidden")
    assert put_user(anna, {**own, "password": "new"}, ANNA).status_code == 201
    assert who(anna, auth=("anna", "new"))["roles"] == ["sales"]


def test_whoever_is_nobody_may_sign_up_where_users_are_let_in(client: Client) -> None:
    refused(put_user(client, user_doc("eve", "x"), None), 401, "unauthorized")
    open_users(client)
    refused(put_user(client, {**user_doc("eve", "x"), "roles": ["boss"]}, None), 403, "forbidden")
    assert put_user(client, user_doc("eve", "x"), None).status_code == 201
    refused(put_user(client, user_doc("eve", "mine now"), None), 409, "conflict")
    forged = {**user_doc("eve", "mine"), "_rev": "1-" + "a" * 32}
    forged["_revisions"] = {"start": 1, "ids": ["a" * 32]}
    path = "/_users/org.couchdb.user:eve?new_edits=false"
    refused(client.put(path, json=forged), 403, "forbidden")
    assert who(client, auth=("eve", "x"))["name"] == "eve"


NO_USERS: tuple[dict[str, Any], ...] = (
    {"type": "thing"},
    {"name": None},
    {"name": "other"},
    {"roles": None},
    {"roles": "boss"},
    {"roles": [1]},
    {"roles": ["_admin"]},
    {"password": 5},
    {"password_scheme": "plain"},
    {"password_scheme": "pbkdf2", "iterations": "10", "derived_key": "a"},
    {"password_sha": "abc"},
)


def test_who_is_let_in_among_the_users_is_not_changed_by_mistake(client: Client) -> None:
    answer = client.put("/_users/_security", json={}, auth=LOGIN)
    reason = "You can't edit the security object of the user database."
    assert refused(answer, 403, "forbidden") == reason
    assert client.get("/_users/_security", auth=LOGIN).json["members"] == {"roles": ["_admin"]}
    open_users(client)
    assert client.get("/_users/_security", auth=LOGIN).json["members"] == {"names": [], "roles": []}


def test_user_documents_that_are_none(client: Client) -> None:
    path = "/_users/org.couchdb.user:eve"
    for wrong in NO_USERS:
        answer = client.put(path, json={**user_doc("eve"), **wrong}, auth=LOGIN)
        refused(answer, 403, "forbidden")


@pytest.mark.parametrize("scheme", ["simple", "simple+pbkdf2", "pbkdf2 by sha1"])
def test_passwords_kept_the_old_way_are_kept_anew_at_the_next_sign_in(
    client: Client, scheme: str
) -> None:
    sha = hashlib.sha1(b"appleNaCl", usedforsecurity=False).hexdigest()
    kept: dict[str, Any] = {"password_scheme": scheme, "salt": "NaCl"}
    if scheme == "simple":
        kept["password_sha"] = sha
    elif scheme == "simple+pbkdf2":
        key = hashlib.pbkdf2_hmac("sha256", sha.encode(), b"NaCl", 7).hex()
        kept |= {"pbkdf2_prf": "sha256", "iterations": 7, "derived_key": key}
    else:
        key = hashlib.pbkdf2_hmac("sha1", b"apple", b"NaCl", 7).hex()
        kept |= {"password_scheme": "pbkdf2", "iterations": 7, "derived_key": key}
    assert put_user(client, {**user_doc("old"), **kept}).status_code == 201
    refused(client.get("/_session", auth=("old", "pear")), 401, "unauthorized")
    signed_in = client.post("/_session", json={"name": "old", "password": "apple"})
    doc = client.get("/_users/org.couchdb.user:old", auth=LOGIN).json
    key = hashlib.pbkdf2_hmac("sha256", b"apple", b"NaCl", 10).hex()
    assert (doc["salt"], doc["iterations"], doc["derived_key"]) == ("NaCl", 10, key)
    assert "password_sha" not in doc
    # The salt is the same, so the session goes on.
    assert who(client, headers={"Cookie": cookie_of(signed_in)})["name"] == "old"


@pytest.mark.parametrize("kept", [{"pbkdf2_prf": "md5"}, {"iterations": 0}, {"iterations": 1e12}])
def test_a_password_that_no_server_would_verify(client: Client, kept: dict[str, Any]) -> None:
    doc = {**user_doc("odd"), "password_scheme": "pbkdf2", "iterations": 5, "derived_key": "a"}
    assert put_user(client, {**doc, **kept}).status_code == 201
    refused(client.get("/_session", auth=("odd", "x")), 403, "forbidden")


def test_an_account_in_conflict_signs_nobody_in(anna: Client) -> None:
    branches = [
        {**user_doc("anna"), "_id": "org.couchdb.user:anna", "_rev": f"1-{mark * 32}"}
        for mark in "ab"
    ]
    anna.post("/_users/_bulk_docs", json={"docs": branches, "new_edits": False}, auth=LOGIN)
    assert "conflicts" in refused(anna.get("/_session", auth=ANNA), 401, "unauthorized")


def test_signing_in_and_out(anna: Client) -> None:
    for request in (
        {"data": {"name": "anna", "password": ANNA[1]}},
        {"json": {"username": "anna", "password": ANNA[1]}},
    ):
        response = anna.post("/_session", **request)
        assert response.json == {"ok": True, "name": "anna", "roles": ["sales"]}
        assert "HttpOnly" in response.headers["Set-Cookie"]
        headers = {"Cookie": cookie_of(response)}
        assert who(anna, headers=headers) == {"name": "anna", "roles": ["sales"]}
        assert anna.get("/_session", headers=headers).json["info"]["authenticated"] == "cookie"
    assert cookie_of(anna.delete("/_session")) == "AuthSession="
    wrong = anna.post("/_session", json={"name": "anna", "password": "x"})
    refused(wrong, 401, "unauthorized")
    assert cookie_of(wrong) == "AuthSession="


def test_sign_ins_that_cannot_be_read(client: Client) -> None:
    refused(client.post("/_session", json={"password": "x"}), 400, "bad_request")
    two_names = {"name": "anna", "username": "ben", "password": "x"}
    refused(client.post("/_session", json=two_names), 400, "bad_request")
    refused(client.post("/_session", data="{", content_type="text/plain"), 415, "bad_content_type")
    refused(client.post("/_session", data="{", content_type="application/json"), 400, "bad_request")
    refused(client.get("/_session", headers={"Cookie": "AuthSession=!"}), 400, "bad_request")
    refused(client.get("/_session?basic=true"), 401, "unauthorized")


def test_a_session_ends_and_is_renewed_while_it_is_used(node: Node) -> None:
    now = [1_000_000.0]
    node.door = Door(node.config, node.accounts, lambda: now[0])
    client = Client(node_app(node), use_cookies=False)
    first = client.post("/_session", json={"name": "admin", "password": ADMIN.password})
    headers = {"Cookie": cookie_of(first)}
    now[0] += 30
    assert "Set-Cookie" not in client.get("/_session", headers=headers).headers
    now[0] += 300
    renewed = {"Cookie": cookie_of(client.get("/_all_dbs", headers=headers))}
    now[0] += 300
    assert who(client, headers=headers)["name"] is None
    assert who(client, headers=renewed)["name"] == "admin"


@pytest.mark.parametrize("at", [0, 8, -1])
def test_a_forged_cookie_is_nobodys(client: Client, at: int) -> None:
    response = client.post("/_session", json={"name": "admin", "password": ADMIN.password})
    value = cookie_of(response).partition("=")[2]
    raw = bytearray(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    raw[at] ^= 1
    forged = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    assert who(client, headers={"Cookie": f"AuthSession={forged}"})["name"] is None


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_peer_that_shares_the_secret_names_its_user(
    client: Client, node: Node, algorithm: str
) -> None:
    ben = UserContext("bén", ("sales", "divan"))
    headers = sent(ben, SECRET, algorithm)
    assert who(client, headers=headers) == {"name": "bén", "roles": ["sales", "divan"]}
    assert who(client, headers=sent(ben, "guessed", algorithm))["name"] is None
    node.config.set("chttpd_auth", "proxy_use_secret", "false")
    assert who(client, headers=headers)["name"] is None


def sent(user: UserContext, secret: str, algorithm: str) -> dict[str, str]:
    """The proxy headers as they are on the wire, where they are bytes of UTF-8."""
    headers = signed(user, secret, algorithm)
    return {
        name: value if isinstance(value, str) else value.decode("latin-1")
        for name, value in headers.items()
        if value
    }


def test_another_database_may_hold_the_users(anna: Client) -> None:
    before, after = "/people", "/staff"
    configure(anna, "couchdb/users_db_security_editable", "true")
    assert anna.put(before, auth=LOGIN).status_code == 201
    for path in (before, after):
        configure(anna, "chttpd_auth/authentication_db", path.strip("/"))
        anna.put(path, auth=LOGIN)
        anna.put(f"{path}/_security", json={"members": {"names": []}}, auth=LOGIN)
        boss = {**user_doc("eve"), "roles": ["boss"]}
        refused(anna.put(f"{path}/org.couchdb.user:eve", json=boss), 403, "forbidden")
        doc = user_doc("eve", f"at {path}")
        assert anna.put(f"{path}/org.couchdb.user:eve", json=doc, auth=LOGIN).status_code == 201
        assert who(anna, auth=("eve", f"at {path}"))["name"] == "eve"
        refused(anna.get(f"{path}/_all_docs", auth=("eve", f"at {path}")), 403, "forbidden")
        assert anna.get("/_session").json["info"]["authentication_db"] == path.strip("/")
    refused(anna.get("/_session", auth=ANNA), 401, "unauthorized")
    anna.delete("/_node/_local/_config/chttpd_auth/authentication_db", auth=LOGIN)
    assert who(anna, auth=ANNA)["name"] == "anna"


def test_after_many_wrong_passwords_the_right_one_has_to_wait(anna: Client) -> None:
    for _ in range(5):
        refused(anna.get("/_session", auth=("anna", "x")), 401, "unauthorized")
    assert "locked" in refused(anna.get("/_session", auth=ANNA), 403, "forbidden")
    assert who(anna, auth=LOGIN)["name"] == "admin"


def test_nobody_may_be_kept_out(client: Client, node: Node) -> None:
    node.config.set("chttpd", "require_valid_user", "true")
    assert refused(client.get("/"), 401, "unauthorized") == "Authentication required."
    signed_in = client.post("/_session", json={"name": "admin", "password": ADMIN.password})
    assert client.get("/", headers={"Cookie": cookie_of(signed_in)}).status_code == 200
