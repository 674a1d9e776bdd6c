"""A lease: one holder at a time, over processes, and no longer than it is renewed."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin.runtime.agents.workers import Tenure, Workers
from store.api import Database
from store.cancel import Cancel
from store.lease import Lease
from store.lite.server import LiteServer


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    server = LiteServer(tmp_path)
    server.create("coordination")
    yield server.database("coordination")
    server.close()


class Machine:
    """A machine's own clock: where it began says nothing to others, and it may stand still."""

    def __init__(self, start: float = 0.0) -> None:
        self.now = start

    def __call__(self) -> float:
        return self.now


def lease(db: Database, machine: Machine, holder: str) -> Lease:
    return Lease(db, "bridge", seconds=10, holder=holder, elapsed=machine)


def pass_by(seconds: float, *machines: Machine) -> None:
    for machine in machines:
        machine.now += seconds


def test_one_holds_it_as_long_as_it_renews_whatever_the_clocks_say(db: Database) -> None:
    here, there = Machine(1_000_000), Machine(-5)
    first, second = lease(db, here, "a"), lease(db, there, "b")
    assert first.acquire() and first.held()
    for _ in range(10):
        assert not second.acquire()
        pass_by(9, here, there)
        assert first.acquire(), "renewed"
    assert second.current() == "a"
    assert not second.acquire()
    pass_by(9, here, there)
    assert not second.acquire() and first.held()
    pass_by(1, here, there)
    assert not first.held(), "the holder knows it before anybody takes over"
    assert second.acquire() and second.held()
    assert not first.acquire()


def test_who_comes_late_waits_from_when_he_came(db: Database) -> None:
    here, there = Machine(), Machine()
    assert lease(db, here, "a").acquire()
    pass_by(3600, here, there)
    late = lease(db, there, "b")
    assert not late.acquire(), "the holder may have renewed it a moment ago"
    pass_by(10, there)
    assert late.acquire()


def test_one_that_was_paused_has_lost_it(db: Database) -> None:
    here, there = Machine(), Machine()
    first, second = lease(db, here, "a"), lease(db, there, "b")
    assert first.acquire() and not second.acquire()
    pass_by(11, here, there)
    assert second.acquire()
    assert not first.held() and not first.acquire() and second.held()


def test_given_back_it_is_free_at_once_and_only_the_holder_gives_it_back(db: Database) -> None:
    machine = Machine()
    first, second = lease(db, machine, "a"), lease(db, machine, "b")
    assert first.acquire()
    second.release()
    assert not second.acquire()
    first.release()
    assert not first.held() and second.current() is None
    assert second.acquire()


def test_leases_of_other_names_are_apart(db: Database) -> None:
    assert Lease(db, "agents", holder="a").acquire()
    assert Lease(db, "bridge", holder="b").acquire()


def test_of_many_who_ask_at_once_one_gets_it(db: Database) -> None:
    leases = [lease(db, Machine(), str(n)) for n in range(8)]
    gate, got = threading.Barrier(8), []

    def ask(one: Lease) -> None:
        gate.wait()
        if one.acquire():
            got.append(one.holder)

    threads = [threading.Thread(target=ask, args=(one,)) for one in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1


def test_two_that_a_cut_cluster_let_have_it_agree_when_it_is_whole(db: Database) -> None:
    first = lease(db, Machine(), "a")
    assert first.acquire()
    doc = db.get("lease:bridge")
    for rev, holder in (("2-" + "1" * 32, "b"), ("2-" + "2" * 32, "c")):
        branch = {"_id": doc["_id"], "_rev": rev, "holder": holder, "seconds": 10}
        branch["_revisions"] = {"start": 2, "ids": [rev[2:], doc["_rev"][2:]]}
        db.bulk_docs([branch], new_edits=False)
    assert lease(db, Machine(), "c").acquire(), "CouchDB's winner"
    assert not lease(db, Machine(), "b").acquire() and not first.acquire()


def test_one_who_wants_it_once_is_told_of_a_living_holder_and_outlives_a_dead_one(
    db: Database,
) -> None:
    dead = Lease(db, "bridge", seconds=0.3, holder="dead")
    assert dead.acquire()
    once = Lease(db, "bridge", holder="once")
    assert once.acquire_or_see()
    once.release()
    living = Workers(Lease(db, "bridge", seconds=1, holder="living"), [])
    living.start()
    while once.current() != "living":
        db.wait_for_change(db.info()["update_seq"], 0.05)
    try:
        assert not once.acquire_or_see()
    finally:
        living.stop()


def test_a_step_is_told_that_the_lease_is_lost(db: Database) -> None:
    machine = Machine()
    held = lease(db, machine, "a")
    assert held.acquire()
    tenure = Tenure(held)
    assert not tenure.is_set()
    pass_by(10, machine)
    assert tenure.is_set()


def test_workers_run_only_while_they_hold_the_lease_and_hand_it_on(db: Database) -> None:
    ran: dict[str, threading.Event] = {"a": threading.Event(), "b": threading.Event()}

    def workers(name: str) -> Workers:
        def step(stop: Cancel) -> None:
            ran[name].set()
            stop.wait(0.05)

        held = Lease(db, "bridge", seconds=0.3, holder=name)
        return Workers(held, [step])

    first, second = workers("a"), workers("b")
    first.start()
    assert ran["a"].wait(5)
    second.start()
    assert not ran["b"].wait(0.5)
    first.stop()
    assert ran["b"].wait(5), "given back, it is taken over"
    second.stop()


def test_a_failing_step_is_called_again(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    done, calls = threading.Event(), []

    def step(stop: Cancel) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("the store was busy")
        done.set()
        stop.wait(1)

    workers = Workers(Lease(db, "x"), [step])
    workers.start()
    assert done.wait(10)
    workers.stop()
    assert "the store was busy" in caplog.text
