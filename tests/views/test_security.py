"""What holds for every page: headers, tokens, nothing open to nobody."""

import re
import stat
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.views.kit import browser
from views.auth import is_open
from views.security import session_key

VALUES = {
    "database": "tracking", "docid": "deal:1", "listing": "deals_by_name", "form": "deal",
    "name": "win", "token": "x", "wanted": "en", "filename": "shell.css", "ending": "csv",
    "key": "0" * 16, "proposal": "proposal:1", "title": "x",
}  # fmt: skip


def address(rule: Rule) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: VALUES[found[1]], rule.rule)


def test_nothing_is_open_to_nobody_but_what_is_named(app: Flask) -> None:
    nobody = app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False
    checked = 0
    for rule in app.url_map.iter_rules():
        if is_open(rule.endpoint):
            continue
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answer = nobody.open(address(rule), method=method)
            assert answer.status_code == 303, (method, rule.rule)
            assert answer.location.startswith("/sign-in"), (method, rule.rule)
            checked += 1
    assert checked > 15


@pytest.mark.parametrize("path", ["/", "/sign-in", "/tracking/deal:1", "/nothing/here", "/health"])
def test_every_answer_carries_the_headers(app: Flask, path: str) -> None:
    headers = browser(app, "anna.snelling").get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/", "/tracking/", "/tracking/listing/deals_by_stage", "/tracking/deal:1",
             "/tracking/deal:1/edit", "/tracking/new/activity", "/tracking/acl"],
)  # fmt: skip
def test_no_page_has_script_or_style_in_it(app: Flask, path: str) -> None:
    page = browser(app, "rita.root").page(path)
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|javascript:", page)
    for found in re.findall(r'(?:src|href)="(http[^"]*)"', page):
        raise AssertionError(f"{path} needs the network: {found}")


def test_every_form_that_changes_something_carries_a_token(app: Flask) -> None:
    page = browser(app, "anna.snelling").page("/tracking/deal:1")
    forms = re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL)
    assert len(forms) > 4
    assert all('name="csrf_token"' in form for form in forms)


def test_without_a_token_nothing_is_changed(app: Flask) -> None:
    anna = browser(app, "anna.snelling")
    answer = anna.client.post("/tracking/deal:1/step/win", data={"rev": "1-x"})
    assert answer.status_code == 400
    assert "reload it" in answer.text


def test_the_session_key_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    first = session_key(tmp_path)
    assert session_key(tmp_path) == first
    assert len(first) == 64
    mode = (tmp_path / "secrets" / "session_key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_files_of_the_shell_are_kept_by_browsers(app: Flask) -> None:
    page = browser(app).page("/sign-in")
    found = re.search(r'href="(/static/shell\.css\?v=\w+)"', page)
    assert found
    with app.test_client().get(found[1]) as answer:
        assert answer.status_code == 200
        assert "max-age=2592000" in answer.headers["Cache-Control"]


def test_health_says_ok_and_nothing_else(app: Flask) -> None:
    assert app.test_client().get("/health").get_json() == {"status": "ok"}
