"""`divan handover`: a person's work goes to another, as a leaver's does."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from plugin.runtime.agents.runner import AgentRunner
from plugin.runtime.commands.interrupting import interruptible
from plugin.runtime.commands.output import as_json_option, print_facts
from plugin.runtime.door.document import Document
from plugin.runtime.errors import BadInput, Stopped
from plugin.runtime.handover.asking import DATABASE, Asked, begin_handover, work_of
from plugin.runtime.handover.running import ENDED, Handovers
from plugin.runtime.office import Office
from plugin.runtime.people.people import demand_office, demand_person
from store.cancel import Cancel

PATIENCE = 5.0
"""Seconds after which a handover that another process carries out is looked at again."""


@click.command()
@click.argument("former", metavar="FROM")
@click.argument("new", metavar="TO")
@click.option("--only", default="", help="Only these kinds, as customers,deals.")
@click.option("--note", default="", help="What the new owner is told.")
@click.option("--dry-run", is_flag=True, help="Show what would go, and change nothing.")
@as_json_option
@click.pass_obj
def handover(
    data: Path, former: str, new: str, only: str, note: str, dry_run: bool, as_json: bool
) -> None:
    """Hand over what the person FROM has in hand to the person TO.

    Finished documents keep their names. The handover is a document of its own: its page shows it,
    and takes it back. Safe to stop: the agents of the office go on with it. Exit code 0 also where
    documents stayed; they are named.
    """
    with Office.open(data) as office:
        demand_office(office)
        demand_person(office, new)
        asked = work_of(office.system(), former)
        kinds = _kinds(office, asked, only)
        if dry_run or not kinds:
            counts = {one.holding.name: len(one.documents) for one in asked.shares}
            would = {kind: counts[kind] for kind in kinds}
            lines = [f"{kind:14}{count:>8}" for kind, count in would.items()]
            text = "\n".join(lines) or f"{former} has nothing of this in hand."
            return print_facts({"from": former, "to": new, "would": would}, text, as_json)
        made = begin_handover(office.system(), asked, new, kinds, set(), note)
        done = _carried_out(office, made)
    print_facts(_facts(done), _told(done), as_json)


def _kinds(office: Office, asked: Asked, only: str) -> list[str]:
    """The kinds that are handed over, as far as there is anything of them."""
    wanted = [part.strip() for part in only.split(",") if part.strip()] or list(office.holdings)
    for kind in wanted:
        if kind not in office.holdings:
            known = ", ".join(office.holdings)
            raise BadInput(
                "Nothing is called {kind}. What can be handed over: {known}.",
                kind=kind,
                known=known,
            )
    return [one.holding.name for one in asked.shares if one.holding.name in wanted]


def _carried_out(office: Office, made: Document) -> Document:
    """The handover when it has ended; here, or in the process that runs the agents."""
    lease = AgentRunner(office).lease
    hidden = not sys.stderr.isatty()
    progress = click.progressbar(length=0, label="Handing over", file=sys.stderr, hidden=hidden)
    with interruptible() as stop, progress as bar:

        def show(doc: Document) -> None:
            if doc.id == made.id and doc.get("planned"):
                bar.length = sum(doc.get("planned"))
                bar.update(doc.get("position") - bar.pos)

        if lease.acquire_or_see():
            try:
                Handovers(office).run_once(lambda: stop.is_set() or not lease.acquire(), show)
            finally:
                lease.release()
        return _ended(office, made.id, stop, show)


def _ended(office: Office, docid: str, stop: Cancel, show: Callable[[Document], None]) -> Document:
    """Wait for the end. Raises Stopped."""
    db = office.server.database(DATABASE)
    while not stop.is_set():
        since = db.info()["update_seq"]
        doc = office.system().database(DATABASE).open(docid)
        show(doc)
        if doc.get("state") in ENDED:
            return doc
        db.wait_for_change(since, PATIENCE, stop)
    raise Stopped


def _facts(doc: Document) -> dict[str, Any]:
    columns = [doc.get(item) or [] for item in ("kinds", "planned", "moved", "stayed")]
    names = ("kind", "planned", "moved", "stayed")
    return {
        "id": doc.id,
        "from": doc.get("from"),
        "to": doc.get("to"),
        "state": doc.get("state"),
        "kinds": [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)],
        "problems": doc.get("problems") or [],
    }


def _told(doc: Document) -> str:
    lines = [f"{'':14}{'planned':>8}{'moved':>8}{'stayed':>8}"]
    for one in _facts(doc)["kinds"]:
        lines.append(f"{one['kind']:14}{one['planned']:>8}{one['moved']:>8}{one['stayed']:>8}")
    if doc.get("problems"):
        lines += ["", "stayed"]
        lines += [f"  {problem}" for problem in doc.get("problems")]
    return "\n".join([*lines, "", f"{doc.get('state')}: {doc.id}"])
