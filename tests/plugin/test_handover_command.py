"""`divan handover`: a leaver's work goes to another by the command line (T8, C10)."""

import json
from typing import Any

import pytest

from plugin.runtime import cli
from plugin.runtime.agents.runner import AgentRunner
from plugin.runtime.cli import FAILED, NOT_FOUND
from plugin.runtime.people.people import leave
from tests.plugin.company import Company


@pytest.fixture
def divan(company: Company, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command line on the company: exit code, stdout, stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = cli.run(["--data", str(company.office.data), "handover", *arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_t8_c10_a_leavers_work_goes_to_a_colleague(company: Company, divan: Any) -> None:
    deal = company.deal("anna")
    leave(company.office, "anna")
    code, out, _ = divan("anna", "ben", "--dry-run", "--json")
    would = {"from": "anna", "to": "ben", "would": {"customers": 1, "deals": 1}}
    assert (code, json.loads(out)) == (0, would)
    tracking = company.system.database("tracking")
    assert tracking.open(deal.id).get("owner") == "anna"
    code, out, err = divan("anna", "ben", "--only", "deals", "--note", "Gute Reise", "--json")
    done = json.loads(out)
    assert (code, err, done["state"], done["problems"]) == (0, "", "done", [])
    assert done["kinds"] == [{"kind": "deals", "planned": 1, "moved": 1, "stayed": 0}]
    assert tracking.open(deal.id).get("owner") == "ben"
    assert tracking.open(done["id"]).get("note") == "Gute Reise"
    code, out, _ = divan("anna", "ben")
    assert (code, out.splitlines()[1].split()) == (0, ["customers", "1", "1", "0"])
    assert divan("anna", "ben") == (0, "anna has nothing of this in hand.\n", "")


def test_what_makes_no_sense_is_said(company: Company, divan: Any) -> None:
    company.deal("anna")
    told = {
        ("nobody", "ben"): (NOT_FOUND, "There is no person nobody."),
        ("anna", "nobody"): (NOT_FOUND, "There is no active person nobody."),
        ("anna", "ben", "--only", "yachts"): (FAILED, "Nothing is called yachts."),
        ("anna", "anna"): (FAILED, "to: This is the former owner."),
        ("anna", "guest"): (FAILED, "to: Guest may not work in customers"),
    }
    for arguments, (code, text) in told.items():
        found = divan(*arguments)
        assert (found[0], found[1]) == (code, "")
        assert found[2].startswith(f"divan: {text}"), arguments


def test_beside_a_server_it_follows_what_the_server_does(company: Company, divan: Any) -> None:
    deal = company.deal("anna")
    runner = AgentRunner(company.office)
    runner.start()
    try:
        code, out, _ = divan("anna", "ben", "--json")
    finally:
        runner.stop()
    assert (code, json.loads(out)["state"]) == (0, "done")
    assert company.system.database("tracking").open(deal.id).get("owner") == "ben"
