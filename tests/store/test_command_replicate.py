"""`divan store replicate` as somebody at a terminal meets it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from store.api import Database
from store.command import store as group
from store.lite.server import LiteServer
from store.types import BasicAuth
from tests.store.nodes import served_node
from tests.store.sides import LOGIN
from tests.store.waiting import until


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    with closing(LiteServer(tmp_path / "store")) as server:
        server.create("source")
        database = server.database("source")
        database.bulk_docs([{"_id": f"doc-{at}", "n": at} for at in range(20)])
        small = "function (doc, req) { return doc.n < req.query.below; }"
        database.put({"_id": "_design/tools", "filters": {"small": small}})
    yield tmp_path


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(group, ["replicate", *words], obj=data)


def facts(result: Result) -> dict[str, object]:
    return dict(json.loads(result.stdout))


def count(data: Path, name: str) -> object:
    with closing(LiteServer(data / "store")) as server:
        return server.database(name).info()["doc_count"]


def test_one_database_to_another(data: Path) -> None:
    assert run(data, "source", "target").exit_code == 3
    result = run(data, "source", "target", "--create-target")
    assert result.exit_code == 0
    assert result.stdout == "source to target: 21 revisions looked at, 21 written, 0 refused\n"
    assert "0 revisions looked at" in run(data, "source", "target").stdout
    assert count(data, "target") == 21


def test_to_another_embedded_store(data: Path, tmp_path: Path) -> None:
    place = f"lite://{tmp_path}/elsewhere/copy"
    assert run(data, "source", place, "--create-target").exit_code == 0
    assert run(data, place, "back", "--create-target", "--json").exit_code == 0
    assert count(data, "back") == 21


def test_choices(data: Path) -> None:
    chosen = ["--create-target", "--json"]
    filtered = run(data, "source", "f", *chosen, "--filter", "tools/small", "--param", "below=3")
    assert facts(filtered)["history"][0]["docs_written"] == 3  # type: ignore[index]
    named = run(data, "source", "n", *chosen, "--doc-ids", "doc-1,doc-2,none")
    assert facts(named)["history"][0]["docs_written"] == 2  # type: ignore[index]
    for wrong in (
        ["--doc-ids", "a", "--filter", "tools/small"],
        ["--selector", "[]"],
        ["--selector", "{"],
        ["--filter", "tools/small", "--param", "below"],
    ):
        assert run(data, "source", "x", *wrong).exit_code == 2
    for name in ("tools/none", "none/small"):
        missing = run(data, "source", "f", "--filter", name)
        assert missing.exit_code == 3
        assert missing.stderr.startswith(f"divan: The source has no filter {name}")


def test_which_database_is_missing(data: Path, tmp_path: Path) -> None:
    far = f"lite://{tmp_path}/store/none"
    for pair in (("none", "source"), ("source", "none"), (far, "source"), ("source", far)):
        missing = run(data, *pair)
        assert missing.exit_code == 3
        assert missing.stderr.startswith(
            f"divan: There is no database {set(pair).difference(['source']).pop()}."
        )


def test_what_was_refused_is_named(data: Path) -> None:
    with closing(LiteServer(data / "store")) as server:
        server.create("strict")
        check = "function (doc) { if (doc.n === 7) throw({forbidden: 'no sevens'}); }"
        server.database("strict").put({"_id": "_design/check", "validate_doc_update": check})
    result = run(data, "source", "strict")
    assert result.exit_code == 4
    assert "doc-7" in result.stdout
    assert "no sevens" in result.stdout
    assert result.stderr == "divan: The target refused 1 revisions.\n"


def test_credentials_come_from_a_file_or_the_environment(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served_node(tmp_path / "far", LOGIN) as url:
        with closing(LiteServer(tmp_path / "far")) as far:
            far.create("db")
        assert run(data, "source", f"{url}/db").exit_code == 4
        login = f"{LOGIN.user}:{LOGIN.password}"
        monkeypatch.setenv("DIVAN_TARGET_AUTH", login)
        assert run(data, "source", f"{url}/db").exit_code == 0
        monkeypatch.delenv("DIVAN_TARGET_AUTH")
        file = tmp_path / "login"
        file.write_text(f"{login}\n")
        file.chmod(0o644)
        shown = run(data, f"{url}/db", "back", "--create-target", "--source-auth", str(file))
        assert shown.exit_code == 1
        assert "chmod 600" in shown.stderr
        file.chmod(0o600)
        back = run(data, f"{url}/db", "back", "--create-target", "--source-auth", str(file))
        assert back.exit_code == 0
        file.write_bytes("admin:müde".encode("latin-1"))
        odd = run(data, f"{url}/db", "back", "--source-auth", str(file))
        assert (odd.exit_code, odd.stderr) == (1, f"divan: {file} is no text in UTF-8.\n")
        inside = url.replace("//", f"//{BasicAuth('a', 'b').user}:b@") + "/db"
        refused = run(data, "source", inside)
        assert refused.exit_code == 1
        assert "which gets into logs" in refused.stderr


def test_continuous_until_ctrl_c(data: Path) -> None:
    command = [sys.executable, "-c", "from plugin.runtime.cli import main; main()"]
    command += ["--data", str(data), "store", "replicate", "source", "target"]
    with closing(LiteServer(data / "store")) as server:
        server.create("target")
        target: Database = server.database("target")
        with subprocess.Popen(
            [*command, "--continuous"],
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            text=True,
        ) as process:
            until(lambda: target.info()["doc_count"] == 21, seconds=60)
            server.database("source").put({"_id": "later"})
            until(lambda: target.info()["doc_count"] == 22)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=20)
        assert (process.returncode, said) == (130, "divan: stopped\n")
    assert "0 revisions looked at" in run(data, "source", "target").stdout
