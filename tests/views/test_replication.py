"""The replication endpoint beside the shell: what is sent to it by hand."""

import json

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.views.kit import PASSWORD


def ask(app: Flask, path: str, body: str, token: str = "") -> tuple[int, dict[str, object]]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    client = app.test_client()
    answer = client.post(path, data=body, content_type="application/json", headers=headers)
    assert answer.is_json, answer.text
    return answer.status_code, answer.json or {}


def signed_in(app: Flask) -> str:
    body = json.dumps({"login": "anna.snelling", "password": PASSWORD, "label": "test"})
    return str(ask(app, "/replica/token", body)[1]["token"])


@pytest.fixture
def token(app: Flask) -> str:
    return signed_in(app)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"login": "anna.snelling", "password": "\\ud800"}', 401),
        ('{"login": "\\ud800", "password": "\\ud800"}', 401),
        ('{"login": {"a": 1}, "password": []}', 401),
        ("[]", 400),
        ("[" * 100_000, 400),
        ('{"login"', 400),
    ],
)
def test_odd_sign_ins_get_a_clear_answer(app: Flask, body: str, status: int) -> None:
    assert ask(app, "/replica/token", body)[0] == status


@pytest.mark.parametrize("state", ['"x.\\u00e9"', '"\\ud800.x"', '"x.\\ud800"', '""', '"."', "5"])
def test_a_state_that_the_office_did_not_write_is_refused(app: Flask, state: str) -> None:
    body = f'{{"state": {state}}}'
    assert ask(app, "/replica/rights/tracking", body, signed_in(app))[0] == 400


def test_wrong_tries_tell_nobody_who_works_here(app: Flask) -> None:
    def answers(login: str) -> list[tuple[int, dict[str, object]]]:
        body = json.dumps({"login": login, "password": "wrong"})
        return [ask(app, "/replica/token", body) for _ in range(10)]

    known, unknown = answers("anna.snelling"), answers("nobody.atall")
    assert [status for status, _ in known] == [status for status, _ in unknown]
    assert known[-1][0] == 429


@pytest.mark.parametrize("token", ["", "no such token"])
def test_every_question_of_laptops_is_refused_to_nobody(app: Flask, token: str) -> None:
    """Also of one that is added: it is found in the map of addresses."""
    asked = 0
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("replication.") and rule.endpoint != "replication.token":
            path = rule.rule.replace("<path:", "").replace(">", "")
            status, told = ask(app, path, "{}", token)
            assert (status, told["error"]) == (401, "Unknown"), path
            asked += 1
    assert asked >= 5


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("POST", "/replica/token", 413, "document_too_large"),
        ("POST", "/replica/news", 413, "document_too_large"),
        ("PATCH", "/replica/news", 405, "method_not_allowed"),
        ("GET", "/replica/news", 404, "NotFound"),
        ("POST", "/replica/nothing", 404, "NotFound"),
        ("GET", "/replica/", 404, "NotFound"),
    ],
)
def test_what_is_refused_before_it_is_looked_at_is_told_in_json(
    app: Flask, token: str, method: str, path: str, status: int, error: str, accept: str
) -> None:
    headers = {"Accept": accept, "Authorization": f"Bearer {token}"}
    body = b"{" + b" " * (5 * 1024 * 1024)
    client = app.test_client()
    answer = client.open(
        path, method=method, data=body, headers=headers, content_type="application/json"
    )
    assert answer.is_json, answer.text
    assert (answer.status_code, (answer.json or {})["error"]) == (status, error)
    assert (answer.json or {})["reason"]


@pytest.mark.parametrize(
    "place",
    ["9" * 5000, "-1", "1" + "0" * 400, "1e400", "1.5", "true", "null", "[]", "{}", '""',
     '"' + "x" * 3000 + '"'],
)  # fmt: skip
def test_a_place_that_is_none_is_refused(app: Flask, token: str, place: str) -> None:
    body = f'{{"since": {{"customers": {place}, "tracking": 0}}, "seconds": 0}}'
    assert ask(app, "/replica/wait", body, token)[0] == 400


@pytest.mark.parametrize(
    "place", ["0", '"0"', '"-5"', '"99999999999999999999"', '"\\ud800"', '"é.1"']
)
def test_a_place_that_nobody_told_is_the_beginning(app: Flask, token: str, place: str) -> None:
    body = f'{{"since": {{"customers": {place}}}, "seconds": 0}}'
    assert ask(app, "/replica/wait", body, token) == (
        200,
        {"changed": ["customers"], "pause": 0},
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["since", "seconds", "states", "state", "report", "subset", "anchors", "seq", "keep", "key",
     "database", "version", "databases", "receipts", "at", "customers", "tracking", "note"]
)  # fmt: skip
PATHS = st.sampled_from(
    ["news", "rights/customers", "rights/none", "databases", "sizes", "kept/tracking", "wait",
     "report", "proposals", "token"]
)  # fmt: skip


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    print_blob=True,
)
@given(path=PATHS, body=st.dictionaries(NAMES, JSON | st.dictionaries(NAMES, JSON, max_size=3)))
def test_any_question_of_laptops_is_answered_in_json(
    app: Flask, token: str, path: str, body: dict[str, object]
) -> None:
    body = {**body, "seconds": 0} if path == "wait" else body
    status, told = ask(app, f"/replica/{path}", json.dumps(body), token)
    assert status == 200 or (status < 500 and {"error", "reason"} <= told.keys()), (status, told)
