"""Attachments in pieces in the embedded store: memory, refusals, what is kept and what goes."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from store.errors import AttachmentTooLarge, BadRequest, StoreError, Unauthorized
from store.lite import LiteServer, contents, edits
from store.lite.database import LiteDatabase
from store.types import BytesContent, UserContext

LARGE = os.urandom(contents.AT_ONCE + 1)


class Broken:
    """A content whose sender goes away."""

    length = None

    def pieces(self) -> Iterator[bytes]:
        yield LARGE
        raise ConnectionResetError


@pytest.fixture
def db(tmp_path: Path) -> Iterator[LiteDatabase]:
    with closing(LiteServer(tmp_path)) as server:
        server.create("db")
        yield server.database("db")


def kept(tmp_path: Path) -> tuple[int, int, int]:
    """How many contents there are, how many rows hold them, and how many bodies use them."""
    with closing(sqlite3.connect(tmp_path / "db.sqlite")) as conn:
        tables = ("contents", "pieces", "uses")
        one, two, three = (
            conn.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables
        )
        return one, two, three


def test_the_same_bytes_are_kept_once(db: LiteDatabase, tmp_path: Path) -> None:
    first = db.put_attachment("a", "f", BytesContent(LARGE), "x/y", rev=None)
    db.put_attachment("a", "g", LARGE, "x/y", rev=first)
    db.put_attachment("b", "f", BytesContent(LARGE), "x/y", rev=None)
    assert kept(tmp_path) == (1, 17, 3)


def test_contents_go_with_the_last_body_that_has_them(db: LiteDatabase, tmp_path: Path) -> None:
    first = db.put_attachment("a", "f", LARGE, "x/y", rev=None)
    second = db.delete_attachment("a", "f", rev=first)
    assert kept(tmp_path) == (1, 17, 1)
    db.compact()
    assert kept(tmp_path) == (0, 0, 0)
    third = db.put_attachment("a", "f", LARGE, "x/y", rev=second)
    db.purge({"a": [third]})
    assert kept(tmp_path) == (0, 0, 0)
    db.set_revs_limit(1)
    rev = db.put_attachment("b", "f", LARGE, "x/y", rev=None)
    db.put({"_id": "b", "_rev": rev})
    assert kept(tmp_path) == (0, 0, 0)
    assert db.info()["sizes"]["external"] == len("{}")


def test_nothing_is_kept_of_what_was_refused(db: LiteDatabase, tmp_path: Path) -> None:
    db.put({"_id": "a"})
    attachments = {"f": {"content_type": "x/y", "data": BytesContent(LARGE)}}
    assert db.bulk_docs([{"_id": "a", "_attachments": attachments}])[0]["error"] == "conflict"
    known = {"_id": "k", "_rev": "1-k", "_attachments": attachments}
    db.bulk_docs([known], new_edits=False)
    assert kept(tmp_path) == (1, 17, 1)
    db.bulk_docs([known], new_edits=False)
    unzippable = {"content_type": "x/y", "data": BytesContent(LARGE), "encoding": "gzip"}
    for bad, error in (({"data": Broken()}, ConnectionResetError), (unzippable, BadRequest)):
        with pytest.raises(error):
            db.put({"_id": "c", "_attachments": {**attachments, "g": bad}})
    assert kept(tmp_path) == (1, 17, 1)


def test_who_may_not_write_stores_nothing(db: LiteDatabase, tmp_path: Path) -> None:
    db.set_security({"members": {"names": ["anna"]}})
    with closing(LiteServer(tmp_path)) as server:
        nobody = server.database("db", UserContext())
        doc = {"_id": "a", "_attachments": {"f": {"data": Broken()}}}
        with pytest.raises(Unauthorized):
            nobody.put(doc)


def test_an_attachment_has_a_limit(db: LiteDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (contents, edits):
        monkeypatch.setattr(module, "MAX_ATTACHMENT", len(LARGE) - 1)
    for data in (LARGE, BytesContent(LARGE)):
        with pytest.raises(AttachmentTooLarge) as caught:
            db.put({"_id": "a", "_attachments": {"f": {"data": data}}})
        assert (caught.value.status, caught.value.error) == (413, "attachment_too_large")


def test_what_a_cut_left_is_dropped_after_a_while(
    db: LiteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*args: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(contents, "keep", cut)
        patched.setattr(contents, "give_up", lambda *args: None)
        with pytest.raises(SystemExit):
            db.put_attachment("a", "f", BytesContent(LARGE), "x/y", rev=None)
    db.compact()
    assert kept(tmp_path) == (1, 17, 0)  # it may still be under way in another process
    monkeypatch.setattr(contents, "ABANDONED", -2)
    db.compact()
    assert kept(tmp_path) == (0, 0, 0)


def test_reading_ends_where_the_content_is_gone(db: LiteDatabase) -> None:
    first = db.put_attachment("a", "f", LARGE, "x/y", rev=None)
    pieces = db.get_attachment("a", "f").content.pieces()
    next(pieces)
    db.delete("a", first)
    db.compact()
    with pytest.raises(StoreError, match="missing"):
        next(pieces)


PROGRAM = """
import resource, sys
from store.lite import LiteServer

PIECE = bytes(1_000_000)

class Zeros:
    length = 300 * len(PIECE)
    def pieces(self):
        for at in range(300):
            yield at.to_bytes(4, "big") + PIECE[4:]

server = LiteServer(sys.argv[1])
server.create("db")
db = server.database("db")
db.put({"_id": "a"})
db.get("a")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
db.put_attachment("b", "f", Zeros(), "x/y", rev=None)
doc = db.get("b", attachments="follows", revs=True)
db.bulk_docs([{**doc, "_id": "c"}], new_edits=False)
size = sum(len(piece) for piece in db.get_attachment("c", "f").pieces())
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
server.close()
print(size, (after - before) // 1024)
"""


def test_300_megabytes_pass_through_a_few(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, check=True
    )
    size, mebibytes = map(int, done.stdout.split())
    assert size == 300_000_000
    assert mebibytes < 30
