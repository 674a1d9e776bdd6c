"""How long a person's whole portfolio takes to reach another, on the embedded store."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from plugin import AgentRunner, Document, Office, add_person, begin_handover, work_of
from plugin.runtime.handover.running import Handovers

FORMER, NEW = "anna.snelling", "ben.winter"
BATCH = 500
SHARES = {"contact": 2, "deal": 2, "activity": 4, "customer": 1}
"""Documents of each form for one customer."""
LISTINGS = (
    ("customers", "customers_by_name"),
    ("customers", "contacts_by_name"),
    ("tracking", "deals_by_name"),
    ("tracking", "activities_by_due"),
)
Outcome = TypeVar("Outcome")
Wanted = tuple[str, dict[str, Any]]
"""Id and items of a document to be made."""
AT = "2026-01-05T08:00:00Z"


def run(folder: Path, documents: int) -> str:
    """The lines to print."""
    customers = documents // sum(SHARES.values())
    with Office.create(folder / "office") as office:
        for name in (FORMER, NEW):
            add_person(office, name, {"name_latin": name.title()})
        _fill(office, customers)
        runner = AgentRunner(office)
        runner.run_once()
        session = office.system()
        asked, looking = timed(lambda: work_of(session, FORMER))
        kinds = [share.holding.name for share in asked.shares]
        begin_handover(session, asked, NEW, kinds, set(), "")
        _, moving = timed(Handovers(office).run_once)
        _, following = timed(runner.run_once)
        left = sum(_count(office, *place) for place in LISTINGS)
        assert left == 0, f"{left} documents stayed with {FORMER}"
    count = customers * sum(SHARES.values())
    return (
        f"looking what goes along: {looking:.1f} s\n"
        f"handing over {count:,} documents: {moving:.1f} s\n"
        f"the agents that follow: {following:.1f} s"
    )


def timed(work: Callable[[], Outcome]) -> tuple[Outcome, float]:
    """What the work gave, and the seconds that it took."""
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def _count(office: Office, database: str, listing: str) -> int:
    """How many documents the former owner still sees there."""
    anna = office.session(office.directory.identity(FORMER))
    return anna.listing(database, listing).count()


def _fill(office: Office, customers: int) -> None:
    firms = [(f"customer:{at}", {"name": f"Firm {at}", "owner": FORMER}) for at in range(customers)]
    _make(office, "customers", "customer", firms)
    contacts = [
        (f"contact:{at}", {"name": f"Person {at}", "customer": f"customer:{at % customers}"})
        for at in range(customers * SHARES["contact"])
    ]
    _make(office, "customers", "contact", contacts)
    deals = [
        (
            f"deal:{at}",
            {"name": f"Deal {at}", "customer": f"customer:{at % customers}", "owner": FORMER},
        )
        for at in range(customers * SHARES["deal"])
    ]
    _make(office, "tracking", "deal", deals)
    visit = {"subject": "Visit", "kind": "Visit", "starts": AT, "owner": FORMER, "remind": [FORMER]}
    activities = [
        (f"activity:{at}", {**visit, "deal": f"deal:{at % len(deals)}"})
        for at in range(customers * SHARES["activity"])
    ]
    _make(office, "tracking", "activity", activities)


def _make(office: Office, database: str, form: str, wanted: list[Wanted]) -> None:
    documents = office.system().database(database)
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        for made in documents.create_many([(form, items, docid) for docid, items in batch]):
            assert isinstance(made, Document), made
