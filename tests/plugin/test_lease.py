"""A lease: one holder at a time, over processes, and no longer than it is renewed."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin.runtime.workers import Workers
from store.api import Database
from store.lease import Lease
from store.lite.server import LiteServer
from tests.plugin.steady_clock import SteadyClock


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    server = LiteServer(tmp_path)
    server.create("settings")
    yield server.database("settings")
    server.close()


def lease(db: Database, clock: SteadyClock, holder: str) -> Lease:
    return Lease(db, "bridge", clock=clock, seconds=10, holder=holder)


def test_one_holds_it_until_it_expires(db: Database) -> None:
    clock = SteadyClock()
    first, second = lease(db, clock, "other-machine:1:a"), lease(db, clock, "other-machine:2:b")
    assert first.acquire()
    assert not second.acquire()
    assert second.current() == "other-machine:1:a"
    clock.forward(seconds=9)
    assert first.acquire(), "renewed"
    clock.forward(seconds=9)
    assert not second.acquire()
    clock.forward(seconds=1)
    assert second.acquire(), "expired"
    assert not first.acquire()


def test_given_back_it_is_free_at_once_and_only_the_holder_gives_it_back(db: Database) -> None:
    clock = SteadyClock()
    first, second = lease(db, clock, "other-machine:1:a"), lease(db, clock, "other-machine:2:b")
    assert first.acquire()
    second.release()
    assert not second.acquire()
    first.release()
    assert second.current() is None
    assert second.acquire()


def test_leases_of_other_names_are_apart(db: Database) -> None:
    clock = SteadyClock()
    assert Lease(db, "agents", clock=clock, holder="m:1:a").acquire()
    assert Lease(db, "bridge", clock=clock, holder="m:2:b").acquire()


def test_of_many_who_ask_at_once_one_gets_it(db: Database) -> None:
    clock = SteadyClock()
    leases = [lease(db, clock, f"other-machine:{n}:x") for n in range(8)]
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


def test_a_dead_process_of_this_machine_holds_nothing_up(db: Database) -> None:
    clock = SteadyClock()
    here = lease(db, clock, "")
    host = here.holder.split(":")[0]
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert lease(db, clock, f"{host}:{ended.pid}:dead").acquire()
    assert here.acquire()


def test_workers_run_only_while_they_hold_the_lease_and_hand_it_on(db: Database) -> None:
    clock = SteadyClock()
    ran: dict[str, threading.Event] = {"a": threading.Event(), "b": threading.Event()}

    def workers(name: str) -> Workers:
        def step(stop: threading.Event) -> None:
            ran[name].set()
            stop.wait(0.05)

        held = Lease(db, "bridge", clock=clock, seconds=0.3, holder=f"other-machine:0:{name}")
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

    def step(stop: threading.Event) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("the store was busy")
        done.set()
        stop.wait(1)

    workers = Workers(Lease(db, "x", clock=SteadyClock()), [step])
    workers.start()
    assert done.wait(10)
    workers.stop()
    assert "the store was busy" in caplog.text
