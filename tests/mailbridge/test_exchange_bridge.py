"""Exchange within the bridge: whose way it is, what holds up what, what a kill leaves behind."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailbridge.mapping import message_id
from mailbridge.service import Bridge
from plugin import Office, notify
from plugin.runtime.cli import run
from tests.mailbridge.bridge_process import (
    PATIENCE,
    BridgeProcess,
    kill_at,
    wait_until_sent,
)
from tests.mailbridge.ews_server import PASSWORD, SENDER, SERVICE, Asked, EwsServer
from tests.mailbridge.smtp_server import SmtpServer
from tests.mailbridge.test_exchange import START
from tests.plugin.steady_clock import SteadyClock

PEOPLE = ("wei.li", "anna.snelling", "bo.chen")
ANNA, BO = "anna.snelling@example.com", "bo.chen@example.com"
OpenOffice = Callable[..., Office]


@pytest.fixture
def exchange() -> Iterator[EwsServer]:
    running = EwsServer(*(f"{name}@example.com" for name in PEOPLE))
    yield running
    running.stop()


def by_exchange(server: EwsServer) -> dict[str, str]:
    return {
        "DIVAN_EXCHANGE_URL": server.url,
        "DIVAN_EXCHANGE_USER": SERVICE,
        "DIVAN_EXCHANGE_MAILBOX": SENDER,
        "DIVAN_EXCHANGE_SIGN_IN": "basic",
        "DIVAN_EXCHANGE_PASSWORD": PASSWORD,
    }


@pytest.fixture(autouse=True)
def configured(exchange: EwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in by_exchange(exchange).items():
        monkeypatch.setenv(name, value)


def note(office: Office, to: str, key: str = "1") -> str:
    notify(office, kind="note", key=key, to=to, values={"subject": f"Note {key}"})
    return f"outgoing:note:{key}:{to}"


def remind(office: Office, to: str, key: str) -> str:
    values = {
        "subject": f"Visit {key}",
        "at": START.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    notify(office, kind="reminder", key=key, to=to, values=values)
    return f"outgoing:reminder:{key}:{to}"


def choose(office: Office, name: str, ways: list[str]) -> None:
    people = office.system().database("settings")
    person = people.open(f"person:{name}")
    people.save(person.id, person.rev, {"mail_ways": ways})


def states(office: Office, docid: str) -> dict[str, str]:
    ways = office.server.database("outbox").get(docid)["ways"]
    return {name: way["state"] for name, way in sorted(ways.items())}


def to_of(smtp: SmtpServer) -> list[str]:
    return sorted(message["To"].addresses[0].addr_spec for message in smtp.taken)


def test_each_person_is_reached_by_the_ways_chosen(
    office: Office, exchange: EwsServer, smtp: SmtpServer
) -> None:
    choose(office, "bo.chen", ["smtp"])
    choose(office, "wei.li", ["smtp", "exchange"])
    anna, bo, wei = (note(office, name) for name in ("anna.snelling", "bo.chen", "wei.li"))
    Bridge(office).run_once()
    assert states(office, anna) == {"exchange": "sent", "local": "sent", "smtp": "cancelled"}
    assert states(office, bo) == {"exchange": "cancelled", "local": "sent", "smtp": "sent"}
    assert states(office, wei) == {"exchange": "sent", "local": "sent", "smtp": "sent"}
    assert to_of(smtp) == [BO, "wei.li@example.com"]
    assert len(exchange.mailboxes.inbox(ANNA)) == 1
    assert exchange.mailboxes.inbox(BO) == []


def test_the_companys_way_is_a_setting(
    open_office: OpenOffice, clock: SteadyClock, monkeypatch: pytest.MonkeyPatch,
    exchange: EwsServer, smtp: SmtpServer,
) -> None:  # fmt: skip
    monkeypatch.setenv("DIVAN_MAIL_WAY", "smtp")
    office = open_office(clock)
    note(office, "anna.snelling")
    Bridge(office).run_once()
    assert to_of(smtp) == [ANNA]
    assert exchange.asked == []


def test_a_wrong_password_stops_that_way_alone_and_is_tried_once_an_hour(
    office: Office, exchange: EwsServer, smtp: SmtpServer, clock: SteadyClock
) -> None:
    exchange.password = "changed since"
    choose(office, "bo.chen", ["smtp"])
    waiting = [note(office, "anna.snelling", str(key)) for key in range(3)]
    note(office, "bo.chen")
    bridge = Bridge(office)
    for _ in range(58):
        bridge.run_once()
        clock.forward(minutes=1)
    assert exchange.refused == 1
    assert to_of(smtp) == [BO]
    doc = office.server.database("outbox").get(waiting[0])
    assert "refuses the user name or the password" in doc["error"]
    exchange.password = PASSWORD
    clock.forward(minutes=5)
    bridge.run_once()
    assert len(exchange.mailboxes.inbox(ANNA)) == 3


def test_a_busy_calendar_delays_only_its_own_and_for_as_long_as_it_says(
    office: Office, exchange: EwsServer, clock: SteadyClock
) -> None:
    exchange.busy[ANNA] = 600_000
    anna, bo = remind(office, "anna.snelling", "1"), remind(office, "bo.chen", "1")
    bridge = Bridge(office)
    bridge.run_once()
    assert (states(office, anna)["exchange"], states(office, bo)["exchange"]) == ("delayed", "sent")
    clock.forward(minutes=9)
    bridge.run_once()
    assert exchange.operations(ANNA) == ["FindItem"]
    exchange.busy.clear()
    clock.forward(minutes=2)
    bridge.run_once()
    assert states(office, anna)["exchange"] == "sent"
    assert len(exchange.mailboxes.inbox(ANNA)) == len(exchange.mailboxes.calendar(ANNA)) == 1


def test_whatever_goes_wrong_each_notice_comes_once(
    office: Office, exchange: EwsServer, clock: SteadyClock
) -> None:
    seed = 20261126
    print(f"seed {seed}")
    chance = random.Random(seed)

    def misbehave(asked: Asked) -> None:
        exchange.busy.clear()
        trouble = chance.random()
        if trouble < 0.1:
            exchange.cut[asked.operation] += 1
        elif trouble < 0.15:
            exchange.busy[asked.mailbox] = chance.randint(1, 90_000)
        elif trouble > 0.97:
            exchange.status = 503  # until the next round: nothing else is looked at then

    exchange.before = misbehave
    exchange.headers = {"Retry-After": "3"}
    ids = []
    for key in range(30):
        ids += [note(office, name, str(key)) for name in PEOPLE]
        ids.append(remind(office, "bo.chen", str(key)))
    bridge = Bridge(office)
    for _ in range(400):
        bridge.run_once()
        exchange.status = 0
        if all(office.server.database("outbox").get(docid)["state"] == "sent" for docid in ids):
            break
        clock.forward(seconds=100)
        if chance.random() < 0.3:
            bridge = Bridge(office)
    assert exchange.mailboxes.counts() == {
        message_id(docid, "divan@example.com"): 1 for docid in ids
    }
    assert len(exchange.mailboxes.calendar(BO)) == 30
    assert exchange.mailboxes.by_address[SENDER].folder("drafts") == []


def test_check_names_both_servers_and_a_persons_calendar(
    open_office: OpenOffice, data: Path, exchange: EwsServer, capsys: pytest.CaptureFixture[str]
) -> None:
    open_office().close()
    command = ["--data", str(data), "mail", "check", "--person", "anna.snelling"]
    assert run([*command, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["smtp"].startswith("250")
    assert facts["exchange"].endswith(f"lets us in: {SENDER}, calendar of {ANNA}")
    exchange.denied.add(ANNA)
    assert run(command) == 1
    said = capsys.readouterr()
    assert "smtp: 250" in said.out, "the other one is tried all the same"
    assert "ApplicationImpersonation" in said.err
    assert run(["--data", str(data), "mail", "check", "--person", "no.body"]) == 1
    assert "no person no.body with a mail address" in capsys.readouterr().err


def after(server: EwsServer, operation: str, mailbox: str, hook: Callable[[], None]) -> None:
    """Call the hook when the server has done this, and has not said so."""

    def look(asked: Asked) -> None:
        if (asked.operation, asked.mailbox) == (operation, mailbox):
            hook()

    server.after = look


@pytest.mark.parametrize(
    ("operation", "mailbox"),
    [("CreateItem", SENDER), ("SendItem", SENDER), ("CreateItem", ANNA)],
    ids=["draft made", "mail sent", "appointment made"],
)
def test_killed_when_the_server_did_it_but_has_not_said_so_it_comes_once(
    open_office: OpenOffice, data: Path, exchange: EwsServer, operation: str, mailbox: str
) -> None:
    here = open_office()
    process = BridgeProcess(data, by_exchange(exchange))
    hook, killed = kill_at(process)
    after(exchange, operation, mailbox, hook)
    ids = [remind(here, "anna.snelling", "1"), note(here, "bo.chen")]
    process.start()
    try:
        assert killed.wait(PATIENCE)
        process.start()
        wait_until_sent(here, ids)
    finally:
        process.kill()
    assert exchange.mailboxes.counts() == {
        message_id(docid, "divan@example.com"): 1 for docid in ids
    }
    assert len(exchange.mailboxes.calendar(ANNA)) == 1
    assert exchange.mailboxes.by_address[SENDER].folder("drafts") == []
