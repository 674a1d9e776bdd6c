"""`divan design`: what administrators see of customised designs, and how they decide."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugin.runtime import cli
from plugin.runtime.cli import DONE, NOT_FOUND, REFUSED
from plugin.runtime.designs.design import DESIGN_ID
from plugin.runtime.designs.shipped import SHIPPED_ID
from plugin.runtime.office import Office

LABEL = "forms/customer/items/phone/label"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office whose Designer renamed an item that the version after the last renamed as well."""
    path = tmp_path_factory.mktemp("office") / "data"
    with Office.create(path) as office:
        db = office.server.database("customers")
        design, record = db.get(DESIGN_ID), db.get(SHIPPED_ID)
        design["forms"]["customer"]["items"]["phone"]["label"] = "Telephone"
        design["forms"]["customer"]["items"]["colour"] = {"kind": "text"}
        record["base"][DESIGN_ID]["forms"]["customer"]["items"]["phone"]["label"] = "Number"
        db.put(design)
        db.put(record)
    return path


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "data"))


@pytest.fixture
def divan(data: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> tuple[int, str, str]:
        code = cli.run(["--data", str(data), "design", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def facts(answer: tuple[int, str, str]) -> Any:
    assert answer[0] == DONE
    return json.loads(answer[1])


def test_an_administrator_sees_what_clashes_and_decides(divan: Run) -> None:
    code, out, _ = divan("deploy")
    assert code == DONE and f"customers: {LABEL} clashes" in out
    (state,) = facts(divan("status", "customers", "--json"))
    assert list(state["clashes"]) == [LABEL]
    assert state["customised"] == [LABEL, "forms/customer/items/colour"]
    assert state["release"]["divan"] and state["newer"] is None
    code, out, _ = divan("status")
    assert f"customers: {LABEL} CLASHES" in out and "colour is added here" in out
    (both,) = facts(divan("diff", "customers", LABEL, "--json"))
    assert both == {"place": LABEL, "mine": "Telephone", "shipped": "Phone"}
    code, out, _ = divan("diff", "customers")
    assert 'here     "Telephone"' in out and "shipped  nothing" in out
    code, out, _ = divan("keep", "customers", LABEL)
    assert code == DONE and f"{LABEL} is kept" in out
    assert facts(divan("status", "customers", "--json"))[0]["clashes"] == {}
    code, out, _ = divan("take", "customers", "forms/customer")
    assert code == DONE and "Clashes left: 0" in out
    assert divan("status", "customers")[1] == "Nothing is customised.\n"


def test_what_is_not_there_is_said(divan: Run) -> None:
    for arguments in (
        ("status", "nowhere"),
        ("diff", "customers", "forms/none"),
        ("take", "customers", "forms/none"),
        ("keep", "customers", "forms/none"),
    ):
        code, out, err = divan(*arguments)
        assert (code, out) == (NOT_FOUND, "") and err.startswith("divan: ")


def test_an_older_divan_is_refused(divan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert divan("take", "customers", "forms")[0] == DONE
    assert divan("deploy")[:2] == (DONE, "All is up to date.\n")
    monkeypatch.setattr("plugin.runtime.office.VERSION", "0.0.1")
    code, out, err = divan("deploy")
    assert code == REFUSED and "customers: left as it is, divan" in out
    assert "Upgrade this one" in err
