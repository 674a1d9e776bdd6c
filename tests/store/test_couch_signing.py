"""Signing in at a server over HTTP: cookie sessions, tokens of IBM's identity service, proxy
authentication, and the certificates of a private authority."""

import json
import re
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from werkzeug.wrappers import Request, Response

from store.couch import signing, transport
from store.couch.opening import open_couch
from store.couch.proxy import signed
from store.errors import BadRequest, Forbidden, Unauthorized, Unavailable
from store.node import Node, node_app
from store.types import BasicAuth, IamAuth, SessionAuth, UserContext
from tests.store.nodes import opened_node, trusting
from tests.store.peers import served

SECRET = "shared by both"
LOGIN = BasicAuth("admin", "pässword")
SESSION = SessionAuth(LOGIN.user, LOGIN.password)
NOBODY = "http://127.0.0.1:2"
ANNA = UserContext("anna", ("divan",))


@dataclass
class Front:
    """A server that passes requests on and keeps what they said of who asks."""

    app: Any
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    """Path, cookie and authorization of each request."""
    answers: list[Response] = field(default_factory=list)
    """To be given in place of the server's own."""

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        request = Request(environ)
        headers = request.headers
        said = (headers.get("Cookie", ""), headers.get("Authorization", ""))
        self.seen.append((request.path, *said))
        if self.answers and request.path != "/_session":
            return self.answers.pop(0)(environ, start)
        return self.app(environ, start)

    def signed_in(self) -> int:
        return [path for path, *_ in self.seen].count("/_session")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with closing(opened_node(tmp_path / "node", LOGIN, trusting(SECRET))) as node:
        node.server.create("db")
        yield node


@pytest.fixture
def front(node: Node) -> Front:
    return Front(node_app(node))


@pytest.fixture
def url(front: Front) -> Iterator[str]:
    with served(front) as address:
        yield address


def test_a_session_sends_the_password_once(url: str, front: Front) -> None:
    with closing(open_couch(url, SESSION)) as client:
        db = client.database("db")
        db.put({"_id": "a"})
        assert db.get("a")["_id"] == "a"
    assert front.signed_in() == 1
    after = [said for path, *said in front.seen if path != "/_session"]
    assert all(cookie.startswith("AuthSession=") and not basic for cookie, basic in after)


def test_a_session_that_the_server_ended_is_begun_anew(url: str, front: Front, node: Node) -> None:
    with closing(open_couch(url, SESSION)) as client:
        db = client.database("db")
        db.put({"_id": "a"})
        front.answers.append(Response(json.dumps({"error": "unauthorized"}), 401))
        assert db.put({"_id": "b"}).startswith("1-")
        assert front.signed_in() == 2
        front.answers += [Response(json.dumps({"error": "unauthorized"}), 401) for _ in range(2)]
        with pytest.raises(Unauthorized):
            db.get("a")


def test_a_session_is_renewed_before_it_ends(
    url: str, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "RENEWED_AT", 0.0)
    with closing(open_couch(url, SESSION)) as client:
        client.database("db").info()
        client.database("db").info()
    assert front.signed_in() == 3, "one for each request"


def test_a_wrong_password_is_told_at_once(url: str, front: Front) -> None:
    with closing(open_couch(url, SessionAuth("admin", "wrong"))) as client:
        with pytest.raises(Unauthorized, match="incorrect"):
            client.all_dbs()
        assert front.signed_in() == 1
        assert "wrong" not in repr(SESSION) + repr(client)


def test_a_person_does_not_carry_our_cookie(url: str, front: Front) -> None:
    with closing(open_couch(url, SESSION, proxy_secret=SECRET)) as client:
        client.database("db").put({"_id": "ours"})
        front.seen.clear()
        client.database("db", ANNA).put({"_id": "hers"})
    assert [said for path, *said in front.seen if path.startswith("/db")] == [["", ""]]


def test_names_and_roles_in_any_script_reach_the_server(node: Node, url: str) -> None:
    wu = UserContext("吴芳", ("divan", "unit:销售/华东"))
    source = "function (doc, old, ctx) { throw {forbidden: JSON.stringify(ctx)}; }"
    node.server.database("db").put({"_id": "_design/tell", "validate_doc_update": source})
    with (
        closing(open_couch(url, LOGIN, proxy_secret=SECRET)) as client,
        pytest.raises(Forbidden) as refused,
    ):
        client.database("db", wu).put({"_id": "x"})
    assert json.loads(refused.value.reason) == wu.to_json("db")


@pytest.mark.parametrize("role", ["a,_admin", "a\r\nX-Auth: b", " a", ""])
def test_a_role_that_would_be_read_as_another_is_not_sent(role: str) -> None:
    with pytest.raises(BadRequest):
        signed(UserContext("anna", ("divan", role)), SECRET, "sha256")


