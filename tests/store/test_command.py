"""`divan store …` as somebody at a terminal meets it."""

import http.client
import io
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner, Result

from store.command import store as group
from store.command.progress import Line
from store.couch.opening import open_couch
from store.lite.server import LiteServer
from store.types import BasicAuth


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    server = LiteServer(tmp_path / "store")
    for name in ("one", "two"):
        server.create(name)
    database = server.database("one")
    rev = database.put({"_id": "a", "text": "x" * 5000})
    database.put({"_id": "a", "_rev": rev, "text": "y"})
    database.put_attachment("b", "f", b"bytes", "text/plain", rev=None)
    server.close()
    yield tmp_path


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(group, list(words), obj=data)


def test_info(data: Path) -> None:
    facts = json.loads(run(data, "info", "--json").stdout)
    assert [(each["db_name"], each["doc_count"]) for each in facts] == [("one", 2), ("two", 0)]
    table = run(data, "info", "one").stdout
    assert "one" in table
    assert "two" not in table


def test_check_of_a_sound_store(data: Path) -> None:
    result = run(data, "check", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)[0] == {
        "database": "one",
        "documents": 2,
        "revisions": 2,
        "attachments": 1,
        "problems": [],
    }
    assert "sound" in run(data, "check").stdout


def test_check_finds_a_damaged_attachment(data: Path) -> None:
    with sqlite3.connect(data / "store" / "one.sqlite") as conn:
        tables = [row[0] for row in conn.execute("SELECT name FROM sqlite_master")]
        held = [
            (table, column[1])
            for table in tables
            for column in conn.execute(f"PRAGMA table_info({table})")
            if column[2].upper() == "BLOB"
        ]
        changed = [
            conn.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", values).rowcount
            for table, column in held
            for values in [(b"BYTES", b"bytes")]
        ]
    conn.close()
    assert sum(changed) == 1
    result = run(data, "check")
    assert result.exit_code == 1
    assert "DAMAGED" in result.stdout
    assert "Attachment f of b" in result.stdout
    assert result.stderr.startswith("divan: Damaged: one.")


def test_check_goes_on_after_a_file_that_is_none(data: Path) -> None:
    (data / "store" / "one.sqlite").write_bytes(b"no database" * 1000)
    result = run(data, "check", "--json")
    assert result.exit_code == 1
    first, second = json.loads(result.stdout)
    assert first["problems"]
    assert second["problems"] == []


def test_compact(data: Path) -> None:
    result = run(data, "compact", "--json")
    assert result.exit_code == 0
    assert [each["database"] for each in json.loads(result.stdout)] == ["one", "two"]
    server = LiteServer(data / "store")
    history = server.database("one").get("a", revs_info=True)["_revs_info"]
    server.close()
    assert [each["status"] for each in history] == ["available", "missing"]


@pytest.mark.parametrize("command", ["info", "check", "compact"])
def test_unknown_database(data: Path, command: str) -> None:
    result = run(data, command, "three")
    assert (result.exit_code, result.stderr) == (3, "divan: There is no database three.\n")


@pytest.mark.parametrize("command", ["info", "check", "compact"])
def test_no_data_directory(tmp_path: Path, command: str) -> None:
    result = run(tmp_path / "none", command)
    assert result.exit_code == 3
    assert result.stderr.startswith("divan: ")
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "none").exists()


def test_serve_makes_a_store_where_there_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for data in (tmp_path / "new" / "company", tmp_path / "empty"):
        with serving(data) as (_, facts):
            server = open_couch(facts["url"], BasicAuth(facts["user"], facts["password"]))
            server.create("notes")
            server.close()
        facts = json.loads(run(data, "info", "notes", "--json").stdout)
        assert [each["db_name"] for each in facts] == ["notes"]


def test_serve_makes_none_beside_something_else(tmp_path: Path) -> None:
    (tmp_path / "letter").touch()
    result = run(tmp_path, "serve")
    assert (result.exit_code, result.stderr.count("\n")) == (3, 1)
    assert "holds something else" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter"]


def test_port_in_use(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run(data, "serve", "--port", str(port))
    assert result.exit_code == 1
    assert f"Port {port}" in result.stderr


@contextmanager
def serving(data: Path) -> Iterator[tuple["subprocess.Popen[str]", dict[str, str]]]:
    """`divan store serve` as a process of its own, and the facts that it printed."""
    code = (
        f"from pathlib import Path; from store.command import store; store(obj=Path({str(data)!r}))"
    )
    command = [sys.executable, "-c", code, "serve", "--port", "0", "--json"]
    environ = {key: text for key, text in os.environ.items() if key != "DIVAN_STORE_PASSWORD"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.terminate()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_serve_asks_for_the_password_it_printed(data: Path, ending: signal.Signals) -> None:
    with serving(data) as (process, facts):
        server = open_couch(facts["url"], BasicAuth(facts["user"], facts["password"]))
        assert server.all_dbs() == ["one", "two"]
        server.close()
        process.send_signal(ending)
        assert process.wait(20) == 0


def test_serve_takes_the_password_that_was_set(data: Path) -> None:
    with serving(data) as (_, facts):
        login = BasicAuth(facts["user"], facts["password"])
        _put(facts["url"], login, "_node/_local/_config/admins/admin", "chosen")
    with serving(data) as (_, facts):
        assert "password" not in facts
        server = open_couch(facts["url"], BasicAuth(facts["user"], "chosen"))
        assert server.all_dbs() == ["one", "two"]
        server.close()


def _put(url: str, login: BasicAuth, path: str, value: str) -> None:
    pair = b64encode(f"{login.user}:{login.password}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}"}
    body = json.dumps(value).encode()
    with urlopen(Request(url + path, body, headers, method="PUT"), timeout=20) as answer:
        assert answer.status == 200


def test_serve_ends_though_a_feed_waits(data: Path) -> None:
    with serving(data) as (process, facts):
        host = facts["url"].removeprefix("http://").strip("/")
        feed = http.client.HTTPConnection(host, timeout=20)
        login = b64encode(f"{facts['user']}:{facts['password']}".encode()).decode()
        headers = {"Authorization": f"Basic {login}"}
        feed.request("GET", "/one/_changes?feed=longpoll&since=now&heartbeat=60000", None, headers)
        assert feed.getresponse().status == 200
        process.terminate()
        assert process.wait(20) == 0
        feed.close()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_long_command_tells_a_terminal_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    line = Line()
    line.share("tracking", 50, 200)
    line.share("tracking", 51, 200)
    line.clear()
    assert "tracking: 25 %" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\033[K")
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    Line().share("tracking", 50, 200)
    assert sys.stderr.getvalue() == ""
