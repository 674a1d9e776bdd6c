"""Nobody counts what others write: what they write that he may not see changes no byte of any
answer, and a place in the changes says nothing but where to go on."""

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin import Office
from plugin.runtime.replica.feeding import Feed
from plugin.runtime.replica.remote import Remote
from plugin.runtime.replica.sealing import Seals
from store.types import ChangesOptions
from tests.plugin.offices import PASSWORD, Served, as_person, customer

ANNA, ZANE = "anna.snelling", "zane.levy"
SELECTED = {"selector": {"form": "customer"}}


class Client:
    def __init__(self, served: Served, person: str) -> None:
        self._port = served.port
        token = Remote(served.url).sign_in(person, PASSWORD, "a program")["token"]
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, path: str, body: Any = None) -> Any:
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=60)) as connection:
            method = "GET" if body is None else "POST"
            connection.request(method, path, body and json.dumps(body).encode(), self._headers)
            answer = connection.getresponse()
            told = json.loads(answer.read())
            assert answer.status < 300, told
            return told

    def changes(self, query: str = "", body: Any = None) -> Any:
        return self.ask(f"/replicate/customers/_changes?{query}", body)

    def everything(self, docid: str, since: str) -> Iterator[tuple[str, Any]]:
        """All answers in which a place stands, by what was asked."""
        queries = ("", f"since={since}", "limit=1", "limit=0", "since=now", "descending=true",
                   "include_docs=true", "seq_interval=2", "filter=_subset&months=3",
                   "filter=_design", f"since={since}&feed=longpoll&timeout=1")  # fmt: skip
        for query in queries:
            yield query, self.changes(query)
        yield "doc_ids", self.changes("filter=_doc_ids", {"doc_ids": [docid]})
        for query in ("filter=_selector", f"filter=_selector&since={since}&limit=1"):
            yield query, self.changes(query, SELECTED)
        yield "info", self.ask("/replicate/customers")
        yield "local_seq", self.ask(f"/replicate/customers/{docid}?local_seq=true")
        yield "rights", self.ask("/replica/rights/customers", {"state": None})
        yield "kept", self.ask("/replica/kept/customers", {"subset": {"mine": True}, "seq": since})


def test_what_others_write_changes_no_byte_of_an_answer(office: Office, served: Served) -> None:
    doc = customer(office, ANNA, "Acme")
    hidden = customer(office, ZANE, "Of Zane")
    client = Client(served, ANNA)
    since = client.ask("/replicate/customers")["update_seq"]
    before = list(client.everything(doc.id, since))
    door = as_person(office, ZANE).database("customers")
    for number in range(3):
        hidden = door.save(hidden.id, hidden.rev, {"phone": str(number)})
        customer(office, ZANE, f"More {number}")
        assert list(client.everything(doc.id, since)) == before
    customer(office, ANNA, "One more")
    changed = {
        asked for asked, told in client.everything(doc.id, since) if (asked, told) not in before
    }
    assert {"", "info", "rights", "since=now", "filter=_selector", f"since={since}"} <= changed


def test_a_place_says_where_to_go_on_and_nothing_else(office: Office, served: Served) -> None:
    anna, zane = Client(served, ANNA), Client(served, ZANE)
    first = customer(office, ANNA, "First", team=[ZANE])
    last = anna.changes()["last_seq"]
    second = customer(office, ANNA, "Second", team=[ZANE])
    assert [row["id"] for row in anna.changes(f"since={last}")["results"]] == [second.id]
    whole = {row["id"] for row in zane.changes()["results"]}
    others = zane.changes()["results"][-2]["seq"]
    assert others != last
    for unknown in (
        last,
        f"{last}A",
        "5",
        "99999999999999999999",
        quote('"5-abc"'),
        "-3",
        others[1:],
    ):
        assert {row["id"] for row in zane.changes(f"since={unknown}")["results"]} == whole, unknown
    assert {first.id, second.id} < whole


def test_a_feed_that_waits_is_not_woken_again_and_again_by_what_was_hidden(
    office: Office, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer(office, ANNA, "Acme")
    client = Client(served, ANNA)
    since = client.changes()["last_seq"]
    customer(office, ZANE, "Of Zane")
    asked: list[ChangesOptions] = []
    page = Feed.page

    def counted(feed: Feed, options: ChangesOptions) -> Any:
        asked.append(options)
        return page(feed, options)

    monkeypatch.setattr(Feed, "page", counted)
    assert client.changes(f"since={since}&feed=longpoll&timeout=500")["results"] == []
    assert len(asked) <= 2


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=200))
def test_what_is_sealed_is_opened_by_the_same_seals_alone(text: str) -> None:
    seals = Seals(b"key", "place", ANNA)
    told = seals.sealed(text)
    assert seals.opened(told) == text
    assert told == seals.sealed(text)
    for other in (Seals(b"key", "place", ZANE), Seals(b"other", "place", ANNA), Seals(b"key", "x")):
        assert other.opened(told) is None


@given(st.text(max_size=100))
def test_anything_else_opens_nothing(told: str) -> None:
    assert Seals(b"key", "place", ANNA).opened(told) is None
