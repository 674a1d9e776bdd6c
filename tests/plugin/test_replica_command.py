"""`divan replica` as a process: what it prints, its exit codes, Ctrl-C in order."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from plugin import Office
from tests.plugin.offices import PASSWORD, Served, as_person, customer
from tests.views.serving import PATIENCE, ROOT, divan


def replica(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        divan("--data", str(data), "replica", *arguments),
        cwd=ROOT, input=PASSWORD + "\n", capture_output=True, text=True, timeout=PATIENCE,
        check=False,
    )  # fmt: skip


def test_from_clone_to_remove(office: Office, served: Served, tmp_path: Path) -> None:
    doc = customer(office, "anna.snelling", "Acme")
    data, file = tmp_path / "laptop", tmp_path / "unsent.json"
    login = ("--login", "anna.snelling")
    wrong = replica(data, "clone", served.url, *login, "--keep", "nowhere")
    assert wrong.returncode == 1
    assert "There is no database nowhere for you. There are: customers" in wrong.stderr
    done = replica(data, "clone", served.url, *login, "--keep", "customers", "--json")
    assert done.returncode == 0, done.stderr
    assert [one["database"] for one in json.loads(done.stdout)] == ["customers", "settings"]
    assert "in 2 databases for anna.snelling." in done.stderr
    more = replica(data, "choose", "--keep", "customers", "--keep", "tracking")
    assert more.returncode == 0, more.stderr
    assert "tracking" in more.stdout
    assert replica(data, "choose").returncode == 2
    with Office.open(data) as laptop:
        door = as_person(laptop, "anna.snelling").database("customers")
        door.save(doc.id, doc.rev, {"address": "Unsent street"})
    facts = json.loads(replica(data, "status", "--json").stdout)
    entries = {one["name"]: one for one in facts["databases"]}
    assert set(entries) == {"customers", "settings", "tracking"}
    assert entries["customers"]["waiting"] == [doc.id]
    assert entries["customers"]["bytes"] > 0
    assert "1 to send" in replica(data, "status").stdout
    for words, told in (
        (("--every", "2h"), "Every 120 minutes"),
        (("--at", "18:00", "--at", "8:30"), "At 08:30, 18:00"),
        ((), "At 08:30, 18:00"),
        (("--off",), "Only when somebody asks"),
    ):
        assert told in replica(data, "schedule", *words).stdout
    assert replica(data, "schedule", "--every", "soon").returncode == 1
    refused = replica(data, "remove")
    assert refused.returncode == 1
    assert f"customers/{doc.id} stands here alone (waiting)" in refused.stderr
    gone = replica(data, "remove", "--export", str(file))
    assert gone.returncode == 0, gone.stderr
    assert json.loads(file.read_text(encoding="utf-8"))[0]["document"] == doc.id
    assert replica(data, "status").returncode == 1


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_ends_a_continuous_sync_in_order(
    office: Office, served: Served, tmp_path: Path
) -> None:
    data = tmp_path / "laptop"
    replica(data, "clone", served.url, "--login", "anna.snelling", "--keep", "customers")
    process = subprocess.Popen(
        divan("--data", str(data), "replica", "sync", "--continuous"),
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    assert "customers" in process.stdout.readline()  # the first sync is over
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert errors == "divan: Stopped. The next time it goes on from here.\n"
    assert replica(data, "sync").returncode == 0
