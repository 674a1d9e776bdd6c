"""Replication over a bad line: everything arrives, nothing twice, nothing is lost. Seeded."""

import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from store.api import Database
from store.couch import transport
from store.couch.opening import open_couch
from store.errors import Forbidden, NotFound, StoreError, Unavailable
from store.lite.server import LiteServer
from store.replication import Cancel, Options, replicate, retry
from store.replication.retry import Patience, may_pass, pause_before
from store.wire import protocol_app
from tests.store.faults import BadLine
from tests.store.peers import served
from tests.store.sides import attachments, branch, facts


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same pauses, shorter."""
    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.002)
    monkeypatch.setattr(transport, "BACK_OFF", (0.001, 0.002))


def some(database: Database, dice: random.Random) -> None:
    """Documents of many sizes, conflicts, deletions, files."""
    database.bulk_docs([{"_id": f"doc-{at}", "t": "x" * dice.randrange(3000)} for at in range(80)])
    for at in range(0, 80, 9):
        rev = str(database.get(f"doc-{at}")["_rev"])
        database.put({"_id": f"doc-{at}", "_rev": rev, "_deleted": at % 2 == 0, "n": at})
    for at in range(4):
        files = {f"f{number}": dice.randbytes(dice.randrange(90_000)) for number in range(2)}
        database.put({"_id": f"files-{at}", "_attachments": attachments(files)})
    for name in ("a", "b", "c"):
        branch("conflict", ["root", name], database)


@dataclass(frozen=True)
class Stores:
    """`here` is at hand; `there` is another store, reached as `far` over the bad line."""

    here: Database
    there: Database
    far: Database
    line: BadLine


@contextmanager
def two_stores(directory: Path, seed: int) -> Iterator[Stores]:
    with (
        closing(LiteServer(directory / "one")) as one,
        closing(LiteServer(directory / "two")) as two,
    ):
        one.create("db")
        two.create("db")
        line = BadLine(protocol_app(lambda environ: two), seed)
        with served(line) as url, closing(open_couch(url)) as client:
            far = Patience(None, Cancel())(lambda: client.database("db"))
            yield Stores(one.database("db"), two.database("db"), far, line)


@pytest.mark.parametrize("way", ["push", "pull"])
def test_one_run_ends_well(tmp_path: Path, way: str) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    with two_stores(tmp_path, seed) as stores:
        some(stores.here if way == "push" else stores.there, random.Random(seed))
        sides = (stores.here, stores.far) if way == "push" else (stores.far, stores.here)
        options = Options(retries=None, batch=15, checkpoint_interval=0)
        summary = replicate(*sides, replication_id="r", options=options)
        assert (summary.complete, summary.refused) == (True, ()), f"seed {seed}"
        assert facts(stores.here) == facts(stores.there), f"seed {seed}: {stores.line.faults}"
        again = replicate(*sides, replication_id="r", options=options)
        assert again.counts.checked == 0, f"seed {seed}"
        assert len(stores.line.faults) >= 3, stores.line.faults


def test_runs_that_are_cut_go_on_where_they_were(tmp_path: Path) -> None:
    """Without a second try each fault ends a run; each run brings some more."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    with two_stores(tmp_path, seed) as stores:
        some(stores.here, random.Random(seed))
        options = Options(retries=0, batch=10, checkpoint_interval=0)
        complete, failures = False, 0
        while not complete:
            try:
                complete = replicate(
                    stores.here, stores.far, replication_id="r", options=options
                ).complete
            except StoreError as error:
                assert may_pass(error), f"seed {seed}: {error!r}"
                failures += 1
                assert failures < 500, f"seed {seed}: {stores.line.faults}"
        assert facts(stores.here) == facts(stores.there), f"seed {seed} after {failures} failures"


def test_errors_that_pass_and_errors_that_stay() -> None:
    assert may_pass(Unavailable("busy"))
    assert may_pass(StoreError("disk full"))
    assert not may_pass(Forbidden("no"))
    assert not may_pass(NotFound("missing"))


def test_pauses_double_and_heed_what_the_server_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.25)
    longest = [max(pause_before(n, Unavailable("")) for _ in range(200)) for n in range(1, 5)]
    assert [
        0.8 * most < pause <= most for most, pause in zip((0.25, 0.5, 1, 2), longest, strict=True)
    ] == [True] * 4
    assert pause_before(50, Unavailable("")) <= retry.LONGEST_PAUSE
    assert pause_before(1, Unavailable("", retry_after=7.0)) == 7.0


def test_what_stays_is_not_tried_again() -> None:
    tries = []

    def refused() -> None:
        tries.append(1)
        raise Forbidden("no")

    with pytest.raises(Forbidden):
        Patience(5, Cancel())(refused)
    assert len(tries) == 1


def test_a_run_that_waits_for_its_next_try_can_be_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "FIRST_PAUSE", 3600.0)
    with closing(LiteServer(tmp_path)) as server:
        server.create("a")
        server.create("b")
        server.database("a").put({"_id": "doc"})
        cancel = Cancel()

        class Away:
            """A target that cannot be reached."""

            def __getattr__(self, name: str) -> object:
                cancel.set()
                raise Unavailable("away")

        summary = replicate(
            server.database("a"),
            Away(),
            replication_id="r",
            cancel=cancel,  # type: ignore[arg-type]
        )
        assert not summary.complete
