"""Several machines on one store: whatever happens to them, what must happen once happens once."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from plugin import Office, add_person
from plugin.runtime.designs.design import DESIGN_ID
from store.api import Database, Server
from store.errors import NotFound, StoreError
from store.opening import open_server
from tests.plugin.machine import LEASE, MODULES, RECEIVER
from tests.plugin.shared_store import Shared, data_directory, shared_store

MACHINES = 3
TROUBLES = 5
PATIENCE = 60.0

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGSTOP is of POSIX systems")


class Machine:
    """A process with a data directory of its own, killed and started again as one likes."""

    def __init__(self, shared: Shared, path: Path) -> None:
        self.name = path.name
        self.data = data_directory(path, shared)
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        line = [sys.executable, "-m", "tests.plugin.machine", str(self.data), self.name]
        self._process = subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def quiet(self) -> None:
        """Post no more; agents and bridge go on. Returns when it has said so."""
        (self.data / "quiet").touch()
        self.said("quiet")

    def said(self, word: str) -> None:
        """Returns when the machine has said this."""
        assert self._process is not None and self._process.stdout is not None
        while (line := self._process.stdout.readline().strip()) != word:
            assert line, f"{self.name} ended by itself"

    def end(self) -> None:
        """In order. A machine that cannot do that fails the test."""
        assert self._process is not None
        self._process.communicate("\n", timeout=PATIENCE)
        assert self._process.returncode == 0

    def numbers(self) -> list[str]:
        path = self.data / "numbers"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Shared]:
    with shared_store(tmp_path / "store") as found:
        yield found


@pytest.fixture
def server(shared: Shared) -> Iterator[Server]:
    with closing(open_server(shared.url, auth=shared.login)) as opened:
        yield opened


@pytest.fixture
def machines(shared: Shared, tmp_path: Path) -> Iterator[list[Machine]]:
    made = [Machine(shared, tmp_path / f"machine-{n}") for n in range(MACHINES)]
    yield made
    for machine in made:
        machine.kill()


def ids(db: Database, prefix: str) -> list[str]:
    return [row["id"] for row in db.all_docs()["rows"] if row["id"].startswith(prefix)]


def states(db: Database, prefix: str) -> list[str]:
    return [db.get(docid)["state"] for docid in ids(db, prefix)]


def trouble(chance: random.Random, machines: list[Machine]) -> None:
    """Kill a machine and start it again, or let it sleep for longer than its lease."""
    machine, pause = chance.choice(machines), threading.Event()
    pause.wait(chance.uniform(0.1, 1.0))
    if chance.random() < 0.3:
        machine.kill()
        machine.start()
        machine.said("running")
    else:
        machine.signal(signal.SIGSTOP)
        pause.wait(LEASE * chance.uniform(1.2, 2))
        machine.signal(signal.SIGCONT)


@pytest.mark.timeout(240)
def test_numbers_agents_and_notices_happen_once(
    shared: Shared, server: Server, machines: list[Machine], tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    with Office.create(data_directory(tmp_path / "desk", shared), modules=MODULES) as desk:
        add_person(desk, RECEIVER, {"name_latin": "Bo Chen"})
    for machine in machines:
        machine.start()
    for machine in machines:
        machine.said("running")
    for _ in range(TROUBLES):
        trouble(chance, machines)
    for machine in machines:
        machine.quiet()
    numbers = [given for machine in machines for given in machine.numbers()]
    forum, outbox = server.database("forum"), server.database("outbox")
    topics = ids(forum, "topic:")
    wait_until_all_is_sent(outbox, len(topics))
    mailbox = server.database("mail_bo_chen")
    for machine in machines:
        machine.end()
    assert len(numbers) > 20
    assert len(set(numbers)) == len(numbers), "each number is given once"
    assert len(topics) >= len(numbers) - TROUBLES - MACHINES
    told = {docid.removeprefix("topic:") for docid in topics}
    assert {docid.split(":")[2] for docid in ids(outbox, "outgoing:note:")} == told
    assert {docid.split(":")[3] for docid in ids(mailbox, "memo:outgoing:note:")} == told
    for db, prefix in ((outbox, "outgoing:note:"), (mailbox, "memo:outgoing:note:")):
        for docid in ids(db, prefix):
            assert "_conflicts" not in db.get(docid, conflicts=True)
    assert {one.get("holder") for one in leases(server)} == {None}, "all gave back"


def leases(server: Server) -> list[dict[str, object]]:
    db = server.database("coordination")
    return [db.get(docid) for docid in ids(db, "lease:")]


def wait_until_all_is_sent(outbox: Database, number: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        before = outbox.info()["update_seq"]
        found = states(outbox, "outgoing:note:")
        if len(found) == number and set(found) == {"sent"}:
            return
        outbox.wait_for_change(before, 5)
    raise AssertionError(f"{number} topics, {found}")


@pytest.mark.timeout(240)
def test_machines_that_deploy_at_once_and_are_killed_come_to_one_design(
    server: Server, machines: list[Machine]
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance, pause = random.Random(seed), threading.Event()
    for _ in range(3):
        for machine in machines:
            machine.kill()
            machine.start()
        pause.wait(chance.uniform(0.5, 2.5))
        customise(server)
    for machine in machines:
        machine.quiet()
    db = server.database("forum")
    staged = [docid for docid in ids(db, "_design/") if "staged" in docid]
    assert staged == []
    design = db.get(DESIGN_ID, conflicts=True)
    assert "_conflicts" not in design
    assert design["forms"]["topic"]["items"]["mine"] == {"kind": "text"}
    assert db.get("_design/shipped")["clashes"] == {}


def customise(server: Server) -> None:
    """A Designer's edit, as soon as there is something to edit."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            db = server.database("forum")
            design = db.get(DESIGN_ID)
            design["forms"]["topic"]["items"]["mine"] = {"kind": "text"}
            design["forms"]["topic"]["sections"][0]["items"] += (
                [] if "mine" in design["forms"]["topic"]["sections"][0]["items"] else ["mine"]
            )
            db.put(design)
            return
        except (NotFound, StoreError):
            threading.Event().wait(0.1)
    raise AssertionError("there is no design to edit")
