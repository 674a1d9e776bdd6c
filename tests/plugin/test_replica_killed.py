"""Killed at any of its events, a clone, a sync and a removal go on where they were."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from plugin import Office
from plugin.runtime.replica.laptop import Replica, register
from plugin.runtime.replica.removing import remove_replica
from plugin.runtime.replica.subset import WHOLE, Subset
from store.errors import NotFound
from tests.plugin.killed_sync import POINTS
from tests.plugin.offices import PASSWORD, Served, as_person, customer, sync
from tests.views.serving import PATIENCE, ROOT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills processes by SIGKILL")

ME, OTHER = "dustin.brinkmann", "anna.snelling"
KEPT = {"customers": Subset(mine=True), "tracking": WHOLE}


def killed(data: Path, point: str, number: int) -> bool:
    """Whether the sync was killed; False where it was over before."""
    done = subprocess.run(
        (sys.executable, "-m", "tests.plugin.killed_sync", str(data), point, str(number)),
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def content(data: Path) -> dict[str, dict[str, str]]:
    """The revisions of all documents of a directory, by database."""
    with Office.open(data) as office:
        return {
            name: {
                row["id"]: row["value"]["rev"]
                for row in office.server.database(name).all_docs()["rows"]
            }
            for name in ("customers", "settings", "tracking")
            if office.server.exists(name)
        }


@pytest.mark.parametrize("point", sorted(POINTS))
def test_killed_at_each_event_of_a_kind_nothing_is_lost(
    office: Office, served: Served, tmp_path: Path, point: str
) -> None:
    mine = customer(office, ME, "Mine")
    moving = customer(office, OTHER, "Moving", team=[ME])
    lost = customer(office, "zane.levy", "Lost", team=[ME])
    data = tmp_path / "laptop"
    register(data, served.url, ME, PASSWORD, "test")
    with Office.open(data) as laptop:
        Replica(laptop).choose(KEPT)
    kills = sum(killed(data, point, number) for number in (1, 2))  # the clone
    sync(data)
    with Office.open(data) as laptop:
        here = as_person(laptop, ME).database("customers")
        here.save(mine.id, mine.rev, {"phone": "1"})
        new = here.create("customer", {"name": "Written here", "owner": ME})
    as_person(office, OTHER).database("customers").save(moving.id, moving.rev, {"team": []})
    as_person(office, "zane.levy").database("customers").save(lost.id, lost.rev, {"team": []})
    came = customer(office, ME, "Came")
    kills += sum(killed(data, point, number) for number in (1, 2, 3))
    sync(data)
    assert kills >= 2
    database = office.server.database("customers")
    assert database.get(mine.id)["phone"] == "1"
    assert database.get(new.id)["name"] == "Written here"
    held = content(data)
    assert {mine.id, new.id, came.id} <= set(held["customers"])
    assert not {moving.id, lost.id} & set(held["customers"])
    for docid in (mine.id, new.id, came.id):
        assert held["customers"][docid] == database.get(docid)["_rev"]
    again = sync(data)
    assert all(done.pulled == done.removed == 0 and not done.refused for done in again.values())


def test_a_removal_that_was_cut_goes_on(office: Office, served: Served, tmp_path: Path) -> None:
    customer(office, ME, "Mine")
    data = tmp_path / "laptop"
    register(data, served.url, ME, PASSWORD, "test")
    sync(data)
    with Office.open(data) as laptop:
        # As a kill leaves it after the token was ended and before the last database went.
        replica = Replica(laptop)
        replica.remote.leave()
        laptop.server.delete("customers")
        (data / "secrets" / "replica_token").unlink()
    with Office.open(data) as laptop:
        assert remove_replica(Replica(laptop))
        assert laptop.server.all_dbs() == []
        with pytest.raises(NotFound):
            laptop.server.database("settings")
    assert not (data / "replica.json").exists()
