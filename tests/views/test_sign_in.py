"""Signing in: the same answer for every wrong try, no way out of the shell, sessions that end."""

from datetime import UTC, datetime, timedelta

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


def copied(app: Flask, one: Browser) -> Browser:
    """A browser with the session cookie of another one."""
    cookie = one.client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie
    made = browser(app)
    made.client.set_cookie(cookie.key, cookie.value)
    return made


def test_a_copied_cookie_is_of_no_use_after_sign_out(app: Flask) -> None:
    anna, other = browser(app, "anna.snelling"), browser(app, "anna.snelling")
    thief = copied(app, anna)
    thief.page("/account")
    anna.submit("/sign-out", {}, at="/account")
    assert [one.get("/account").status_code for one in (anna, thief, other)] == [303, 303, 200]
    anna.sign_in("anna.snelling")
    assert [one.get("/account").status_code for one in (anna, thief, other)] == [200, 303, 200]


def test_signing_out_everywhere_ends_all_sessions_and_no_laptop(app: Flask, office: Office) -> None:
    credentials = Credentials(office.server)
    token = credentials.issue_token("anna.snelling")
    anna, other, rita = (
        browser(app, name) for name in ("anna.snelling", "anna.snelling", "rita.root")
    )
    assert anna.submit("/account/sign-out", {}, at="/account").location == "/sign-in"
    assert [one.get("/account").status_code for one in (anna, other, rita)] == [303, 303, 200]
    assert credentials.check_token(token)
    assert anna.sign_in("anna.snelling").status_code == 303


def test_sessions_cost_no_write_but_when_they_begin_or_end(app: Flask, office: Office) -> None:
    anna = browser(app, "anna.snelling")
    store = office.server.database("credentials")
    before = store.info()["update_seq"]
    for _ in range(3):
        anna.page("/account")
    assert store.info()["update_seq"] == before


def test_what_ended_is_forgotten_when_its_cookie_is_too_old(app: Flask, office: Office) -> None:
    store = office.server.database("credentials")
    now = datetime.now(UTC)
    for days in (0, 30, 60):
        office.clock = lambda days=days: now + timedelta(days=days)  # type: ignore[misc]
        clocked = Credentials(office.server, office.clock)
        clocked.end_session("anna.snelling", f"session {days}", timedelta(hours=12))
        assert len(store.get("password:anna.snelling")["ended"]) == 1


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
