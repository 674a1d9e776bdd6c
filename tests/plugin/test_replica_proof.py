"""Random days of an office and five laptops: edits, handovers, rights that change, cuts and kills.

At the end all replicas agree on what each person may read, nothing acknowledged is lost, and
nothing forbidden ever arrived. More days with `DIVAN_TEST_DAYS=200`, one again with
`DIVAN_TEST_SEED=…`.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugin.kit import Kit
from tests.plugin.replica_acl import SETTINGS, acl
from tests.plugin.replica_world import World

STEPS = 60
SEED = os.environ.get("DIVAN_TEST_SEED")
DAYS = [SEED] if SEED else [str(n) for n in range(int(os.environ.get("DIVAN_TEST_DAYS", "3")))]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    """The office that every day begins with."""
    kit = Kit(tmp_path_factory.mktemp("template"))
    kit.office.system().database("work").save_acl(acl())
    kit.office.system().database("settings").save_acl(SETTINGS)
    kit.office.close()
    yield kit


@pytest.mark.parametrize("day", DAYS)
def test_after_any_day_all_agree_and_nothing_is_lost(
    template: Kit, tmp_path: Path, day: str
) -> None:
    print(f"DIVAN_TEST_SEED={day}")
    world = World(template, tmp_path, day)
    try:
        live(world)
        world.quiet()
        assert world.check() == []
    finally:
        world.close()


def live(world: World) -> None:
    """A day of STEPS things that happen."""
    for machine in world.machines:
        world.sync(machine, faults=False)
    for _ in range(STEPS):
        machine = world.chance.choice(world.machines)
        kind = world.chance.choice(("office", "laptop", "laptop", "laptop", "sync", "sync"))
        if kind == "office":
            world.at_office()
        elif machine.emptied:
            continue
        elif kind == "sync":
            world.decide(machine)
            world.sync(machine, faults=True)
        elif machine.has_work():
            world.work(machine.door(), machine)
        if world.chance.random() < 0.003:
            (token,) = world.office.credentials.tokens(machine.person)
            world.office.credentials.revoke(token.id)
