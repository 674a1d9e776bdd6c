"""A person at a browser without a screen: follows forms as they stand in the page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from plugin import Documents, Office

PASSWORD = "correct horse battery"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
NAMES = {
    "rita.root": "Rita Root",
    "dustin.brinkmann": "Dustin Brinkmann",
    "anna.snelling": "Anna Snelling",
    "cecily.lampkin": "Cecily Lampkin",
}


@dataclass
class Browser:
    """One browser with its cookies."""

    client: FlaskClient

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=headers)

    def page(self, path: str) -> str:
        """The text of a page that must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.location)
        return answer.text

    def submit(self, path: str, data: Mapping[str, Any], *, at: str = "") -> TestResponse:
        """Send a form with the token of the page `at` (else of the page it is sent to)."""
        token = TOKEN.search(self.get(at or path).text) or TOKEN.search(self.get("/").text)
        assert token, f"no form at {at or path}"
        return self.client.post(path, data={"csrf_token": token[1], **data})

    def sign_in(self, login: str, password: str = PASSWORD) -> TestResponse:
        return self.submit("/sign-in", {"login": login, "password": password})


def browser(app: Flask, login: str = "") -> Browser:
    """A new browser, signed in if a login is given."""
    made = Browser(app.test_client())
    if login:
        assert made.sign_in(login).status_code == 303
    return made


def text_of(html: str) -> str:
    """The visible text of a page, blanks folded."""
    plain = re.sub(r"<(script|style|svg).*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", plain)).split())


def rev_of(html: str) -> str:
    """The revision that the form of an edit page carries."""
    found = re.search(r'name="rev" value="([^"]+)"', html)
    assert found
    return found[1]


def door(office: Office, person: str, database: str) -> Documents:
    """What a person may do in a database, without any page."""
    return office.session(office.directory.identity(person)).database(database)
