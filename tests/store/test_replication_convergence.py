"""Stores edited at random, replicated with cuts and kills in the middle, end alike. Seeded."""

import itertools
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from store.api import Database
from store.couch.opening import open_couch
from store.errors import Unavailable
from store.lite.server import LiteServer
from store.replication import Options, replicate
from store.wire import protocol_app
from tests.store.edits import Cut, edit, pairs, state
from tests.store.peers import served

ROUNDS = 6
EDITS = 12


@pytest.fixture(params=["embedded", "http"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Database]]:
    """Two databases in two stores; the second one is reached directly or through HTTP."""
    with ExitStack() as stack:
        stores = [
            stack.enter_context(closing(LiteServer(tmp_path / name))) for name in ("here", "there")
        ]
        for store in stores:
            store.create("db")
        here, there = (store.database("db") for store in stores)
        if request.param == "embedded":
            yield [here, there]
            return
        url = stack.enter_context(served(protocol_app(lambda environ: stores[1])))
        remote = stack.enter_context(closing(open_couch(url)))
        yield [here, remote.database("db")]


@pytest.mark.parametrize("attempt", range(3))
def test_random_edits_converge(databases: list[Database], attempt: int) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    for _ in range(ROUNDS):
        for database in databases:
            for _ in range(dice.randrange(EDITS)):
                edit(database, dice)
        for source, target in pairs(databases):
            _attempt(source, target, _name(databases, source), dice)
        if dice.random() < 0.3:
            databases[0].compact()
    for source, target in pairs(databases):
        replicate(source, target, replication_id=_name(databases, source))
    first, second = (state(database) for database in databases)
    assert first == second, f"seed {seed}"
    for source, target in pairs(databases):
        again = replicate(source, target, replication_id=_name(databases, source))
        assert (again.counts.read, again.refused, again.complete) == (0, (), True), f"seed {seed}"


def _attempt(source: Database, target: Database, name: str, dice: random.Random) -> None:
    """A replication with small batches that may be cut anywhere, on either side."""
    broken = [Cut(database, dice) for database in (source, target)]
    try:
        replicate(
            *broken,
            replication_id=name,
            options=Options(batch=dice.randrange(1, 5), checkpoint_interval=0, retries=0),
        )
    except Unavailable as error:
        assert error.reason == "cut"


def _name(databases: list[Database], source: Database) -> str:
    return "forth" if source is databases[0] else "back"


def test_three_stores_converge(tmp_path: Path) -> None:
    """Edited all the while, replicated in any order over lines that break anywhere."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    with ExitStack() as stack:
        stores = [stack.enter_context(closing(LiteServer(tmp_path / n))) for n in "abc"]
        for store in stores:
            store.create("db")
        three = [store.database("db") for store in stores]
        ways = list(itertools.permutations(range(3), 2))
        for _ in range(ROUNDS):
            for database in three:
                for _ in range(dice.randrange(EDITS)):
                    edit(database, dice)
            for here, there in dice.sample(ways, 4):
                _attempt(three[here], three[there], f"{here}-{there}", dice)
            if dice.random() < 0.3:
                dice.choice(three).compact()
        for here, there in [(0, 1), (1, 2), (2, 0), (0, 1), (1, 2)]:
            replicate(three[here], three[there], replication_id=f"{here}-{there}")
        first, second, third = (state(database) for database in three)
        assert first == second == third, f"seed {seed}"


REPLICATES = """
import sys
from store.lite.server import LiteServer
from store.replication import Options, replicate

source, target = (LiteServer(path).database("db") for path in sys.argv[1:3])
options = Options(batch=3, checkpoint_interval=0)
replicate(source, target, replication_id=sys.argv[3], options=options,
          progress=lambda progress: print("step", flush=True))
"""


def test_killed_in_the_middle(tmp_path: Path) -> None:
    """A process that replicates is killed at any step; the next one goes on, and all arrives."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    places = (tmp_path / "a", tmp_path / "b")
    with closing(LiteServer(places[0])) as one, closing(LiteServer(places[1])) as two:
        for store in (one, two):
            store.create("db")
        databases = [one.database("db"), two.database("db")]
        for _ in range(6):
            for database in databases:
                for _ in range(EDITS):
                    edit(database, dice)
            first, second = dice.sample((0, 1), 2)
            _killed(places[first], places[second], f"from-{first}", dice.randrange(6))
        for source, target in pairs(databases):
            replicate(source, target, replication_id=f"from-{databases.index(source)}")
        assert state(databases[0]) == state(databases[1]), f"seed {seed}"


def _killed(source: Path, target: Path, name: str, steps: int) -> None:
    """Replicate in a process that is killed after some steps, where it has not ended by then."""
    command = [sys.executable, "-c", REPLICATES, str(source), str(target), name]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in itertools.islice(process.stdout, steps):
            continue
        process.kill()
