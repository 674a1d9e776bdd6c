"""`divan store backup` and `restore`: online, whole or not there, and never skipped afterwards."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from store.command import store as group
from store.lite import LiteServer
from store.replication import replicate
from store.types import ChangesOptions, ViewOptions

VIEWS = {"all": {"map": "function (doc) { emit(doc.n, 1); }", "reduce": "_count"}}

SLOW_COMMAND = """
import sys
from pathlib import Path
from store.command import store
from store.lite import copies
copies.STEP_PAGES = 1
def slowly(self, what, done, whole):
    print(what, done, flush=True)
    sys.stdin.readline()
from store.command.progress import Line
Line.share = slowly
store(obj=Path(sys.argv[1]), args=sys.argv[2:])
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    made = tmp_path / "company"
    (made / "secrets").mkdir(parents=True)
    (made / "divan.json").write_text('{"format": 1}')
    (made / "secrets" / "session_key").write_text("secret")
    (made / "secrets" / "session_key").chmod(0o600)
    with closing(LiteServer(made / "store")) as server:
        for name in ("one", "two/three"):
            server.create(name)
        db = server.database("one")
        db.put({"_id": "_design/d", "views": VIEWS})
        db.bulk_docs([{"_id": f"d{at}", "n": at, "text": "x" * 300} for at in range(200)])
        db.put_attachment("f", "file", b"bytes" * 1000, "text/plain", rev=None)
        db.view("d", "all")
        db.put_local({"_id": "_local/checkpoint", "seq": 7})
    return made


def run(data: Path, *words: object) -> Result:
    return CliRunner().invoke(group, [str(word) for word in words], obj=data)


def ids(data: Path, name: str) -> list[str]:
    with closing(LiteServer(data / "store")) as server:
        return [row["id"] for row in server.database(name).all_docs()["rows"]]


def test_a_restored_directory_is_what_was_backed_up(data: Path, tmp_path: Path) -> None:
    backup, again = tmp_path / "backup", tmp_path / "again"
    told = run(data, "backup", backup)
    assert told.exit_code == 0, told.output
    assert "one: 202 documents" in told.stdout
    assert {path.name for path in backup.iterdir()} == {
        "backup.json", "divan.json", "secrets", "store",
    }  # fmt: skip
    assert (backup.stat().st_mode & 0o777, (backup / "secrets").stat().st_mode & 0o777) == (
        0o700,
        0o700,
    )
    assert run(again, "restore", backup).exit_code == 0
    assert (again / "secrets" / "session_key").read_text() == "secret"
    assert (again / "secrets" / "session_key").stat().st_mode & 0o777 == 0o600
    assert not (again / "backup.json").exists()
    assert run(again, "check").exit_code == 0
    with closing(LiteServer(again / "store")) as server:
        assert server.all_dbs() == ["one", "two/three"]
        db = server.database("one")
        assert db.get_attachment("f", "file").data == b"bytes" * 1000
        assert db.get_local("_local/checkpoint")["seq"] == 7
        assert db.view("d", "all", ViewOptions(reduce=True))["rows"][0]["value"] == 201
    assert ids(again, "one") == ids(data, "one")


