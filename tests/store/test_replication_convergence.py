"""Two stores edited at random, replicated with cuts in the middle, end alike. Seeded."""

import random
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
