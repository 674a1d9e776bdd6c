"""Feeds that stay open: they end with the right to ask, and tell nothing that was lost since."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from threading import Timer
from typing import Any

import pytest

from plugin import Credentials, Office
from plugin.runtime.replica.office_side import FilteredServer
from plugin.runtime.replica.remote import Remote
from tests.plugin.offices import PASSWORD, Served, as_person, customer

ANNA = "anna.snelling"
FEED = "/replicate/customers/_changes?feed=continuous&heartbeat=500&since=now"


@pytest.fixture
def token(served: Served) -> str:
    return str(Remote(served.url).sign_in(ANNA, PASSWORD, "a laptop")["token"])


@contextmanager
def opened(served: Served, token: str) -> Iterator[HTTPResponse]:
    """A feed that waits for the next change."""
    connection = HTTPConnection("127.0.0.1", served.port, timeout=60)
    with closing(connection):
        connection.request("GET", FEED, headers={"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        assert response.status == 200
        yield response


def told(response: HTTPResponse) -> dict[str, Any]:
    """The next line that is no heartbeat."""
    while not (line := response.readline()).strip():
        assert line, "the feed ended without a word"
    return dict(json.loads(line))


def test_a_feed_ends_as_soon_as_its_token_is_revoked(
    office: Office, served: Served, token: str
) -> None:
    credentials = Credentials(office.server)
    with opened(served, token) as feed:
        first = customer(office, ANNA, "First")
        assert told(feed)["id"] == first.id
        (laptop,) = credentials.tokens(ANNA)
        credentials.revoke(laptop.id)
        assert told(feed)["error"] == "unauthorized"
        assert feed.readline() == b""


def test_a_feed_ends_with_its_persons_password(office: Office, served: Served, token: str) -> None:
    with opened(served, token) as feed:
        Credentials(office.server).forget(ANNA)
        assert told(feed)["error"] == "unauthorized"


def test_a_feed_tells_nothing_of_a_document_that_was_handed_over(
    office: Office, served: Served, token: str
) -> None:
    doc = customer(office, ANNA, "Acme")
    with opened(served, token) as feed:
        leader = as_person(office, "dustin.brinkmann").database("customers")
        moved = leader.save(doc.id, doc.rev, {"owner": "zane.levy"})
        as_person(office, "zane.levy").database("customers").save(
            doc.id, moved.rev, {"address": "Secret street"}
        )
        later = customer(office, ANNA, "Later")
        assert told(feed)["id"] == later.id


def test_a_feed_ends_where_the_list_lets_its_person_in_no_more(
    office: Office, served: Served, token: str
) -> None:
    with opened(served, token) as feed:
        store = office.server.database("customers")
        acl = store.get("acl")
        entry = {
            "name": ANNA,
            "type": "person",
            "level": "No Access",
            "privileges": [],
            "roles": [],
        }
        store.put({**acl, "entries": [*acl["entries"], entry]})
        customer(office, "zane.levy", "Secret")
        assert told(feed)["error"] == "not_found"


def test_a_laptop_that_waits_is_woken_by_its_own_documents_alone(
    office: Office, served: Served, token: str
) -> None:
    remote = Remote(served.url, token)
    filtered = FilteredServer(as_person(office, ANNA)).database("customers")
    since = {"customers": filtered.info()["update_seq"]}
    customer(office, "zane.levy", "Of Zane")
    assert remote.wait(since, 0.0)["changed"] == []
    later = Timer(0.2, lambda: customer(office, ANNA, "Acme"))
    later.start()
    assert remote.wait(since, 25.0)["changed"] == ["customers"]
    later.join()


def test_a_token_tells_when_it_was_used(office: Office, served: Served, token: str) -> None:
    credentials = Credentials(office.server)
    assert credentials.tokens(ANNA)[0].used_at == ""
    Remote(served.url, token).databases()
    assert credentials.tokens(ANNA)[0].used_at
