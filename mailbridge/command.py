"""`divan mail`: deliver notices without the shell, and look at the bridge's settings and work."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

from mailbridge.errors import DeliveryError
from mailbridge.service import OUTBOX, REMOTE, Bridge, remote_ways
from mailbridge.states import OPEN
from plugin import SERVER, BadInput, Office, all_changes, told_to_stop


@click.group()
def mail() -> None:
    """The mail bridge: delivers reminders, chase-ups and digests."""


@mail.command()
@click.option("--once", is_flag=True, help="Deliver what waits now, then end.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.pass_obj
def run(data: Path, once: bool, as_json: bool) -> None:
    """Deliver notices until stopped (Ctrl-C or SIGTERM), or once.

    Not needed beside `divan serve`, which does the same. A second one waits until the first ends.
    """
    with Office.open(data) as office:
        _demand_office(office)
        bridge = Bridge(office)
        if once:
            _run_once(bridge, office, as_json)
            return
        stop = told_to_stop()
        bridge.start()
        click.echo("The bridge is running. Stop it with Ctrl-C.", err=True)
        try:
            stop.wait()
        finally:
            bridge.stop()
        _print(_counts(office), as_json)


@mail.command()
@click.option("--person", help="Try this person's calendar too, where Exchange is configured.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.pass_obj
def check(data: Path, person: str | None, as_json: bool) -> None:
    """Show what the outbox holds, and try the mail servers without sending anything.

    Ends with 1 where one of them cannot be used.
    """
    with Office.open(data) as office:
        _demand_office(office)
        facts: dict[str, Any] = {"notices": _counts(office)}
        facts |= dict.fromkeys(REMOTE, "not configured")
        address = _address(office, person) if person else ""
        broken: BadInput | None = None
        for way in remote_ways(office):
            try:
                facts[way.name] = way.check(address)
            except DeliveryError as error:
                facts[way.name] = f"cannot be used: {error}"
                broken = BadInput(
                    "The mail server {place} cannot be used: {why}",
                    place=way.place,
                    why=str(error),
                )
            finally:
                way.close()
        _print(facts, as_json)
        if broken:
            raise broken


def _address(office: Office, name: str) -> str:
    person = office.directory.person(name)
    if person is None or not person.mail.strip():
        raise BadInput("There is no person {name} with a mail address.", name=name)
    return person.mail.strip()


def _run_once(bridge: Bridge, office: Office, as_json: bool) -> None:
    if not bridge.lease.acquire_or_see():
        raise BadInput(
            "Another bridge runs already ({holder}). It delivers what waits.",
            holder=str(bridge.lease.current()),
        )
    try:
        taken = bridge.run_once()
    finally:
        bridge.lease.release()
    _print({"tried": taken, "notices": _counts(office)}, as_json)


def _demand_office(office: Office) -> None:
    if office.kind != "office":
        raise BadInput("This is a laptop's replica. Notices are delivered at the office.")


def _counts(office: Office) -> dict[str, int]:
    """How many notices are in each state."""
    found: Counter[str] = Counter(dict.fromkeys((*OPEN, "sent", "failed", "cancelled"), 0))
    db = office.server.database(OUTBOX, SERVER)
    for rows, _ in all_changes(db, 0):
        docs = (row["doc"] for row in rows if not row.get("deleted") and row.get("doc"))
        found.update(doc["state"] for doc in docs if doc.get("form") == "outgoing")
    return dict(sorted(found.items()))


def _print(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            value = ", ".join(f"{inner} {state}" for state, inner in value.items())
        click.echo(f"{name}: {value}")
