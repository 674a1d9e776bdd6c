"""`divan mail` on the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mailbridge.service import Bridge
from plugin import Office, notify
from plugin.runtime.cli import run
from tests.mailbridge.smtp_server import SmtpServer

OpenOffice = Callable[..., Office]


def test_run_once_delivers_and_says_what(
    open_office: OpenOffice, data: Path, smtp: SmtpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    notify(open_office(), kind="note", key="1", to="bo.chen", values={"subject": "S"})
    assert run(["--data", str(data), "mail", "run", "--once", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["tried"] == 2
    assert facts["notices"]["sent"] == 1
    assert len(smtp.taken) == 1


def test_run_once_beside_a_running_bridge_says_so(
    open_office: OpenOffice, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = open_office()
    other = Bridge(office)
    other.start()
    while other.lease.current() is None:
        office.coordination.wait_for_change(office.coordination.info()["update_seq"], 0.05)
    try:
        assert run(["--data", str(data), "mail", "run", "--once"]) == 1
    finally:
        other.stop()
    said = capsys.readouterr().err
    assert said.startswith("divan: Another bridge runs already")
    assert said.count("\n") == 1


def test_check_tries_the_mail_server_and_sends_nothing(
    open_office: OpenOffice, data: Path, smtp: SmtpServer, capsys: pytest.CaptureFixture[str]
) -> None:
    notify(open_office(), kind="note", key="1", to="bo.chen", values={"subject": "S"})
    assert run(["--data", str(data), "mail", "check", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["notices"]["waiting"] == 1
    assert facts["smtp"].startswith("250")
    assert smtp.taken == []
    smtp.down()
    assert run(["--data", str(data), "mail", "check"]) == 1
    assert "cannot be used: connecting" in capsys.readouterr().err


def test_without_a_mail_server_the_mailbox_in_divan_is_enough(
    open_office: OpenOffice,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("DIVAN_SMTP_URL")
    notify(open_office(), kind="note", key="1", to="bo.chen", values={"subject": "S"})
    assert run(["--data", str(data), "mail", "run", "--once", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["notices"]["sent"] == 1
    assert run(["--data", str(data), "mail", "check"]) == 0
    assert "smtp: not configured" in capsys.readouterr().out


def test_a_laptop_delivers_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Office.create(tmp_path / "laptop", kind="laptop").close()
    assert run(["--data", str(tmp_path / "laptop"), "mail", "run", "--once"]) == 1
    assert "delivered at the office" in capsys.readouterr().err
