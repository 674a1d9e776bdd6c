"""A sign-in that ends while somebody types: nothing typed is lost, nothing forged is helped."""

from html import unescape

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.views.kit import PASSWORD, TOKEN, Browser, browser

NEW = "/tracking/new/deal"
NAME = 'Bench "5" <b>& more</b>'
OURS = "http://localhost"


def send(anna: Browser, token: str, origin: str, path: str = NEW) -> TestResponse:
    data = {"csrf_token": token, "name": NAME, "owner": "anna.snelling", "description": "a\nb"}
    return anna.client.post(path, data=data, headers={"Origin": origin} if origin else {})


def token_in(page: str) -> str:
    found = TOKEN.findall(page)
    assert found
    return str(found[-1])


def test_what_was_typed_is_kept_until_it_is_saved(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    old = token_in(anna.page(NEW))
    assert anna.submit("/sign-out", {}, at="/").status_code == 303
    out = send(anna, old, OURS)
    assert out.status_code == 401
    assert NAME in unescape(out.text)
    assert 'target="_blank"' in out.text
    assert anna.sign_in("anna.snelling", PASSWORD).status_code == 303
    again = send(anna, token_in(out.text), OURS)
    assert again.status_code == 400
    assert NAME in unescape(again.text)
    assert f'action="{NEW}"' in again.text
    saved = send(anna, token_in(again.text), OURS)
    assert saved.status_code == 303
    assert NAME in unescape(anna.page(saved.location))


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_what_another_site_sent_does_not_come_back_with_a_good_token(
    app: Flask, origin: str
) -> None:
    answer = send(browser(app, "anna.snelling"), "forged", origin)
    assert answer.status_code == 400
    assert "Bench" not in answer.text


def test_a_password_is_not_kept(app: Flask) -> None:
    data = {"login": "anna.snelling", "password": PASSWORD, "csrf_token": "old"}
    answer = browser(app).client.post("/sign-in", data=data, headers={"Origin": OURS})
    assert answer.status_code == 400
    assert PASSWORD not in answer.text
