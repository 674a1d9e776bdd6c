"""A writing process is killed at random instants, many times: what it was told is there, whole."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from store.api import Database
from store.checking import check
from store.errors import NotFound
from store.lite import LiteServer
from store.lite.integrity import integrity
from store.types import ViewOptions
from tests.store.killed_writer import BATCH, DESIGN

KILLS = int(os.environ.get("DIVAN_TEST_KILLS", "30"))
"""The default is quick; thousands may be asked for."""
SEED = int(os.environ.get("DIVAN_TEST_SEED", "0")) or random.randrange(10**6)
EACH = 10
"""Kills before everything that was ever acknowledged is read."""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills processes by SIGKILL")


@dataclass
class Told:
    """What writers said was done, and what the last one had begun and not finished."""

    revs: dict[str, str] = field(default_factory=dict)
    attached: set[str] = field(default_factory=set)
    purged: set[str] = field(default_factory=set)
    edits: int = 0
    other: str | None = None
    begun: tuple[str, Any] | None = None

    def note(self, what: str, operation: str, fact: Any) -> None:
        self.begun = (operation, fact) if what == "begin" else None
        if what == "begin":
            return
        if operation == "bulk":
            self.revs.update(fact)
        elif operation in ("put", "attach"):
            self.revs.update([fact])
            self.attached |= {fact[0]} if operation == "attach" else set()
        elif operation == "purge":
            del self.revs[fact]
            self.purged.add(fact)
        elif operation == "edit":
            self.edits = fact
        elif operation == "recreate":
            self.other = fact

    def take_in(self, db: Database) -> None:
        """What had been begun may be done or not; from now on it is as it was found."""
        operation, fact = self.begun or ("", None)
        found = {row["id"]: row["value"]["rev"] for row in db.all_docs()["rows"]}
        if operation == "bulk":
            batch = {docid: found[docid] for docid in found if docid.startswith(f"{fact}.")}
            assert len(batch) in (0, BATCH), "a batch is there whole or not at all"
            self.revs.update(batch)
        elif operation in ("put", "attach") and fact in found:
            self.revs[fact] = found[fact]
            self.attached |= {fact} if operation == "attach" else set()
        elif operation == "purge" and fact not in found:
            self.note("done", operation, fact)
        elif operation == "edit" and db.get("edited")["n"] == fact:
            self.edits = fact


class Nursery:
    """Starts writers and kills them."""

    def __init__(self, directory: Path) -> None:
        command = [sys.executable, "-m", "tests.store.killed_writer", str(directory)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def killed(self, seed: str, told: Told, operations: int, pause: float) -> None:
        """Let a writer do so many operations, and die at an instant of what follows."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seed}\n")
        self._process.stdin.flush()
        pid, done = 0, 0
        for what, first, second in self._lines():
            if what == "pid":
                pid = first
            elif what == "ended":
                return
            else:
                told.note(what, first, second)
                done += what == "done"
            if pid and done >= operations:
                threading.Event().wait(pause)
                os.kill(pid, signal.SIGKILL)
                operations = sys.maxsize

    def _lines(self) -> Iterator[Any]:
        assert self._process.stdout is not None
        return map(json.loads, self._process.stdout)

    def close(self) -> None:
        self._process.communicate()


def test_what_was_acknowledged_survives_every_kill(tmp_path: Path) -> None:
    print(f"DIVAN_TEST_SEED={SEED}")
    chance = random.Random(SEED)
    with closing(LiteServer(tmp_path)) as server:
        server.create("a")
        server.database("a").put(DESIGN)
    told = Told()
    with closing(Nursery(tmp_path)) as nursery:
        for kill in range(KILLS):
            seed = f"{SEED}.{kill}"
            nursery.killed(seed, told, chance.randint(0, 8), chance.uniform(0, 0.02))
            with closing(LiteServer(tmp_path)) as server:
                judge(server, tmp_path, told, whole=kill % EACH == EACH - 1 or kill == KILLS - 1)
    assert told.revs and told.edits


def judge(server: LiteServer, directory: Path, told: Told, *, whole: bool) -> None:
    db = server.database("a")
    told.take_in(db)
    found = {row["id"]: row["value"]["rev"] for row in db.all_docs()["rows"]}
    assert told.revs.items() <= found.items()
    assert not told.purged & found.keys()
    assert found.keys() - told.revs.keys() <= {"_design/d", "edited"}
    assert db.info()["doc_count"] == len(found)
    assert integrity(directory, "a") == []
    if told.edits:
        assert db.get("edited")["n"] == told.edits
    judge_other(server, directory, told)
    if whole:
        for docid in told.attached:
            assert db.get_attachment(docid, "f").data == docid.encode() * 20_000
        assert check(db).problems == ()
        counted = db.view("d", "all", ViewOptions(reduce=True))["rows"]
        assert counted[0]["value"] == len(found) - 1, "the index has every document but the design"


def judge_other(server: LiteServer, directory: Path, told: Told) -> None:
    """Database `b` was deleted and made again and again: it is there whole, or not at all."""
    begun = told.begun is not None and told.begun[0] == "recreate"
    try:
        other = server.database("b")
        ids = [row["id"] for row in other.all_docs()["rows"]]
    except NotFound:
        assert begun or told.other is None
        told.other = None
        return
    assert integrity(directory, "b") == []
    known = [told.other] if told.other else []
    assert ids == known or (begun and told.begun is not None and ids in ([], [told.begun[1]]))
    told.other = ids[0] if ids else None
