"""`divan serve` as a process: a new office, an orderly end, one clear line where it cannot."""

import shutil
import signal
import socket
import subprocess
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.views.serving import PATIENCE, ROOT, divan, serving


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        divan(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def test_an_empty_directory_becomes_an_office_with_a_link_for_the_administrator(
    tmp_path: Path,
) -> None:
    with serving(tmp_path / "new") as served:
        with urlopen(f"{served.address}/health") as answer:
            assert answer.read() == b'{"status":"ok"}\n'
        link = next(line for line in served.lines if "/setup/" in line).rpartition(" ")[2]
        assert link.startswith(served.address)
        with urlopen(link) as answer:
            assert "first administrator" in answer.read().decode()
    assert (tmp_path / "new" / "divan.json").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_in_order_with_its_services(
    template: Path, tmp_path: Path, number: signal.Signals
) -> None:
    data = tmp_path / "data"
    shutil.copytree(template, data)
    with serving(data) as served:
        assert not any("/setup/" in line for line in served.lines)
        assert served.stop(number) == 0
        assert served.ended.wait(PATIENCE)
    assert served.lines[-1] == "Divan has stopped."
    assert not any("Traceback" in line for line in served.lines)


def test_a_port_in_use_is_one_clear_line(template: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(template, data)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--data", str(data), "serve", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr.startswith(f"divan: Port {port} of 127.0.0.1 cannot be used")
    assert "--port" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_directory_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    done = run("--data", str(tmp_path), "serve", "--port", "0")
    assert done.returncode == 1
    assert "is not empty" in done.stderr
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_another_format_is_refused(tmp_path: Path) -> None:
    text = '{"format": 99, "kind": "office", "id": "x"}'
    (tmp_path / "divan.json").write_text(text, encoding="utf-8")
    done = run("--data", str(tmp_path), "serve", "--port", "0")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "divan.json").read_text(encoding="utf-8") == text
