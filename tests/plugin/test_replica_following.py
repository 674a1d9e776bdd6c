"""The continuous sync: each side wakes it, an office that is away holds it up, and it stops."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plugin import DivanError, Office
from plugin.runtime.replica import following
from plugin.runtime.replica.alone import Busy, alone
from plugin.runtime.replica.following import Follower
from plugin.runtime.replica.laptop import Replica
from plugin.runtime.replica.office_side import FilteredServer
from plugin.runtime.replica.sync import Synced
from store.cancel import Cancel
from tests.plugin.offices import Served, as_person, clone, customer, sync

PATIENCE = 60


class Followed:
    """A follower in a thread of its own, and what it told."""

    def __init__(self, laptop: Office) -> None:
        self.cancel = Cancel()
        self.done: queue.Queue[dict[str, Synced]] = queue.Queue()
        self.away: queue.Queue[DivanError] = queue.Queue()
        self.follower = Follower(Replica(laptop, self.cancel), self.cancel)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        self.follower.run(
            lambda done: self.done.put({one.database: one for one in done}),
            lambda error, pause: self.away.put(error),
        )

    def until(self, wanted: Callable[[dict[str, Synced]], int]) -> None:
        """Wait for a sync that did what is wanted; no other may come first that did something."""
        while not wanted(self.done.get(timeout=PATIENCE)):
            pass


@contextmanager
def followed(data: Path) -> Iterator[tuple[Office, Followed]]:
    with Office.open(data) as laptop:
        running = Followed(laptop)
        try:
            yield laptop, running
        finally:
            running.cancel.set()
            running.thread.join(PATIENCE)
            assert not running.thread.is_alive()


def test_a_change_on_either_side_is_carried_at_once(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, "anna.snelling", "Acme")
    data = tmp_path / "laptop"
    clone(data, served, "anna.snelling")
    with followed(data) as (laptop, running):
        running.done.get(timeout=PATIENCE)
        here = as_person(laptop, "anna.snelling").database("customers")
        there = as_person(office, "anna.snelling").database("customers")
        here.save(doc.id, doc.rev, {"address": "Here street"})
        running.until(lambda done: done["customers"].pushed)
        current = there.open(doc.id)
        assert current.items["address"] == "Here street"
        there.save(doc.id, current.rev, {"phone": "222"})
        running.until(lambda done: done["customers"].pulled)
        assert here.open(doc.id).items["phone"] == "222"


def test_it_outlasts_an_office_that_is_away(
    office: Office, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "PAUSES", (0.05,))
    data = tmp_path / "laptop"
    clone(data, served, "anna.snelling")
    served.stop()
    try:
        with followed(data) as (_, running):
            assert "does not answer" in str(running.away.get(timeout=PATIENCE))
            assert running.done.empty()
            served.start()
            assert "customers" in running.done.get(timeout=PATIENCE)
    finally:
        if not served.thread.is_alive():
            served.start()


def test_the_pauses_grow_and_end_somewhere() -> None:
    pauses = [following.pause_after(n) for n in range(20)]
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[3] == pauses[-1]


def test_one_sync_at_a_time(office: Office, served: Served, tmp_path: Path) -> None:
    data = tmp_path / "laptop"
    clone(data, served, "anna.snelling")
    with alone(data), pytest.raises(Busy, match="running already"):
        sync(data)
    sync(data)


def test_who_waits_beyond_the_limit_is_asked_to_look_again(
    office: Office, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "laptop"
    clone(data, served, "anna.snelling")
    with Office.open(data) as laptop:
        remote = Replica(laptop).remote
        there = FilteredServer(as_person(office, "anna.snelling")).database("customers")
        seq = there.info()["update_seq"]
        assert remote.wait({"customers": seq}, 0.0) == {"changed": [], "pause": 0}
        assert remote.wait({"customers": 0, "nowhere": 0}, 9.0)["changed"]
        for body in ({"since": 5}, {"since": {}, "seconds": "x"}, {"since": {"a": {}}}):
            with pytest.raises(DivanError):
                remote._ask("wait", body)
