"""The replication endpoint beside the shell: what is sent to it by hand."""

import json

import pytest
from flask import Flask

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
            path = rule.rule.replace("<path:database>", "customers")
            status, told = ask(app, path, "{}", token)
            assert (status, told["error"]) == (401, "Unknown"), path
            asked += 1
    assert asked >= 5
