"""Signing in: the same answer for every wrong try, no way out of the shell, sessions that end."""

import pytest
from flask import Flask

from plugin import Credentials, Office
from tests.views.kit import PASSWORD, Browser, browser, text_of
from views.security import local_address


def test_nobody_sees_the_sign_in_page_and_returns_to_where_one_wanted_to_go(app: Flask) -> None:
    anna = browser(app)
    answer = anna.get("/tracking/listing/deals_by_stage?flat=1")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/tracking/listing/deals_by_stage?flat%3D1"
    page = anna.page(answer.location)
    assert 'value="/tracking/listing/deals_by_stage?flat=1"' in page
    data = {"login": "anna.snelling", "password": PASSWORD}
    answer = anna.submit("/sign-in", {**data, "next": "/tracking/listing/deals_by_stage?flat=1"})
    assert answer.location == "/tracking/listing/deals_by_stage?flat=1"


def test_wrong_login_and_wrong_password_get_the_same_answer(app: Flask) -> None:
    wrong = [
        browser(app).sign_in(login, password)
        for login, password in (("anna.snelling", "wrong"), ("nobody.atall", PASSWORD))
    ]
    assert [answer.status_code for answer in wrong] == [401, 401]
    first, second = (text_of(answer.text) for answer in wrong)
    assert first == second
    assert "Login and password do not match." in first


def test_a_password_never_stands_in_the_page_again(app: Flask) -> None:
    answer = browser(app).sign_in("anna.snelling", "my secret that is wrong")
    assert "my secret" not in answer.text


def test_too_many_tries_must_wait_also_with_the_right_password(app: Flask) -> None:
    anna = browser(app)
    for _ in range(5):
        assert anna.sign_in("anna.snelling", "wrong").status_code == 401
    answer = anna.sign_in("anna.snelling", PASSWORD)
    assert answer.status_code == 429
    assert "Please wait" in text_of(answer.text)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\n/evil.example",
        "evil.example",
        "",
        None,
    ],
)
def test_no_redirect_leads_out_of_the_shell(target: str | None) -> None:
    assert local_address(target, "/") == "/"


def test_sign_in_does_not_follow_an_address_elsewhere(app: Flask) -> None:
    data = {"login": "anna.snelling", "password": PASSWORD, "next": "//evil.example/"}
    assert browser(app).submit("/sign-in", data).location == "/"


def test_the_cookie_is_closed_to_scripts_and_other_sites(app: Flask) -> None:
    cookie = browser(app).sign_in("anna.snelling").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_the_cookie_is_secure_over_https(app: Flask) -> None:
    app.config["DIVAN_BASE_URL"] = "https://divan.example"
    cookie = browser(app).get("/sign-in").headers["Set-Cookie"]
    assert "Secure" in cookie


def test_signing_out_ends_the_session(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    assert anna.get("/").status_code == 200
    assert anna.submit("/sign-out", {}, at="/").status_code == 303
    assert anna.get("/").status_code == 303


def test_a_new_password_ends_sessions_that_are_open(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    Credentials(office.server, office.clock).set_password("anna.snelling", "another password")
    assert anna.get("/").status_code == 303


def test_one_who_left_is_out_at_once(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    people = office.system().database("settings")
    people.save("person:anna.snelling", people.open("person:anna.snelling").rev, {"active": False})
    assert anna.get("/").status_code == 303
    assert browser(app).sign_in("anna.snelling").status_code == 401


def test_a_one_time_link_sets_the_password_once(app: Flask, office: Office) -> None:
    secret = Credentials(office.server, office.clock).invite("cecily.lampkin")
    new = {"password": "a new long password", "again": "a new long password"}
    guest = Browser(app.test_client())
    short = guest.submit(f"/invite/{secret}", {"password": "short", "again": "short"})
    assert "at least 10 characters" in text_of(short.text)
    other = guest.submit(f"/invite/{secret}", {**new, "again": "something else"})
    assert "not the same" in text_of(other.text)
    assert guest.submit(f"/invite/{secret}", new).location == "/"
    assert "Cecily Lampkin" in guest.page("/")
    assert browser(app).get(f"/invite/{secret}").status_code == 404
    assert browser(app).sign_in("cecily.lampkin", "a new long password").status_code == 303
