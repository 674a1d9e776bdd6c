"""What the node demands of passwords (`password_regexp`)."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from werkzeug.test import Client, TestResponse

from store.node import node_app
from store.types import BasicAuth
from tests.store.nodes import opened_node

ADMIN = BasicAuth("admin", "geheim")
LOGIN = (ADMIN.user, ADMIN.password)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with closing(opened_node(tmp_path, ADMIN)) as node:
        yield Client(node_app(node), use_cookies=False)


def configure(client: Client, key: str, text: str) -> None:
    path = f"/_node/_local/_config/{key}"
    assert client.put(path, json=text, auth=LOGIN).status_code == 200


def signed_up(client: Client, password: str) -> TestResponse:
    doc = {"name": "anna", "type": "user", "roles": [], "password": password}
    return client.put("/_users/org.couchdb.user:anna", json=doc, auth=LOGIN)


def refused(response: TestResponse, status: int, error: str) -> str:
    assert (response.status_code, response.json["error"]) == (status, error)
    return str(response.json["reason"])


REQUIREMENTS = r"""[{".{10,}"}, {"[A-Z]+", "Requirement 2."}, {"[a-z]+", ""}, {"\\d+", "Req 4."},
 "[!.,()]+"]"""


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("funnybone", "Password does not conform to requirements."),
        ("funnnnnybone", "Password does not conform to requirements. Requirement 2."),
        ("FUNNNNNYBONE", "Password does not conform to requirements."),
        ("funnnnnyBONE", "Password does not conform to requirements. Req 4."),
        ("funnnnnyB0N3", "Password does not conform to requirements."),
        ("funnnnnyB0N3!", None),
    ],
)
@pytest.mark.parametrize("section", ["chttpd_auth", "couch_httpd_auth"])
def test_passwords_may_have_to_be_of_a_form(
    client: Client, section: str, password: str, reason: str | None
) -> None:
    configure(client, f"{section}/password_regexp", REQUIREMENTS)
    answer = signed_up(client, password)
    if reason is None:
        assert answer.status_code == 201
    else:
        assert refused(answer, 400, "bad_request") == reason


@pytest.mark.parametrize("text", ['{{".{10,}"}}', '[{"a", 1}]', '["("]', "[", '["a" "b"]', "x"])
def test_requirements_that_cannot_be_read_let_no_password_in(client: Client, text: str) -> None:
    configure(client, "chttpd_auth/password_regexp", text)
    answer = signed_up(client, "x")
    assert refused(answer, 403, "forbidden") == "Server cannot hash passwords at this time."


def test_who_has_a_password_of_another_form_still_signs_in(client: Client) -> None:
    signed_up(client, "short")
    configure(client, "chttpd_auth/password_regexp", '[".{100,}"]')
    configure(client, "chttpd_auth/iterations", "3")
    said = client.get("/_session", auth=("anna", "short"))
    assert said.json["userCtx"]["name"] == "anna"
