"""Notices into the outbox: the same one once, and no two processes on one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from plugin import BadInput, Outbox, notify
from store.api import Server
from store.lite.server import LiteServer
from tests.plugin.steady_clock import SteadyClock


@dataclass
class Place:
    """As much of an office as a notice needs."""

    server: Server
    clock: SteadyClock

    def notify(self, key: str = "1", to: str = "bo.chen") -> bool:
        about = {"database": "tracking", "id": "deal:1"}
        return notify(self, kind="note", key=key, to=to, about=about, values={"subject": "S"})


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    server = LiteServer(tmp_path)
    server.create("outbox")
    yield Place(server, SteadyClock())
    server.close()


def test_a_notice_is_put_once_for_each_person_and_key(place: Place) -> None:
    assert place.notify()
    assert not place.notify()
    assert place.notify(to="anna")
    assert place.notify(key="2")
    doc = place.server.database("outbox").get("outgoing:note:1:bo.chen")
    assert (doc["form"], doc["state"], doc["to"]) == ("outgoing", "waiting", "bo.chen")
    assert doc["created"] == {"at": "2026-11-22T06:00:00Z", "by": "divan-server"}


def test_a_deleted_notice_is_not_put_again(place: Place) -> None:
    place.notify()
    outbox = place.server.database("outbox")
    docid = "outgoing:note:1:bo.chen"
    outbox.delete(docid, outbox.get(docid)["_rev"])
    assert not place.notify()
    assert Outbox(outbox).read(docid) is None


@pytest.mark.parametrize("key", ["", "a b", "a/b", "ü", "a\n"])
def test_an_id_has_plain_signs_only(place: Place, key: str) -> None:
    with pytest.raises(BadInput, match="in its id"):
        place.notify(key)


def test_of_two_who_write_the_second_is_told(place: Place) -> None:
    place.notify()
    outbox = Outbox(place.server.database("outbox"))
    doc = outbox.read("outgoing:note:1:bo.chen")
    assert doc is not None
    now: datetime = place.clock()
    first = outbox.write({**doc, "state": "sending"}, now)
    assert first is not None
    assert outbox.write({**doc, "state": "cancelled"}, now) is None
    assert outbox.write({**first, "state": "sent"}, now) is not None


def test_waiting_ends_with_a_write_and_not_without(place: Place) -> None:
    outbox = Outbox(place.server.database("outbox"))
    before = outbox.sequence()
    assert not outbox.wait(before, 0.05)
    place.notify()
    assert outbox.wait(before, 5)
