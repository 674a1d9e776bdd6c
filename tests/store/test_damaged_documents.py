"""A document of which the stored record was damaged: it is named, and all others are served."""

import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from store.api import Database
from store.command import store as group
from store.errors import DamagedDocument
from store.lite.server import LiteServer
from store.types import ChangesOptions, ViewOptions
from tests.store.nodes import served_node
from tests.store.sides import LOGIN

NUMBER = 300
BROKEN = "doc-006"
DESIGN = {
    "_id": "_design/d",
    "views": {"n": {"map": "function (doc) { emit(doc.n, null); }"}},
}
EVERY = {"selector": {"n": {"$gte": 0}}, "limit": NUMBER}
DAMAGE = {
    "a wrong byte": """UPDATE bodies SET body = '{"n"x6}' WHERE key = 7""",
    "an end too early": """UPDATE bodies SET body = '{"n":6}"m":1}' WHERE key = 7""",
    "another kind of value": "UPDATE bodies SET body = '[]' WHERE key = 7",
    "no UTF-8": "UPDATE bodies SET body = CAST(x'7B226EFF223A367D' AS TEXT) WHERE key = 7",
    "bytes": "UPDATE bodies SET body = x'00' WHERE key = 7",
    "no body": "DELETE FROM bodies WHERE key = 7",
    "no list of attachments": "UPDATE bodies SET attachments = '{\"a\"x{}}' WHERE key = 7",
    "a name of an attachment's facts": (
        """UPDATE bodies SET attachments = '{"a":{"content_type":"a/b","revpos":1,"digesu":"",'"""
        """ || '"length":0}}' WHERE key = 7"""
    ),
    "no tree": f"UPDATE docs SET tree = '[[\"1-a' WHERE docid = '{BROKEN}'",
    "a tree that is no UTF-8": (
        f"UPDATE docs SET tree = CAST(x'5BFF' AS TEXT) WHERE docid = '{BROKEN}'"
    ),
}
LOST_TREE = [kind for kind in DAMAGE if "tree" in kind]
each_kind = pytest.mark.parametrize("kind", DAMAGE)
a_few = pytest.mark.parametrize("kind", ["a wrong byte", "no UTF-8", "no body", "no tree"])
each_body = pytest.mark.parametrize("kind", [kind for kind in DAMAGE if kind not in LOST_TREE])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    made = tmp_path / "company"
    with closing(LiteServer(made / "store")) as server:
        for name in ("a", "b"):
            server.create(name)
            docs = [{"_id": f"doc-{at:03}", "n": at} for at in range(NUMBER)]
            server.database(name).bulk_docs(docs)
    return made


def damage(data: Path, kind: str) -> None:
    with closing(sqlite3.connect(data / "store" / "a.sqlite")) as conn:
        assert conn.execute(DAMAGE[kind]).rowcount == 1
        conn.commit()


@pytest.fixture
def server(data: Path) -> Iterator[LiteServer]:
    with closing(LiteServer(data / "store")) as opened:
        yield opened


def run(data: Path, *words: object) -> Result:
    return CliRunner().invoke(group, [str(word) for word in words], obj=data)


@each_body
def test_whoever_reads_it_is_told_which_it_is(data: Path, server: LiteServer, kind: str) -> None:
    damage(data, kind)
    db = server.database("a")
    whole = ViewOptions(include_docs=True)
    reads: list[Callable[[], object]] = [
        lambda: db.get(BROKEN),
        lambda: db.get(BROKEN, conflicts=True),
        lambda: db.open_revs(BROKEN, "all"),
        lambda: db.all_docs(whole),
        lambda: db.all_docs(ViewOptions(include_docs=True, keys=(BROKEN,))),
        lambda: db.changes(ChangesOptions(include_docs=True)),
        lambda: db.find(EVERY),
    ]
    for read in reads:
        with pytest.raises(DamagedDocument, match=BROKEN):
            read()
    assert db.get("doc-007")["n"] == 7
    assert len(db.all_docs()["rows"]) == NUMBER


@each_kind
def test_one_of_many_keeps_no_other_from_being_read(
    data: Path, server: LiteServer, kind: str
) -> None:
    damage(data, kind)
    results = server.database("a").bulk_get([{"id": "doc-005"}, {"id": BROKEN}])["results"]
    first, second = (result["docs"][0] for result in results)
    assert first["ok"]["n"] == 5
    assert (second["error"]["error"], second["error"]["id"]) == ("damaged_document", BROKEN)


@each_kind
def test_check_names_it_and_goes_on(data: Path, kind: str) -> None:
    damage(data, kind)
    result = run(data, "check", "--json")
    assert result.exit_code == 1, result.output
    first, second = json.loads(result.stdout)
    assert first["documents"] == NUMBER
    assert sum(BROKEN in problem for problem in first["problems"]) == 1
    assert (second["documents"], second["problems"]) == (NUMBER, [])
    assert "Damaged: a." in result.stderr


def test_check_names_it_beside_what_else_is_wrong(data: Path) -> None:
    damage(data, "a wrong byte")
    with closing(sqlite3.connect(data / "store" / "a.sqlite")) as conn:
        conn.execute("UPDATE state SET doc_del_count = 5")
        conn.commit()
    problems = json.loads(run(data, "check", "--json").stdout)[0]["problems"]
    assert sum(BROKEN in problem for problem in problems) == 1
    assert len(problems) == 2


