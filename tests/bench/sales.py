"""An office whose deals lie in 1,000 reader sets, and people who may read few or all of them.

The deals are written past the door and before the design is there, which takes minutes instead of
hours; a directory that is there already is used again.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from acl import Acl, Entry, EntryType, Level
from plugin import DatabaseSpec, Module, Office, make_administrator
from plugin.mail import module as mail
from plugin.settings import module as settings
from store.types import Doc
from tests.plugin.kit import design_folder
from tests.views.kit import PASSWORD

SETS = 1000
TEAM, DIVISION = 10, 100
"""So many of the sets may a team read, and a division."""
OPEN = 10_000
"""One deal in so many may be read by everybody."""
BATCH = 5000
DATABASE = "deals"
PEOPLE = {"0.1 %": "owner.7", "1 %": "clerk", "10 %": "head", "100 %": "boss"}
GROUPS = {"team-3": ["clerk"], "division-2": ["head"], "bosses": ["boss"]}
STAGES = ("open", "offered", "won", "lost")

DEAL = {
    "title": "Deal",
    "subject": "{name}",
    "items": {
        "name": {"kind": "text", "label": "Name"},
        "stage": {"kind": "keyword", "label": "Stage", "choices": list(STAGES)},
        "amount": {"kind": "number", "label": "Amount"},
        "owner": {"kind": "names", "label": "Owner"},
    },
    "authors": {"people": ["@owner"]},
}
COLUMNS = ["name", "owner", "stage", {"item": "amount", "sum": 1}]
LISTINGS = {
    "by_name": {"title": "Deals", "form": "deal", "view": "deals_by_name", "columns": COLUMNS},
    "by_stage": {
        "title": "Deals by stage", "form": "deal", "view": "deals_by_stage",
        "categories": ["stage"], "columns": COLUMNS,
    },
}  # fmt: skip
VIEWS = {
    "deals_by_name": "if (doc.form === 'deal') { emit([doc.name], [1, doc.amount]); }",
    "deals_by_stage": "if (doc.form === 'deal') { emit([doc.stage, doc.name], [1, doc.amount]); }",
}


def modules(folder: Path) -> list[Module]:
    """Settings, mail and the module of the deals, whose design is written below `folder`."""
    design = design_folder(folder / "design", {"deal": DEAL}, LISTINGS, VIEWS)
    entries = (
        Entry("-Default-", EntryType("unspecified"), Level.READER, frozenset(), frozenset()),
        Entry("bosses", EntryType("group"), Level.READER, frozenset(), frozenset(["[Leaders]"])),
    )
    spec = DatabaseSpec(DATABASE, "Deals", design, Acl(entries, ("[Leaders]",)))
    return [settings, mail, Module("deals", "Deals", 2, "briefcase", (spec,))]


def deal(number: int) -> Doc:
    """Deal `number`; those of one name lie in different sets, and neighbours by name too."""
    owner = number % SETS
    doc: Doc = {
        "_id": f"deal:{number:08d}",
        "form": "deal",
        "name": f"{number * 7919 % 1_000_003:07d} 年度维护合同 Annual maintenance",
        "stage": STAGES[number // SETS % len(STAGES)],
        "amount": number * 37 % 100_000,
        "owner": f"owner.{owner}",
        "authors": {"people": [f"owner.{owner}"]},
    }
    if number % OPEN:
        groups = [f"team-{owner // TEAM}", f"division-{owner // DIVISION}", "[Leaders]"]
        doc["readers"] = {"people": [f"owner.{owner}", *groups]}
    return doc


def batches(count: int) -> Iterator[list[Doc]]:
    for start in range(0, count, BATCH):
        yield [deal(number) for number in range(start, min(start + BATCH, count))]


def opened(directory: Path, documents: int) -> Office:
    """The office with so many deals, from `directory`, where it is made if it is not there."""
    data, done = directory / f"sales-{documents}", directory / f"sales-{documents}" / "filled"
    chosen = modules(directory)
    if done.exists():
        return Office.open(data, modules=chosen)
    with Office.create(data, modules=chosen[:2]) as office:
        _fill(office, documents)
    office = Office.open(data, modules=chosen)
    office.deploy()
    done.touch()
    return office


def _fill(office: Office, documents: int) -> None:
    office.server.create(DATABASE)
    deals = office.server.database(DATABASE)
    for batch in batches(documents):
        deals.bulk_docs(batch)
    door = office.system().database("settings")
    for name in PEOPLE.values():
        items: Mapping[str, Any] = {"name_latin": name, "login": name, "language": "en"}
        door.create("person", items, id=f"person:{name}")
        office.credentials.set_password(name, PASSWORD)
    for name, members in GROUPS.items():
        items = {"name": name, "title": name, "members": members}
        door.create("group", items, id=f"group:{name}")
    make_administrator(office, PEOPLE["100 %"])  # without one all pages lead to setting up
