"""The own account: a new password, an end to a lost laptop; nobody else's."""

from flask import Flask

from plugin import Credentials, Office
from tests.views.kit import PASSWORD, browser, text_of

NEW = {"password": "another long password", "again": "another long password"}


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(app: Flask) -> None:
    anna, elsewhere = browser(app, "anna.snelling"), browser(app, "anna.snelling")
    wrong = anna.submit("/account/password", {"old": "guess", **NEW}, at="/account")
    assert wrong.status_code == 422
    assert "The old password is not right." in text_of(wrong.text)
    other = anna.submit(
        "/account/password", {"old": PASSWORD, **NEW, "again": "different"}, at="/account"
    )
    assert other.status_code == 422
    done = anna.submit("/account/password", {"old": PASSWORD, **NEW}, at="/account")
    assert done.status_code == 303
    assert "Your password is changed." in text_of(anna.page("/account"))
    assert elsewhere.get("/").status_code == 303
    assert browser(app).sign_in("anna.snelling", NEW["password"]).status_code == 303


def test_a_lost_laptop_is_shut_out_by_its_owner_alone(app: Flask, office: Office) -> None:
    credentials = Credentials(office.server, office.clock)
    secret = credentials.issue_token("anna.snelling", label="Anna's laptop")
    token = credentials.tokens("anna.snelling")[0]
    path = f"/account/laptop/{token.id}/revoke"
    assert browser(app, "cecily.lampkin").submit(path, {}, at="/account").status_code == 404
    assert credentials.check_token(secret)
    anna = browser(app, "anna.snelling")
    assert "Anna's laptop" in text_of(anna.page("/account"))
    assert secret not in anna.page("/account")
    assert anna.submit(path, {}, at="/account").status_code == 303
    assert credentials.check_token(secret) is None
    assert "Ended" in text_of(anna.page("/account"))