def test_check_names_a_damaged_attachment_of_old_and_its_neighbours(
    data: Path, server: LiteServer
) -> None:
    server.database("a").put_attachment("with", "f", b"bytes", "text/plain", rev=None)
    damage(data, "no list of attachments")
    problems = json.loads(run(data, "check", "--json").stdout)[0]["problems"]
    assert len(problems) == 1
    assert BROKEN in problems[0]


@a_few
def test_a_copy_brings_all_others(data: Path, tmp_path: Path, kind: str) -> None:
    damage(data, kind)
    target = tmp_path / "again"
    result = run(data, "copy", data, target, "--database", "a", "--database", "b")
    assert (result.exit_code, BROKEN in result.stdout) == (1, True), result.output
    assert f"a: {NUMBER - 1} revisions carried" in result.stdout
    assert "Not the same on both sides: a." in result.stderr
    with closing(LiteServer(target / "store")) as copied:
        names = {row["id"] for row in copied.database("a").all_docs()["rows"]}
        assert len(names) == NUMBER - 1
        assert BROKEN not in names
        assert copied.database("b").info()["doc_count"] == NUMBER
    again = run(data, "copy", data, target, "--database", "a")
    assert (again.exit_code, BROKEN in again.stdout) == (1, True)


@each_kind
def test_a_replication_brings_all_others(data: Path, kind: str) -> None:
    damage(data, kind)
    result = run(data, "replicate", "a", "new", "--create-target")
    assert result.exit_code == 4, result.output
    assert f"{NUMBER - 1} written, 0 refused, 1 unreadable" in result.stdout
    assert BROKEN in result.stdout
    assert run(data, "check", "new").exit_code == 0


def test_a_damaged_page_takes_only_its_own_documents_with_it(data: Path) -> None:
    with closing(sqlite3.connect(data / "store" / "a.sqlite")) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        (size,) = conn.execute("PRAGMA page_size").fetchone()
    path = data / "store" / "a.sqlite"
    raw = bytearray(path.read_bytes())
    place = raw.index(b'{"n":150}') // size * size
    raw[place] = 0xEE  # what kind of page it is
    path.write_bytes(raw)
    result = run(data, "replicate", "a", "new", "--create-target", "--json")
    assert result.exit_code == 4, result.output
    told = json.loads(result.stdout)
    lost = {each["id"] for each in told["refused"]}
    assert "doc-150" in lost
    with closing(LiteServer(data / "store")) as server:
        kept = {row["id"] for row in server.database("new").all_docs()["rows"]}
    assert (len(kept | lost), kept & lost) == (NUMBER, set())
    assert kept
    checked = run(data, "check", "a")
    assert all(f"{docid} cannot be read" in checked.stdout for docid in lost)


def test_a_replication_from_a_node_brings_all_others(data: Path, tmp_path: Path) -> None:
    damage(data, "a wrong byte")
    with served_node(data / "store", LOGIN) as url:
        (tmp_path / "login").write_text(f"{LOGIN.user}:{LOGIN.password}")
        (tmp_path / "login").chmod(0o600)
        words = (f"{url}/a", "new", "--create-target", "--source-auth", tmp_path / "login")
        result = run(data, "replicate", *words)
    assert (result.exit_code, BROKEN in result.stdout) == (4, True), result.output
    assert f"{NUMBER - 1} written" in result.stdout


@a_few
def test_a_backup_tells_of_it_and_can_be_restored(data: Path, tmp_path: Path, kind: str) -> None:
    damage(data, kind)
    backup = tmp_path / "backup"
    result = run(data, "backup", backup, "a", "b")
    assert result.exit_code == 1, result.output
    assert BROKEN in result.stdout
    assert "sound" not in result.stdout
    assert "Damaged: a." in result.stderr
    restored = run(data, "restore", backup, "--force")
    assert (restored.exit_code, BROKEN in restored.stdout) == (1, True), restored.output
    with closing(LiteServer(data / "store")) as server:
        assert server.database("a").get("doc-007")["n"] == 7


@each_body
def test_a_view_is_built_without_it(
    data: Path, server: LiteServer, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    damage(data, kind)
    db = server.database("a")
    db.put(DESIGN)
    db.create_index({"index": {"fields": ["n"]}})
    with caplog.at_level(logging.ERROR):
        rows = db.view("d", "n")["rows"]
    assert len(rows) == NUMBER - 1
    assert BROKEN in caplog.text
    assert len(db.find(EVERY)["docs"]) == NUMBER - 1


@a_few
def test_compaction_passes_over_it(data: Path, server: LiteServer, kind: str) -> None:
    db = server.database("a")
    for docid in (BROKEN, "doc-007"):
        db.put({**db.get(docid), "again": True})
    damage(data, kind)
    db.compact()
    history = db.get("doc-007", revs_info=True)["_revs_info"]
    assert [each["status"] for each in history] == ["available", "missing"]


def test_it_can_be_purged(data: Path, server: LiteServer) -> None:
    damage(data, "no body")
    db = server.database("a")
    (rev,) = (row["value"]["rev"] for row in db.all_docs(ViewOptions(key=BROKEN))["rows"])
    assert db.purge({BROKEN: [rev]})["purged"] == {BROKEN: [rev]}
    assert run(data, "check", "a").exit_code == 0


def test_who_writes_many_is_told_of_one(data: Path, server: LiteServer) -> None:
    damage(data, "no tree")
    db: Database = server.database("a")
    docs = [{"_id": docid, "_rev": "2-b", "_revisions": {"start": 2, "ids": ["b", "a"]}}
            for docid in (BROKEN, "doc-007")]  # fmt: skip
    (row,) = db.bulk_docs(docs, new_edits=False)
    assert (row["id"], row["error"]) == (BROKEN, "damaged_document")
