"""Notices from the outbox through a real SMTP server, cut off at every instant there is."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mailbridge.content import Content
from mailbridge.local import LocalWay
from mailbridge.mapping import Sending, message_id
from mailbridge.outbound import Outbound, Withdrawn
from mailbridge.ports import Letter, Receiver, Way
from mailbridge.smtp import SmtpWay
from mailbridge.smtp_settings import SmtpSettings
from plugin import Outbox, parse_stamp, stamp
from store.api import Database
from store.lite.server import LiteServer
from tests.mailbridge.smtp_server import SmtpServer
from tests.plugin.steady_clock import SteadyClock

SENDING = Sending("divan@example.com", "Divan", "http://127.0.0.1:8000")


class PlainLetters:
    """Letters without an office: what the notice says goes to `<person>@example.com`."""

    def __init__(self) -> None:
        self.withdrawn: set[str] = set()

    def letter(self, doc: Mapping[str, Any]) -> Letter:
        if doc["_id"] in self.withdrawn:
            raise Withdrawn("The person may not read the document.")
        address = f"{doc['to']}@example.com"
        receiver = Receiver(doc["to"], doc["to"], address, "en", "UTC")
        content = Content(kind=doc["kind"], subject="S", lead="L", sender="divan-server")
        number = message_id(doc["_id"], SENDING.sender)
        return Letter(doc["_id"], number, parse_stamp(doc["created"]["at"]), receiver, content)


class Bench:
    """An outbox, a mail server and a clock; bridges are made anew as after a restart."""

    def __init__(self, db: Database, smtp: SmtpServer) -> None:
        self.db, self.smtp = db, smtp
        self.clock = SteadyClock()
        self.letters = PlainLetters()

    def notice(self, number: int, to: str = "anna") -> str:
        docid = f"outgoing:test:{number}:{to}"
        at = {"at": stamp(self.clock()), "by": "divan-server"}
        doc = {
            "_id": docid, "form": "outgoing", "kind": "test", "to": to, "about": None,
            "values": {}, "state": "waiting", "ways": {}, "created": at, "updated": at,
        }  # fmt: skip
        self.db.put(doc)
        return docid

    def bridge(self, outbox: Outbox | None = None) -> Outbound:
        settings = SmtpSettings("127.0.0.1", self.smtp.port, "opportunistic", end_timeout=5)
        return self.by(SmtpWay(settings, SENDING), outbox or Outbox(self.db))

    def by(self, way: Way, outbox: Outbox) -> Outbound:
        names = (way.name,)
        return Outbound(outbox, self.letters, way, configured=names, clock=self.clock)

    def smtp_state(self, docid: str) -> dict[str, Any]:
        state = self.db.get(docid)["ways"]["smtp"]
        assert isinstance(state, dict)
        return state

    def run_dry(self, bridge: Outbound | None = None) -> None:
        """Run, and move the clock, until nothing waits any more."""
        running = bridge or self.bridge()
        for _ in range(50):
            running.run_once()
            wait = running.seconds_to_next(-1.0)
            if wait < 0:
                return
            self.clock.forward(seconds=max(1.0, wait))
        raise AssertionError("the outbox never gets empty")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    server = LiteServer(tmp_path)
    server.create("outbox")
    smtp = SmtpServer()
    yield Bench(server.database("outbox"), smtp)
    smtp.stop()
    server.close()


def test_a_notice_is_sent_once_and_says_so(bench: Bench) -> None:
    docid = bench.notice(1)
    assert bench.bridge().run_once() == 1
    assert bench.bridge().run_once() == 0
    doc = bench.db.get(docid)
    assert doc["state"] == "sent"
    assert doc["ways"]["smtp"]["answer"] == "250 OK: queued"
    assert bench.smtp.counts() == {message_id(docid, SENDING.sender): 1}


def test_a_new_notice_wakes_a_running_bridge_through_the_feed(bench: Bench) -> None:
    bridge = bench.bridge()
    bridge.run_once()
    for number in range(3):
        bench.notice(number)
        assert bridge.run_once() == 1
    assert set(bench.smtp.counts().values()) == {1}


def test_while_the_server_is_down_notices_wait_and_then_all_go(bench: Bench) -> None:
    ids = [bench.notice(number) for number in range(5)]
    bench.smtp.down()
    bridge = bench.bridge()
    bridge.run_once()
    states = [bench.db.get(docid)["state"] for docid in ids]
    assert sorted(states) == ["delayed", *["waiting"] * 4], "one try tells for all"
    for _ in range(10):
        bridge.run_once()
        bench.clock.forward(minutes=2)
    bench.smtp.up()
    bench.run_dry(bridge)
    assert [bench.db.get(docid)["state"] for docid in ids] == ["sent"] * 5
    assert sorted(bench.smtp.counts().values()) == [1] * 5


def test_one_refused_receiver_fails_and_hinders_nobody(bench: Bench) -> None:
    bench.smtp.refuse["bo@example.com"] = "550 no such user"
    refused, good = bench.notice(1, "bo"), bench.notice(2, "anna")
    bench.run_dry()
    assert bench.db.get(refused)["state"] == "failed"
    assert "550 no such user" in bench.smtp_state(refused)["error"]
    assert bench.db.get(good)["state"] == "sent"


def test_a_receiver_not_ready_is_tried_later_and_later(bench: Bench) -> None:
    bench.smtp.refuse["anna@example.com"] = "450 busy"
    docid = bench.notice(1)
    bridge = bench.bridge()
    waits = []
    for _ in range(6):
        bridge.run_once()
        waits.append(bridge.seconds_to_next(-1.0))
        bench.clock.forward(seconds=waits[-1])
    assert waits == sorted(waits)
    assert waits[-1] >= 60 * waits[0]
    del bench.smtp.refuse["anna@example.com"]
    bench.run_dry(bridge)
    assert (bench.db.get(docid)["state"], len(bench.smtp.taken)) == ("sent", 1)
    assert bench.smtp_state(docid)["attempts"] == 7


def test_what_is_never_taken_is_given_up_after_days(bench: Bench) -> None:
    bench.smtp.refuse["anna@example.com"] = "450 busy"
    docid = bench.notice(1)
    began = bench.clock()
    bench.run_dry()
    assert bench.db.get(docid)["state"] == "failed"
    assert 4 <= (bench.clock() - began).days <= 5


def test_what_may_not_be_read_any_more_is_cancelled(bench: Bench) -> None:
    first, second = bench.notice(1), bench.notice(2)
    bench.letters.withdrawn.add(first)
    bench.smtp.refuse["anna@example.com"] = "450 busy"
    bridge = bench.bridge()
    bridge.run_once()
    assert bench.db.get(first)["state"] == "cancelled"
    bench.letters.withdrawn.add(second)  # between two attempts
    bench.smtp.refuse.clear()
    bench.run_dry(bridge)
    assert bench.db.get(second)["state"] == "cancelled"
    assert bench.smtp.taken == []


def test_a_notice_cancelled_or_deleted_by_hand_is_not_sent(bench: Bench) -> None:
    cancelled, deleted = bench.notice(1), bench.notice(2)
    bench.smtp.down()
    bridge = bench.bridge()
    bridge.run_once()
    bench.db.put({**bench.db.get(cancelled), "state": "cancelled"})
    bench.db.delete(deleted, bench.db.get(deleted)["_rev"])
    bench.smtp.up()
    bench.clock.forward(hours=1)
    bench.run_dry(bridge)
    assert bench.smtp.taken == []


class Shelf:
    """A mailbox that keeps what is put in; `while_putting` runs in the middle."""

    def __init__(self) -> None:
        self.memos: dict[str, Any] = {}
        self.while_putting: Callable[[], None] = lambda: None

    def create(self, form: str, items: Mapping[str, Any], *, id: str | None = None) -> object:
        self.memos.setdefault(str(id), items)
        self.while_putting()
        return None


def test_a_way_without_a_mail_server_leaves_the_other_way_waiting(bench: Bench) -> None:
    """A mail server that is taken out of the settings and put in again loses nothing."""
    bench.smtp.down()
    docid, shelf = bench.notice(1), Shelf()
    bench.bridge().run_once()
    local = bench.by(LocalWay(lambda person: shelf), Outbox(bench.db))
    bench.clock.forward(minutes=5)
    bench.run_dry(local)
    assert list(shelf.memos) == [f"memo:{docid}"]
    assert bench.db.get(docid)["state"] == "delayed"
    bench.smtp.up()
    bench.run_dry()
    assert bench.db.get(docid)["state"] == "sent"
    assert list(bench.smtp.counts().values()) == [1]


def test_two_ways_write_into_one_notice_at_the_same_time(bench: Bench) -> None:
    docid, shelf = bench.notice(1), Shelf()
    both: dict[str, Any] = {
        "letters": bench.letters,
        "configured": ("local", "smtp"),
        "clock": bench.clock,
    }
    settings = SmtpSettings("127.0.0.1", bench.smtp.port, "opportunistic")
    smtp = Outbound(Outbox(bench.db), way=SmtpWay(settings, SENDING), **both)
    local = Outbound(Outbox(bench.db), way=LocalWay(lambda person: shelf), **both)

    def send_meanwhile() -> None:
        smtp.run_once()

    shelf.while_putting = send_meanwhile
    local.run_once()
    doc = bench.db.get(docid)
    assert (doc["ways"]["local"]["state"], doc["ways"]["smtp"]["state"]) == ("sent", "sent")
    assert doc["state"] == "sent"
    assert list(bench.smtp.counts().values()) == [1]


def test_another_process_that_takes_the_notice_stops_this_one_before_the_last_dot(
    bench: Bench,
) -> None:
    docid = bench.notice(1)

    def taken_by_another() -> None:
        bench.smtp.before_data = None
        doc = bench.db.get(docid)
        doc["ways"]["smtp"]["attempts"] += 1
        bench.db.put(doc)

    bench.smtp.before_data = taken_by_another
    bridge = bench.bridge()
    bridge.run_once()
    assert bench.smtp.taken == []
    bench.run_dry(bridge)
    assert len(bench.smtp.taken) == 1


class Killed(BaseException):
    """The process ends here."""


class FallingOutbox(Outbox):
    """Ends the process at one of its writes, before or after it is on the disk."""

    def __init__(self, db: Database, fall_at: int, *, before: bool) -> None:
        super().__init__(db)
        self._left, self._before = fall_at, before
        self.fell = False

    def write(self, doc: dict[str, Any], now: datetime) -> dict[str, Any] | None:
        self._left -= 1
        if self._left == 0 and self._before:
            self.fell = True
            raise Killed
        written = super().write(doc, now)
        if self._left == 0:
            self.fell = True
            raise Killed
        return written


@pytest.mark.parametrize("before", [True, False], ids=["before the write", "after the write"])
@pytest.mark.parametrize("fall_at", range(1, 8))
def test_killed_at_any_write_nothing_is_lost_and_at_most_the_handed_over_comes_twice(
    bench: Bench, fall_at: int, before: bool
) -> None:
    ids = [bench.notice(number) for number in range(2)]
    outbox = FallingOutbox(bench.db, fall_at, before=before)
    try:
        bench.bridge(outbox).run_once()
    except Killed:
        bench.run_dry()
    assert outbox.fell is (fall_at <= 6), "three writes for each notice"
    counts = bench.smtp.counts()
    assert set(counts) == {message_id(docid, SENDING.sender) for docid in ids}
    # Only between the last dot and the record of its answer may a copy arise: the third write.
    in_the_gap = fall_at in (3, 6) and before
    assert sorted(counts.values()) == ([1, 2] if in_the_gap else [1, 1])
    assert [bench.db.get(docid)["state"] for docid in ids] == ["sent", "sent"]


def test_killed_again_and_again_in_the_gap_there_are_two_copies_at_most(bench: Bench) -> None:
    docid = bench.notice(1)
    for _ in range(5):
        try:
            bench.bridge(FallingOutbox(bench.db, 3, before=True)).run_once()
        except Killed:
            bench.clock.forward(hours=1)
    bench.run_dry()
    assert list(bench.smtp.counts().values()) == [2]
    assert bench.db.get(docid)["state"] == "failed"
    assert "without an answer" in bench.smtp_state(docid)["error"]
