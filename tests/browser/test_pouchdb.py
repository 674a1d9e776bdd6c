"""PouchDB in a real browser, with IndexedDB, replicates with an office from the office's own
address. Pages of other addresses may only where the office names their origin."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page

from plugin.runtime.replica.remote import Remote
from tests.browser.people import PASSWORD, SELLER
from tests.node import node_modules
from tests.views.serving import Served, serving

REPLICATE = """async ([url, token]) => {
  const local = new PouchDB('here');
  const remote = new PouchDB(url, {
    skip_setup: true,
    fetch: (address, options) => {
      options.headers.set('Authorization', `Bearer ${token}`);
      return PouchDB.fetch(address, options);
    },
  });
  const pulled = await PouchDB.replicate(remote, local);
  const pushed = await PouchDB.replicate(local, remote);
  const rows = (await local.allDocs({include_docs: true})).rows;
  return {pulled, pushed, docs: rows.map((row) => row.doc)};
}"""
ASK = """([url, token]) => fetch(url, {headers: {Authorization: `Bearer ${token}`}})
  .then((answer) => answer.status, (error) => error.name)"""


@pytest.fixture
def asked(served: Served) -> list[str]:
    """The address of the customers at the endpoint, and a token."""
    token = Remote(served.address).sign_in(SELLER, PASSWORD, "a browser")["token"]
    return [f"{served.address}/replicate/customers", str(token)]


def test_pouchdb_in_a_browser_replicates_both_ways(
    served: Served, asked: list[str], open_page: Callable[..., Page]
) -> None:
    # The policy of the office's pages shuts out scripts of others, as this one is.
    page = open_page(served.address, bypass_csp=True)
    page.goto(f"{served.address}/sign-in")
    page.add_script_tag(path=node_modules() / "pouchdb" / "dist" / "pouchdb.min.js")
    done = page.evaluate(REPLICATE, asked)
    for way in ("pulled", "pushed"):
        assert (done[way]["ok"], done[way]["doc_write_failures"]) == (True, 0)
    customers = [doc for doc in done["docs"] if doc.get("form") == "customer"]
    assert customers
    assert all(SELLER in json.dumps(doc["readers"]) for doc in customers if doc.get("readers"))


def test_a_page_of_another_address_may_not_ask(
    served: Served, asked: list[str], open_page: Callable[..., Page]
) -> None:
    for address, answer in ((served.address, 200), (_other(served), "TypeError")):
        page = open_page(address, bypass_csp=True)
        page.goto(f"{address}/sign-in")
        assert page.evaluate(ASK, asked) == answer


class _Empty(BaseHTTPRequestHandler):
    """Answers every address with an empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nobody wants to know."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The origin of a page that is not the office's."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Empty)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_of_an_origin_that_is_named_replicates_and_gets_nothing_else(
    data: Path, elsewhere: str, open_page: Callable[..., Page]
) -> None:
    with serving(data, environment={"DIVAN_CORS_ORIGINS": elsewhere}) as office:
        token = Remote(office.address).sign_in(SELLER, PASSWORD, "a browser")["token"]
        asked = [f"{office.address}/replicate/customers", str(token)]
        page = open_page(elsewhere)
        page.goto(elsewhere)
        page.add_script_tag(path=node_modules() / "pouchdb" / "dist" / "pouchdb.min.js")
        done = page.evaluate(REPLICATE, asked)
        assert [done[way]["ok"] for way in ("pulled", "pushed")] == [True, True]
        assert any(doc.get("form") == "customer" for doc in done["docs"])
        assert page.evaluate(ASK, [f"{office.address}/account", asked[1]]) == "TypeError"
        assert page.evaluate(ASK, [asked[0], "no token"]) == 401
        other = elsewhere.replace("127.0.0.1", "localhost")
        page.goto(other)
        assert page.evaluate(ASK, asked) == "TypeError"


def _other(served: Served) -> str:
    return served.address.replace("127.0.0.1", "localhost")
