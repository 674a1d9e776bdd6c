"""A file of format 1 is converted when it is opened; nothing is lost, also where it is cut."""

import base64
import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from store.errors import UnsupportedFormat
from store.lite import LiteServer, conversion, schema

FORMAT_1 = """
CREATE TABLE docs (
  key INTEGER PRIMARY KEY, docid TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL UNIQUE, rev TEXT,
  deleted INTEGER NOT NULL, body INTEGER NOT NULL, stale INTEGER NOT NULL, losers TEXT,
  tree TEXT NOT NULL
);
CREATE INDEX live ON docs (docid) WHERE deleted = 0;
CREATE TABLE bodies (key INTEGER PRIMARY KEY, body TEXT NOT NULL, attachments TEXT);
CREATE TABLE attachments (digest TEXT PRIMARY KEY, length INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE local (docid TEXT PRIMARY KEY, rev INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 1), update_seq INTEGER NOT NULL, doc_count INTEGER NOT NULL,
  doc_del_count INTEGER NOT NULL, design_seq INTEGER NOT NULL, purge_seq INTEGER NOT NULL,
  revs_limit INTEGER NOT NULL, security TEXT NOT NULL, created TEXT NOT NULL
);
"""
REV = "1-" + "a" * 32
LARGE = bytes(range(256)) * 3000
UNUSED = b"of a revision that is gone"


def digest(data: bytes) -> str:
    return "md5-" + base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A directory with the database `notes` as Divan wrote it in format 1."""
    with closing(sqlite3.connect(tmp_path / "notes.sqlite", isolation_level=None)) as conn:
        conn.execute("PRAGMA auto_vacuum = INCREMENTAL")
        conn.executescript(FORMAT_1)
        conn.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        conn.execute("PRAGMA user_version = 1")
        conn.execute("PRAGMA journal_mode = WAL")
        attachments = {
            name: {"content_type": "image/png", "revpos": 1, "digest": digest(data),
                   "length": len(data)}
            for name, data in (("large", LARGE), ("same", LARGE), ("empty", b""))
        }  # fmt: skip
        conn.execute("INSERT INTO bodies VALUES (7, ?, NULL)", (json.dumps({"n": 1}),))
        conn.execute(
            "INSERT INTO bodies VALUES (9, ?, ?)", (json.dumps({"n": 2}), json.dumps(attachments))
        )
        for at, (docid, body) in enumerate((("a", 7), ("b", 9)), 1):
            conn.execute(
                "INSERT INTO docs VALUES (?, ?, ?, ?, 0, ?, 0, NULL, ?)",
                (at, docid, at, REV, body, json.dumps([[REV, 0, 0, body]])),
            )
        for data in (LARGE, b"", UNUSED):
            row = (digest(data), len(data), data)
            conn.execute("INSERT INTO attachments VALUES (?, ?, ?)", row)
        conn.execute("INSERT INTO local VALUES ('_local/x', 3, '{\"at\":5}')")
        conn.execute("INSERT INTO state VALUES (1, 2, 2, 0, 0, 4, 50, '{\"k\":1}', '123')")
    return tmp_path


def test_nothing_is_lost(old: Path) -> None:
    with closing(LiteServer(old)) as server:
        db = server.database("notes")
        assert (db.get("a")["n"], db.get("b")["_rev"]) == (1, REV)
        found = db.get_attachment("b", "large")
        assert (found.data, found.digest, found.revpos) == (LARGE, digest(LARGE), 1)
        assert db.get_attachment("b", "same").data == LARGE
        assert db.get_attachment("b", "empty").data == b""
        assert db.get_local("_local/x") == {"_id": "_local/x", "_rev": "0-3", "at": 5}
        assert (db.revs_limit(), db.security()) == (50, {"k": 1})
        info = db.info()
        assert (info["doc_count"], info["update_seq"], info["purge_seq"]) == (2, 2, 4)
        assert info["instance_start_time"] == "123"
        assert info["sizes"]["external"] == 2 * len('{"n": 1}') + 2 * len(LARGE)


def test_the_same_bytes_are_kept_once_and_unused_ones_go(old: Path) -> None:
    with closing(LiteServer(old)) as server:
        server.database("notes").get("a")
    with closing(sqlite3.connect(old / "notes.sqlite")) as conn:
        assert conn.execute("SELECT count(*) FROM contents").fetchone() == (2,)
        stored = conn.execute("SELECT sum(length(data)) FROM pieces").fetchone()
        assert stored == (len(LARGE),)


def test_a_cut_leaves_the_file_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    real = conversion.from_format_1
    monkeypatch.setattr(conversion, "from_format_1", cut)
    with closing(LiteServer(old)) as server, pytest.raises(KeyboardInterrupt):
        server.database("notes").get("a")
    monkeypatch.undo()
    with closing(LiteServer(old)) as server:
        assert server.database("notes").get_attachment("b", "large").data == LARGE


def test_a_later_format_is_refused_and_left_alone(old: Path) -> None:
    with closing(sqlite3.connect(old / "notes.sqlite")) as conn:
        conn.execute(f"PRAGMA user_version = {schema.FORMAT + 1}")
    with closing(LiteServer(old)) as server, pytest.raises(UnsupportedFormat, match="format"):
        server.database("notes").get("a")