def test_every_path_may_be_relative(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    company, backup, again = Path("company"), Path("deep/backup"), Path("again")
    assert run(company, "backup", backup).exit_code == 0
    assert run(again, "restore", backup).exit_code == 0
    assert run(again, "restore", backup, "one", "--force").exit_code == 0
    assert ids(again, "one") == ids(data, "one")
    assert run(again, "check", "--indexes").exit_code == 0
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert run(Path("../company"), "backup", ".").exit_code == 0
    assert (tmp_path / "empty" / "backup.json").exists()


@pytest.mark.skipif(os.name != "posix", reason="stops by SIGINT")
def test_a_backup_that_was_stopped_leaves_no_folder_on_the_way(data: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    cut(data, ["backup", str(tmp_path / "there" / "deep" / "er" / "backup")], signal.SIGINT)
    assert list((tmp_path / "there").iterdir()) == []


def test_what_is_written_after_a_restore_is_skipped_by_nobody(data: Path, tmp_path: Path) -> None:
    run(data, "backup", tmp_path / "backup")
    with closing(LiteServer(data / "store")) as server, closing(LiteServer(tmp_path / "l")) as own:
        db = server.database("one")
        db.bulk_docs([{"_id": f"later{at}"} for at in range(50)])
        own.create("laptop")
        laptop = own.database("laptop")
        replicate(db, laptop, replication_id="pull")
        seen = db.info()["update_seq"]
        assert run(data, "restore", tmp_path / "backup", "one", "--force").exit_code == 0
        assert [row["id"] for row in db.changes(ChangesOptions(since=seen))["results"]] == ["f"]
        db.put({"_id": "new"})
        assert [row["id"] for row in db.changes(ChangesOptions(since=seen))["results"]] == [
            "f",
            "new",
        ]
        replicate(db, laptop, replication_id="pull")
        assert laptop.get("new")["_id"] == "new"
        assert db.view("d", "all", ViewOptions(reduce=True))["rows"][0]["value"] == 202


def test_who_waits_hears_of_a_restore(data: Path, tmp_path: Path) -> None:
    run(data, "backup", tmp_path / "backup")
    with closing(LiteServer(data / "store")) as server:
        db = server.database("one")
        seq, woken = db.info()["update_seq"], list[bool]()
        waiter = threading.Thread(target=lambda: woken.append(db.wait_for_change(seq, 20.0)))
        waiter.start()
        assert run(data, "restore", tmp_path / "backup", "one", "--force").exit_code == 0
        waiter.join()
    assert woken == [True]


def test_a_backup_holds_one_state_while_others_write(data: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    with closing(LiteServer(data / "store")) as server:
        db = server.database("one")

        def write() -> None:
            batch = 0
            while not stop.is_set():
                db.bulk_docs([{"_id": f"b{batch}.{at}"} for at in range(3)])
                batch += 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for at in range(3):
                assert run(data, "backup", tmp_path / f"backup{at}").exit_code == 0
        finally:
            stop.set()
            writer.join()
    for at in range(3):
        again = tmp_path / f"again{at}"
        assert run(again, "restore", tmp_path / f"backup{at}").exit_code == 0
        assert run(again, "check").exit_code == 0
        assert sum(docid.startswith("b") for docid in ids(again, "one")) % 3 == 0


def test_some_databases_alone(data: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    assert run(data, "backup", backup, "one").exit_code == 0
    assert sorted(path.name for path in backup.iterdir()) == ["backup.json", "store"]
    assert run(tmp_path / "new", "restore", backup).exit_code == 4
    some = run(tmp_path / "new", "restore", backup, "one")
    assert (some.exit_code, some.stderr.count("\n")) == (3, 1)
    assert "without naming databases" in some.stderr
    assert not (tmp_path / "new").exists()
    assert run(data, "restore", backup, "two/three").exit_code == 3
    with closing(LiteServer(data / "store")) as server:
        server.delete("one")
    assert run(data, "restore", backup).exit_code == 0
    assert len(ids(data, "one")) == 202


def test_nothing_is_replaced_without_being_told(data: Path, tmp_path: Path) -> None:
    run(data, "backup", tmp_path / "backup")
    with closing(LiteServer(data / "store")) as server:
        server.database("one").put({"_id": "later"})
        server.delete("two/three")
    refused = run(data, "restore", tmp_path / "backup")
    assert refused.exit_code == 4
    assert refused.stderr == "divan: one: there already. With --force they are replaced.\n"
    assert "later" in ids(data, "one")
    assert run(data, "info", "two/three").exit_code == 3, "nothing was restored"
    assert run(data, "restore", tmp_path / "backup", "--force").exit_code == 0
    assert "later" not in ids(data, "one")
    assert ids(data, "two/three") == []


@pytest.mark.parametrize("place", ["full", "inside"])
def test_where_no_backup_is_made(data: Path, tmp_path: Path, place: str) -> None:
    target = data / "backup" if place == "inside" else tmp_path / "full"
    if place == "full":
        target.mkdir()
        (target / "something").touch()
    before = sorted(data.rglob("*"))
    refused = run(data, "backup", target)
    assert (refused.exit_code, refused.stderr.count("\n")) == (4, 1)
    assert sorted(data.rglob("*")) == before


@pytest.mark.parametrize("damage", ["flipped", "cut", "missing", "no manifest", "bad manifest"])
def test_a_damaged_backup_is_not_restored(data: Path, tmp_path: Path, damage: str) -> None:
    backup, again = tmp_path / "backup", tmp_path / "again"
    run(data, "backup", backup)
    file = backup / "store" / "one.sqlite"
    if damage == "flipped":
        with file.open("r+b") as opened:
            opened.seek(5000)
            opened.write(b"\xff")
    elif damage == "cut":
        os.truncate(file, 8192)
    elif damage == "missing":
        file.unlink()
    elif damage == "no manifest":
        (backup / "backup.json").unlink()
    else:
        told = json.loads((backup / "backup.json").read_text())
        told["files"][0]["path"] = "../../outside"
        (backup / "backup.json").write_text(json.dumps(told))
    for words in (("restore", backup), ("restore", backup, "one", "--force")):
        refused = run(again if len(words) == 2 else data, *words)
        assert refused.exit_code in (1, 3)
        assert refused.stderr.count("\n") == 1
    assert not again.exists()
    assert run(data, "check").exit_code == 0


@pytest.mark.parametrize("damage", ["no database", "torn pages"])
def test_a_damaged_database_is_replaced(data: Path, tmp_path: Path, damage: str) -> None:
    run(data, "backup", tmp_path / "backup")
    file = data / "store" / "one.sqlite"
    if damage == "no database":
        file.write_bytes(b"nothing of the kind" * 5000)
    else:
        with file.open("r+b") as opened:
            for page in range(2, 12):
                opened.seek(page * 4096)
                opened.write(os.urandom(4096))
    checked = run(data, "check")
    assert checked.exit_code == 1
    assert "two/three: sound" in checked.stdout, "the others are read all the same"
    assert run(data, "restore", tmp_path / "backup", "one", "--force").exit_code == 0
    assert run(data, "check").exit_code == 0
    assert len(ids(data, "one")) == 202
    aside = list((data / "store").glob("one.sqlite.damaged-*"))
    assert len(aside) == (damage == "no database"), "what cannot be written to is kept"


def test_a_damaged_database_is_told_and_keeps_no_other_back(data: Path, tmp_path: Path) -> None:
    (data / "store" / "one.sqlite").write_bytes(b"nothing of the kind" * 5000)
    told = run(data, "backup", tmp_path / "backup")
    assert (told.exit_code, told.stderr) == (
        1,
        "divan: Damaged: one. They were copied as they are.\n",
    )
    assert run(data, "restore", tmp_path / "backup", "one", "--force").exit_code == 1
    again = run(tmp_path / "again", "restore", tmp_path / "backup")
    assert again.stderr == "divan: Damaged before the backup was made: one.\n"
    assert ids(tmp_path / "again", "two/three") == []


@pytest.mark.skipif(os.name != "posix", reason="kills by SIGKILL")
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("command", ["backup", "restore", "replace"])
def test_a_cut_leaves_nothing_half(
    data: Path, tmp_path: Path, command: str, ending: signal.Signals
) -> None:
    backup, again = tmp_path / "backup", tmp_path / "again"
    if command != "backup":
        run(data, "backup", backup)
    where = again if command == "restore" else data
    words = ["backup"] if command == "backup" else ["restore"]
    words += [str(backup), *(["one", "--force"] if command == "replace" else [])]
    cut(where, words, ending)
    if command == "backup":
        assert not backup.exists()
    elif command == "restore":
        assert not again.exists()
    else:
        assert len(ids(data, "one")) == 202
    assert run(data, "check").exit_code == 0
    assert run(where, *words).exit_code == 0, "and it can be done again"
    assert not list(tmp_path.glob(".*.unfinished"))
    assert {path.name for path in (data / "store").glob("*sqlite*")} == {
        "one.sqlite", "two%2Fthree.sqlite",
    }  # fmt: skip


def cut(data: Path, words: list[str], ending: signal.Signals) -> None:
    command = [sys.executable, "-c", SLOW_COMMAND, str(data), *words]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        for line in process.stdout:
            if line.startswith("one "):
                break
            process.stdin.write("\n")
            process.stdin.flush()
        process.send_signal(ending)
        process.stdin.close()
    assert process.returncode != 0


def test_check_finds_what_no_reader_sees(data: Path) -> None:
    with closing(sqlite3.connect(data / "store" / "one.sqlite")) as conn, conn:
        conn.execute("INSERT INTO bodies (body) VALUES ('{}')")
        conn.execute("UPDATE state SET doc_del_count = 5")
        conn.execute("UPDATE docs SET losers = '[[\"1-abc\",0]]' WHERE docid = 'd7'")
        conn.execute("DELETE FROM uses")
    told = run(data, "check", "one", "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)[0]["problems"] == [
        "It says that 5 are deleted, but 0 are.",
        "The conflicts of d7 are not those of its revisions.",
        "1 bodies belong to no document.",
        "1 attachments have lost their bytes.",
        "The bytes of 1 attachments belong to no document.",
        "Revision 1-abc of d7 is missing.",
    ]


def test_check_compares_indexes_where_it_is_asked_to(data: Path) -> None:
    assert run(data, "check", "--indexes").exit_code == 0
    (index,) = (data / "store" / "one.indexes").glob("*.sqlite")
    with closing(sqlite3.connect(index)) as conn, conn:
        assert conn.execute("UPDATE rows_0 SET v = '2' WHERE k = '9'").rowcount == 1
    assert run(data, "check").exit_code == 0
    told = run(data, "check", "--indexes")
    assert told.exit_code == 1
    assert "The index of d/all is not what the documents give: row 11." in told.stdout


@pytest.fixture(autouse=True)
def nothing_else_is_left(tmp_path: Path) -> Iterator[None]:
    yield
    assert not list(tmp_path.rglob("*.new-*"))
