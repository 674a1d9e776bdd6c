"""The command line: what it prints, its exit codes, and what it leaves in the data directory."""

import io
import json
import shutil
import signal
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from acl import Level
from plugin.runtime import cli
from plugin.runtime.agents.runner import AgentRunner
from plugin.runtime.cli import FAILED, NOT_FOUND, USAGE
from plugin.runtime.office import Office

COMMANDS = [
    "acl",
    "agents",
    "demo",
    "design",
    "export",
    "full-access",
    "handover",
    "import",
    "mail",
    "replica",
    "search",
    "serve",
    "sessions",
    "store",
    "user",
]
MAIN = "from plugin.runtime.cli import main; main()"


class Divan:
    """Runs command lines on one data directory."""

    def __init__(self, data: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.data = data
        self._capture = capture

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        code = cli.run(["--data", str(self.data), *arguments])
        captured = self._capture.readouterr()
        return code, captured.out, captured.err

    def facts(self, *arguments: str) -> Any:
        """What `--json` prints; the command must succeed."""
        code, out, err = self(*arguments, "--json")
        assert (code, err) == (0, "")
        return json.loads(out)

    def fails(self, code: int, *arguments: str) -> str:
        """The one line on stderr; nothing may stand on stdout."""
        found, out, err = self(*arguments)
        assert (found, out) == (code, "")
        assert err.startswith("divan: ")
        assert err.count("\n") == 1
        return err


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("office") / "data"
    Office.create(data).close()
    return data


@pytest.fixture
def divan(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Divan:
    return Divan(Path(shutil.copytree(made, tmp_path / "data")), capsys)


def test_all_commands_are_there(divan: Divan) -> None:
    code, out, _ = divan("--help")
    assert code == 0
    listed = out.partition("Commands:")[2].splitlines()
    assert [line.split()[0] for line in listed if line.strip()] == COMMANDS
    assert "cannot be loaded" not in out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(divan: Divan, command: str) -> None:
    code, out, err = divan(command, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: divan {command}")


def test_wrong_command_lines_end_with_2_and_say_where_help_is(divan: Divan) -> None:
    assert "--help" in divan.fails(USAGE, "nonsense")
    assert "divan user list --help" in divan.fails(USAGE, "user", "list", "--nonsense")
    code, out, err = divan("acl")
    assert (code, out) == (USAGE, "")
    assert "effective" in err


def test_a_directory_that_is_no_data_directory_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = Divan(tmp_path / "nothing", capsys)
    assert "nothing" in empty.fails(FAILED, "user", "list")
    assert not (tmp_path / "nothing").exists()
    (tmp_path / "file").write_text("x")
    assert "file" in Divan(tmp_path / "file", capsys).fails(USAGE, "user", "list")


def test_a_command_that_cannot_be_imported_is_named_when_it_is_called(
    divan: Divan, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = {
        "broken": EntryPoint("broken", "plugin.no_such_module:command", cli.GROUP),
        "wrong": EntryPoint("wrong", "plugin.runtime.cli:GROUP", cli.GROUP),
    }
    monkeypatch.setattr(cli, "_points", lambda: points)
    assert divan("--help")[0] == 0
    message = divan.fails(FAILED, "broken", "--anything", "at all")
    assert "broken" in message
    assert "no_such_module" in message
    assert "no command" in divan.fails(FAILED, "wrong")


def test_a_person_is_added_and_chooses_a_password_by_the_link(divan: Divan) -> None:
    facts = divan.facts("user", "add", "anna.snelling", "--name-zh", "安娜", "--admin")
    assert facts["link"].startswith("http://127.0.0.1:8000/invite/")
    with Office.open(divan.data) as office:
        secret = facts["link"].rpartition("/")[2]
        assert office.credentials.accept(secret, "correct horse") == "anna.snelling"
        session = office.session(office.directory.identity("anna.snelling"))
        assert session.database("settings").access.level is Level.MANAGER
        assert office.server.exists("mail_anna_snelling")
    listed = divan.facts("user", "list")
    assert [(one["name"], one["password"]) for one in listed] == [("anna.snelling", True)]
    assert "anna.snelling" in divan("user", "list")[1]


def test_a_name_is_given_once_for_ever(divan: Divan) -> None:
    divan.facts("user", "add", "anna")
    assert "anna" in divan.fails(FAILED, "user", "add", "anna")
    assert divan("user", "leave", "anna")[0] == 0
    assert "anna" in divan.fails(FAILED, "user", "add", "anna")
    assert divan.facts("user", "list") == []
    assert [one["active"] for one in divan.facts("user", "list", "--all")] == [False]


def test_a_deleted_name_is_not_given_again(divan: Divan) -> None:
    divan.facts("user", "add", "anna")
    with Office.open(divan.data) as office:
        settings = office.system().database("settings")
        settings.delete("person:anna", settings.open("person:anna").rev)
    assert "taken" in divan.fails(FAILED, "user", "add", "anna")


@pytest.mark.parametrize("name", ["leaders", "all-staff", "divan-server"])
def test_a_person_cannot_have_the_name_of_a_group_or_server(divan: Divan, name: str) -> None:
    assert "taken" in divan.fails(FAILED, "user", "add", name)


@pytest.mark.parametrize("name", ["Anna Snelling", "[Admin]", "a/b"])
def test_a_bad_name_is_refused(divan: Divan, name: str) -> None:
    divan.fails(FAILED, "user", "add", name)
    assert divan.facts("user", "list", "--all") == []


def test_nobody_is_not_found(divan: Divan) -> None:
    for command in ("invite", "password", "leave", "tokens"):
        assert "nobody" in divan.fails(NOT_FOUND, "user", command, "nobody")


def test_a_password_comes_from_standard_input(
    divan: Divan, monkeypatch: pytest.MonkeyPatch
) -> None:
    divan.facts("user", "add", "anna")
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
    assert "10" in divan.fails(FAILED, "user", "password", "anna")
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse\n"))
    code, out, err = divan("user", "password", "anna")
    assert (code, out) == (0, "")
    assert "correct horse" not in err
    with Office.open(divan.data) as office:
        assert office.credentials.check("anna", "correct horse")


def test_who_leaves_can_do_nothing_any_more(divan: Divan) -> None:
    divan.facts("user", "add", "anna")
    with Office.open(divan.data) as office:
        office.credentials.set_password("anna", "correct horse")
        secret = office.credentials.issue_token("anna", label="ThinkPad")
    assert divan("user", "leave", "anna")[0] == 0
    with Office.open(divan.data) as office:
        assert not office.credentials.check("anna", "correct horse")
        assert office.credentials.check_token(secret) is None


def test_a_laptop_is_revoked_by_the_first_letters_of_its_token(divan: Divan) -> None:
    divan.facts("user", "add", "anna")
    assert divan.facts("user", "tokens", "anna") == []
    with Office.open(divan.data) as office:
        secret = office.credentials.issue_token("anna", label="ThinkPad")
    (token,) = divan.facts("user", "tokens", "anna")
    assert token["label"] == "ThinkPad"
    divan.fails(FAILED, "user", "revoke", "anna", "zz")
    assert divan("user", "revoke", "anna", token["id"][:8])[0] == 0
    with Office.open(divan.data) as office:
        assert office.credentials.check_token(secret) is None


def test_an_acl_is_shown_and_changed_with_effect_at_once(divan: Divan) -> None:
    divan.facts("user", "add", "anna")
    entry = divan.facts(
        "acl", "set", "tracking", "anna", "--level", "editor", "--type", "person",
        "--allow", "delete", "--role", "[Tester]",
    )  # fmt: skip
    assert entry == {
        "name": "anna",
        "type": "person",
        "level": "Editor",
        "privileges": ["delete"],
        "roles": ["[Tester]"],
    }
    shown = divan.facts("acl", "show", "tracking")
    assert entry in shown["entries"]
    assert "[Tester]" in shown["roles"]
    facts = divan.facts("acl", "effective", "tracking", "anna")
    assert (facts["level"], facts["roles"]) == ("Editor", ["[Tester]"])
    assert facts["why"] == ['The entry "anna" names the person: Editor.']
    assert facts["actions"]["create"]["allowed"]
    assert not facts["actions"]["manage"]["allowed"]
    divan.facts("acl", "set", "tracking", "anna", "--level", "No Access", "--deny", "delete",
                "--no-role", "[Tester]")  # fmt: skip
    facts = divan.facts("acl", "effective", "tracking", "anna")
    assert (facts["level"], facts["privileges"]) == ("No Access", [])
    divan.facts("acl", "set", "tracking", "anna", "--remove")
    assert "anna" not in divan("acl", "show", "tracking")[1]


def test_a_change_of_an_acl_is_told_before_it_is_done(divan: Divan) -> None:
    divan.facts("user", "add", "anna")
    asked = ("acl", "set", "tracking", "anna", "--level", "Reader")
    before = divan.facts("acl", "show", "tracking")
    found = divan.facts(*asked, "--dry-run")
    assert found["changes"] == ['"anna" was added: Reader.']
    (person,) = found["people"]
    assert (person["name"], person["after"]["level"]) == ("anna", "Reader")
    assert "Persons whose access changes: 1" in divan(*asked, "--dry-run")[1]
    assert divan.facts("acl", "show", "tracking") == before
    divan.facts(*asked)
    assert divan.facts("acl", "log", "tracking")[0]["changes"] == found["changes"]
    assert divan("acl", "log", "tracking", "--limit", "0")[1] == "Nobody changed it yet.\n"


def test_a_person_is_shown_in_all_databases_and_on_a_document(divan: Divan) -> None:
    divan.facts("user", "add", "anna")
    found = divan.facts("acl", "person", "anna")
    assert found["tracking"]["level"] == "Author"
    assert found["mail_anna"]["why"] == ['The entry "anna" names the person: Manager.']
    assert "mail_anna                Manager" in divan("acl", "person", "anna")[1]
    why = divan.facts("acl", "why", "settings", "person:anna", "anna")
    assert why["actions"]["read"]["allowed"]
    assert why["branches"][0]["authors"][0]["means"] == []
    assert (
        "authors administrators: [Admin] = "
        in divan("acl", "why", "settings", "person:anna", "anna")[1]
    )
    divan.fails(NOT_FOUND, "acl", "why", "settings", "person:nobody", "anna")
    divan.fails(NOT_FOUND, "acl", "person", "nobody")


def test_the_last_administrator_cannot_leave(divan: Divan) -> None:
    divan.facts("user", "add", "rita", "--admin")
    told = divan.fails(FAILED, "user", "leave", "rita")
    assert "Make somebody else Manager there first." in told
    mistyped = ("acl", "set", "tracking", "administrators", "--type", "person")
    for options in ((), ("--dry-run",)):
        assert "no active person is Manager" in divan.fails(FAILED, *mistyped, *options)
    divan.facts("user", "add", "otto", "--admin")
    assert divan("user", "leave", "rita")[0] == 0


def test_what_makes_no_sense_in_an_acl_is_refused_and_nothing_changes(divan: Divan) -> None:
    before = divan.facts("acl", "show", "settings")
    assert "Manager" in divan.fails(FAILED, "acl", "set", "settings", "administrators", "--remove")
    wrong = ("--level", "Reader", "--allow", "delete")
    assert "Delete" in divan.fails(FAILED, "acl", "set", "settings", "anna", *wrong)
    assert "Designer" in divan.fails(USAGE, "acl", "set", "settings", "anna", "--level", "King")
    divan.fails(NOT_FOUND, "acl", "set", "settings", "anna", "--remove")
    divan.fails(NOT_FOUND, "acl", "show", "nothing")
    divan.fails(NOT_FOUND, "acl", "show", "credentials")
    divan.fails(NOT_FOUND, "acl", "effective", "settings", "nobody")
    assert divan.facts("acl", "show", "settings") == before


def test_effective_tells_of_one_document_why_it_is_closed(divan: Divan) -> None:
    divan.facts("user", "add", "anna")
    divan.facts("acl", "set", "settings", "anna", "--level", "Author")
    asked = ("acl", "effective", "settings", "anna", "--document", "person:anna")
    actions = divan.facts(*asked)["actions"]
    assert actions["read"]["allowed"]
    assert not actions["edit"]["allowed"]
    assert "authors" in actions["edit"]["reason"]
    divan.fails(NOT_FOUND, *asked[:-1], "person:nobody")
    assert divan.facts("acl", "effective", "settings", "Anonymous")["level"] == "No Access"


def test_agents_run_once_and_not_beside_others(divan: Divan) -> None:
    assert divan.facts("agents", "run", "--once")["runs"] >= 0
    assert isinstance(divan.facts("agents", "status"), dict)
    with Office.open(divan.data) as office:
        other = AgentRunner(office)
        other.start()
        while other.lease.current() is None:
            office.coordination.wait_for_change(office.coordination.info()["update_seq"], 0.05)
        try:
            assert "already" in divan.fails(FAILED, "agents", "run", "--once")
        finally:
            other.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM is of POSIX systems")
def test_agents_stop_in_an_orderly_way(divan: Divan) -> None:
    line = [sys.executable, "-c", MAIN, "--data", str(divan.data), "agents", "run"]
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "running" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_people_are_not_administered_on_a_laptop(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Office.create(tmp_path / "laptop", kind="laptop").close()
    laptop = Divan(tmp_path / "laptop", capsys)
    assert "office" in laptop.fails(FAILED, "user", "add", "anna")
    assert "office" in laptop.fails(FAILED, "acl", "set", "tracking", "anna")
    assert "office" in laptop.fails(FAILED, "agents", "run")


def test_a_reader_of_the_output_may_go_away(divan: Divan) -> None:
    line = [sys.executable, "-c", MAIN, "--data", str(divan.data), "acl", "show", "tracking"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == FAILED
