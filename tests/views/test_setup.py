"""The first administrator of a new office."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin import Credentials, Office
from tests.views.kit import Browser, text_of
from views import create_app
from views.setup import SetupLink, needs_administrator

NEW = {
    "name": "陈静",
    "login": "chen.jing",
    "password": "a long password",
    "again": "a long password",
}


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Office]:
    with Office.create(tmp_path / "data") as office:
        yield office


def test_the_link_makes_one_administrator_once(empty: Office) -> None:
    link, credentials = SetupLink(), Credentials(empty.server, empty.clock)
    app = create_app(empty, link)
    path = f"/setup/{link.make()}"
    assert needs_administrator(empty, credentials)
    guest = Browser(app.test_client())
    for wrong, text in (
        ({"again": "another password"}, "not the same"),
        ({"login": "Chen Jing!"}, "Lower case letters"),
        ({"name": " "}, "Please give your name."),
    ):
        answer = guest.submit(path, {**NEW, **wrong})
        assert answer.status_code == 200
        assert text in text_of(answer.text)
    assert needs_administrator(empty, credentials)
    assert guest.submit(path, NEW).location == "/"
    assert "Settings" in text_of(guest.page("/"))
    assert not needs_administrator(empty, credentials)
    assert guest.get(path).status_code == 404
    assert guest.get("/tracking/acl").status_code == 200


@pytest.mark.parametrize("token", ["", "x", "a" * 43])
def test_no_other_link_opens_it(empty: Office, token: str) -> None:
    link = SetupLink()
    app = create_app(empty, link)
    link.make()
    assert app.test_client().get(f"/setup/{token}").status_code in (303, 404)


def test_without_a_link_there_is_no_setup(empty: Office) -> None:
    assert create_app(empty).test_client().get("/setup/").status_code in (303, 404)
    assert create_app(empty).test_client().get("/setup/anything").status_code == 404
