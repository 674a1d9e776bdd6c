"""Which pages of other origins may replicate from a browser: those that the setting names."""

from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from plugin import BadInput, Office
from plugin.runtime.replica.remote import Remote
from plugin.runtime.settings import read_settings
from tests.plugin.offices import PASSWORD, Served, serving

PAGE = "https://app.example.com"
HEADERS = "authorization, content-type"


@pytest.fixture
def named(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """An office that names two origins."""
    monkeypatch.setenv("DIVAN_CORS_ORIGINS", f"http://localhost:5173 {PAGE}")
    with Office.open(office.data) as opened, serving(opened) as served:
        yield served


def ask(served: Served, method: str, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """Status, and the headers that are about other origins without their common beginning."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(HTTPConnection("127.0.0.1", served.port, timeout=60)) as connection:
        connection.request(method, path, headers=sent)
        answer = connection.getresponse()
        answer.read()
        common = "Access-Control-"
        told = answer.getheaders()
        return answer.status, {
            name.removeprefix(common): value for name, value in told if name.startswith(common)
        }


def preflight(
    served: Served, origin: str, path: str = "/replicate/customers", headers: str = HEADERS
) -> tuple[int, dict[str, str]]:
    asked = {"Access_Control_Request_Method": "PUT", "Access_Control_Request_Headers": headers}
    return ask(served, "OPTIONS", path, Origin=origin, **asked)


def test_no_page_of_another_origin_may_ask_by_default(served: Served) -> None:
    status, told = preflight(served, PAGE)
    assert status >= 400 and not told
    assert ask(served, "GET", "/replicate/customers", Origin=PAGE) == (401, {})


def test_a_named_origin_may_ask_with_what_proves_its_person(named: Served) -> None:
    status, told = preflight(named, PAGE)
    assert (status, told["Allow-Origin"], told["Allow-Credentials"]) == (204, PAGE, "true")
    assert told["Allow-Headers"] == HEADERS and "PUT" in told["Allow-Methods"]
    token = Remote(named.url).sign_in("anna.snelling", PASSWORD, "a page")["token"]
    for sent, status in (({"Authorization": f"Bearer {token}"}, 200), ({}, 401)):
        answer = ask(named, "GET", "/replicate/customers", Origin=PAGE, **sent)
        assert (answer[0], answer[1]["Allow-Origin"]) == (status, PAGE)


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "https://app.example.com.evil.example", "http://app.example.com",
     "https://app.example.com:8443", "null", "*", "", f"{PAGE} http://localhost:5173"],
)  # fmt: skip
def test_no_other_origin_is_let_in(named: Served, origin: str) -> None:
    status, told = preflight(named, origin)
    assert status >= 400 and not told
    assert ask(named, "GET", "/replicate/customers", Origin=origin)[1] == {}


def test_only_the_endpoint_is_open_and_only_to_headers_that_clients_send(named: Served) -> None:
    for path in ("/replica/token", "/sign-in", "/"):
        assert preflight(named, PAGE, path)[1] == {}
    status, told = preflight(named, PAGE, headers="x-anything")
    assert status >= 400 and "Allow-Headers" not in told


@pytest.mark.parametrize(
    "value", ["*", "https://*.example.com", "app.example.com", f"{PAGE}/", f"{PAGE},{PAGE}", "null"]
)
def test_what_is_no_origin_is_no_setting(tmp_path: Path, value: str) -> None:
    with pytest.raises(BadInput, match="cors_origins"):
        read_settings(tmp_path, {"DIVAN_CORS_ORIGINS": value})
