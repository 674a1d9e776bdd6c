"""A real disk that is full: a clear error, nothing lost, and on it goes when there is room."""

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from store.checking import check
from store.command import store as group
from store.errors import StoreError, Unavailable
from store.lite import LiteServer
from store.lite.integrity import integrity

MEGABYTE = 1024 * 1024
VIEWS = {"all": {"map": "function (doc) { emit(doc._id, doc.text); }"}}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


class Ballast:
    """A file that takes up what room there is."""

    def __init__(self, disk: Path) -> None:
        self._file = disk / "ballast"

    def fill(self, leave: int = 0) -> None:
        room = os.statvfs(self._file.parent)
        size = room.f_bavail * room.f_frsize - leave
        with self._file.open("ab") as file:
            file.write(b"\0" * max(0, size))

    def drop(self) -> None:
        self._file.unlink(missing_ok=True)


@pytest.fixture
def ballast(disk: Path) -> Ballast:
    return Ballast(disk)


@pytest.fixture
def server(disk: Path) -> Iterator[LiteServer]:
    with closing(LiteServer(disk / "store")) as opened:
        opened.create("a")
        db = opened.database("a")
        db.put({"_id": "_design/d", "views": VIEWS})
        db.bulk_docs([{"_id": f"d{at}", "text": "x" * 1000} for at in range(1000)])
        rev = db.put({"_id": "stale", "n": 0})
        for at in range(50):
            rev = db.put({"_id": "stale", "_rev": rev, "n": at, "text": "y" * 1000})
        yield opened


def large(count: int) -> list[dict[str, object]]:
    return [{"_id": f"large{at}", "text": "z" * 100_000} for at in range(count)]


WRITES: dict[str, Callable[[LiteServer], object]] = {
    "put": lambda server: server.database("a").put({"_id": "large", "text": "z" * 5 * MEGABYTE}),
    "bulk": lambda server: server.database("a").bulk_docs(large(60)),
    "attachment": lambda server: server.database("a").put_attachment(
        "large", "f", b"z" * 6 * MEGABYTE, "text/plain", rev=None
    ),
    "create": lambda server: [server.create(f"b{at}") for at in range(200)],
    "index": lambda server: server.database("a").view("d", "all"),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_write_is_refused_and_changes_nothing(
    disk: Path, ballast: Ballast, server: LiteServer, write: str
) -> None:
    before = server.database("a").info()
    ballast.fill(leave=MEGABYTE)
    with pytest.raises(Unavailable, match=r"disk is full|No space left"):
        WRITES[write](server)
    ballast.drop()
    db = server.database("a")
    assert db.info()["doc_count"] == before["doc_count"]
    assert (integrity(disk / "store", "a"), check(db).problems) == ([], ())
    db.put({"_id": "after"})
    assert len(db.view("d", "all")["rows"]) == 1002


def test_compaction_on_a_full_disk_loses_nothing(
    disk: Path, ballast: Ballast, server: LiteServer
) -> None:
    ballast.fill()
    db = server.database("a")
    try:
        db.compact()
    except StoreError as error:
        assert "disk is full" in error.reason
    assert db.get("stale")["n"] == 49
    ballast.drop()
    db.compact()
    assert (integrity(disk / "store", "a"), check(db).problems) == ([], ())


def run(data: Path, *words: object) -> Result:
    return CliRunner().invoke(group, [str(word) for word in words], obj=data)


def test_no_room_for_a_backup(disk: Path, ballast: Ballast, server: LiteServer) -> None:
    ballast.fill(leave=MEGABYTE)
    failed = run(disk, "backup", disk.parent / "backup")
    assert failed.exit_code == 0, "the backup is on another disk"
    (disk.parent / "other" / "store").mkdir(parents=True)
    with closing(LiteServer(disk.parent / "other" / "store")) as other:
        other.create("a")
        other.database("a").bulk_docs(large(60))
    failed = run(disk.parent / "other", "backup", disk / "backup")
    assert (failed.exit_code, failed.stderr.count("\n")) == (1, 1)
    assert "disk is full" in failed.stderr
    assert not [path.name for path in disk.iterdir() if "backup" in path.name]


def test_no_room_for_what_is_restored(disk: Path, ballast: Ballast, server: LiteServer) -> None:
    other = disk.parent / "other"
    with closing(LiteServer(other / "store")) as made:
        for name in "ab":
            made.create(name)
            made.database(name).bulk_docs(large(60))
    assert run(other, "backup", disk.parent / "backup").exit_code == 0
    ballast.fill(leave=MEGABYTE)
    for data, words in ((disk, ("--force",)), (disk / "new", ())):
        failed = run(data, "restore", disk.parent / "backup", *words)
        assert (failed.exit_code, failed.stderr.count("\n")) == (1, 1)
        assert "disk is full" in failed.stderr or "No space left" in failed.stderr
    assert not (disk / "new").exists()
    db = server.database("a")
    assert db.get("stale")["n"] == 49
    ballast.drop()
    db.put({"_id": "after"})
    assert integrity(disk / "store", "a") == []
    assert sorted(path.name for path in (disk / "store").glob("*.restored-*")) == []


AT_ONCE = 15.0
"""Seconds; trying again takes minutes."""


@pytest.mark.parametrize("words", [["copy"], ["replicate", "--create-target"]])
def test_no_room_for_a_copy_is_told_at_once(
    disk: Path, ballast: Ballast, tmp_path: Path, words: list[str]
) -> None:
    here = tmp_path / "company"
    with closing(LiteServer(here / "store")) as server:
        server.create("a")
        server.database("a").bulk_docs(large(200))
    ballast.fill(leave=4 * MEGABYTE)
    sides = [here, disk / "copy"] if words == ["copy"] else ["a", f"lite://{disk}/store/a"]
    began = time.monotonic()
    failed = run(here, *words, *sides)
    assert time.monotonic() - began < AT_ONCE
    assert (failed.exit_code, failed.stderr.count("\n")) == (1, 1)
    assert "disk is full" in failed.stderr
    ballast.drop()
    ballast.fill()
    full = run(here, *words, *sides)
    assert full.exit_code == 1
    assert re.search("disk (is|may be) full|No space left", full.stderr)
    assert time.monotonic() - began < 2 * AT_ONCE