@pytest.mark.parametrize("accepted", ["sha256", "sha"])
def test_the_signature_is_one_that_the_server_takes(tmp_path: Path, accepted: str) -> None:
    settings = trusting(SECRET)
    settings["chttpd_auth"]["hash_algorithms"] = accepted
    with closing(opened_node(tmp_path, LOGIN, settings)) as node:
        node.server.create("db")
        with (
            served(node_app(node)) as url,
            closing(open_couch(url, LOGIN, proxy_secret=SECRET)) as client,
        ):
            assert client.database("db", ANNA).put({"_id": "a"})


def test_another_secret_is_told_plainly(url: str) -> None:
    with (
        closing(open_couch(url, LOGIN, proxy_secret="another")) as client,
        pytest.raises(Unauthorized, match="proxy authentication"),
    ):
        client.database("db", ANNA)


def test_too_many_requests_are_sent_more_slowly(
    url: str, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "RATE_LIMITED", (0.01,) * 6)
    limited = json.dumps({"error": "too_many_requests", "reason": "You've exceeded the limit"})
    with closing(open_couch(url, LOGIN)) as client:
        db = client.database("db")
        front.answers += [Response(limited, 429) for _ in range(6)]
        assert db.put({"_id": "a"}).startswith("1-")
        front.answers += [Response(limited, 429) for _ in range(9)]
        with pytest.raises(Unavailable, match="exceeded"):
            db.put({"_id": "b"})


def token_of(number: int) -> str:
    now = int(time.time())
    return jwt.encode({"n": number, "iat": now, "exp": now + 3600}, "k" * 32)


@dataclass
class Identities:
    """IBM's identity service as its documentation has it: `POST /identity/token`."""

    status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        request = Request(environ)
        assert (request.method, request.path) == ("POST", "/identity/token")
        self.asked.append(request.form.to_dict())
        if self.status != 200 or request.form["apikey"] != "the key":
            wrong = {"errorCode": "BXNIM0415E", "errorMessage": "Provided API key not found."}
            return Response(json.dumps(wrong), max(self.status, 400))(environ, start)
        token = {"access_token": token_of(len(self.asked)), "expires_in": 3600}
        answer = Response(json.dumps(token), content_type="application/json")
        return answer(environ, start)


def cloudant(first: int) -> Any:
    """Takes the tokens from the one numbered `first` on."""

    def app(environ: dict[str, Any], start: Any) -> Any:
        kind, _, token = Request(environ).headers.get("Authorization", "").partition(" ")
        if kind != "Bearer" or jwt.decode(token, "k" * 32, ["HS256"])["n"] < first:
            return Response(json.dumps({"error": "unauthorized"}), 401)(environ, start)
        return Response(json.dumps(["db"]), content_type="application/json")(environ, start)

    return app


def test_tokens_are_fetched_for_an_api_key_and_again_where_one_is_refused() -> None:
    identities = Identities()
    with served(identities) as iam, served(cloudant(first=2)) as url:
        with closing(open_couch(url, IamAuth("the key", iam))) as client:
            assert client.all_dbs() == client.all_dbs() == ["db"]
        with closing(open_couch(url, IamAuth("the key", iam))) as client:
            assert client.all_dbs() == ["db"]
    assert len(identities.asked) == 3, "two for the first client, one for the second"
    assert {asked["apikey"] for asked in identities.asked} == {"the key"}
    assert identities.asked[0]["grant_type"] == "urn:ibm:params:oauth:grant-type:apikey"
    assert "the key" not in repr(IamAuth("the key", iam))


def test_an_api_key_that_is_none_is_told() -> None:
    with (
        served(Identities()) as iam,
        closing(open_couch("http://127.0.0.1:1", IamAuth("another", iam))) as client,
        pytest.raises(Unauthorized, match="API key"),
    ):
        client.all_dbs()


def test_an_identity_service_that_is_down_is_told() -> None:
    with (
        closing(open_couch("http://127.0.0.1:1", IamAuth("the key", NOBODY))) as client,
        pytest.raises(Unavailable, match=re.escape(NOBODY)),
    ):
        client.all_dbs()


class _Welcome(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'["db"]'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what goes wrong is seen by the client."""


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_the_certificates_of_a_private_authority_are_taken(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    line = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    made = [*line, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with HTTPServer(("127.0.0.1", 0), _Welcome) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"https://127.0.0.1:{server.server_port}"
        try:
            with closing(open_couch(url, authority=certificate)) as trusted:
                assert trusted.all_dbs() == ["db"]
            with (
                closing(open_couch(url)) as doubted,
                pytest.raises(Unavailable, match="not trusted"),
            ):
                doubted.all_dbs()
        finally:
            server.shutdown()
            thread.join()
    with pytest.raises(BadRequest, match="no file"):
        open_couch(url, authority=tmp_path / "nowhere.pem")
