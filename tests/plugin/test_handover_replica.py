"""Rights move with a handover, on laptops too (T8)."""

from pathlib import Path

from plugin import AgentRunner, Document, Office, begin_handover, work_of, work_with
from plugin.runtime.replica.review import ReviewFolder
from tests.plugin.offices import Served, as_person, clone, customer, stored_text, sync

FORMER, NEW, LEADER = "anna.snelling", "zane.levy", "dustin.brinkmann"
HISTORY = "handovers"
KINDS = ("customers", "deals", "activities")


def portfolio(office: Office) -> tuple[Document, Document]:
    """A customer with a contact and a deal of Anna's."""
    firm = customer(office, FORMER, "Acme of Anna")
    anna = as_person(office, FORMER)
    anna.database("customers").create("contact", {"name": "Wile Coyote", "customer": firm.id})
    deal = {"name": "Rockets of Anna", "customer": firm.id}
    return firm, anna.database("tracking").create("deal", deal)


def names(data: Path, person: str) -> set[str]:
    """What customers, contacts and deals the person finds on a laptop."""
    with Office.open(data) as laptop:
        session = as_person(laptop, person)
        places = (
            ("customers", "customers_by_name"),
            ("customers", "contacts_by_name"),
            ("tracking", "deals_by_name"),
        )
        return {
            row.document.get("name")
            for database, listing in places
            for row in session.listing(database, listing).all_rows()
        }


def test_t8_it_leaves_the_former_owners_laptop_and_comes_to_the_new_ones(
    office: Office, served: Served, tmp_path: Path
) -> None:
    firm, _ = portfolio(office)
    before, after = tmp_path / "anna", tmp_path / "zane"
    clone(before, served, FORMER)
    clone(after, served, NEW)
    everything = {"Acme of Anna", "Wile Coyote", "Rockets of Anna"}
    assert names(before, FORMER) == everything
    assert names(after, NEW) == set()
    with Office.open(before) as laptop:
        here = as_person(laptop, FORMER).database("customers")
        here.save(firm.id, here.open(firm.id).rev, {"address": "Unsent street"})
    leader = as_person(office, LEADER)
    begin_handover(leader, work_of(leader, FORMER), NEW, KINDS, set(), "")
    AgentRunner(office).run_once()
    sync(before)
    sync(after)
    assert names(before, FORMER) == set()
    assert names(after, NEW) == everything
    assert b"Rockets of Anna" not in stored_text(before)
    (kept,) = ReviewFolder(before).of("customers", firm.id)
    assert kept.version["address"] == "Unsent street"


def test_t8_asked_for_on_a_laptop_the_office_carries_it_out(
    office: Office, served: Served, tmp_path: Path
) -> None:
    firm, deal = portfolio(office)
    data = tmp_path / "leader"
    clone(data, served, LEADER)
    with Office.open(data) as laptop:
        leader = as_person(laptop, LEADER)
        made = begin_handover(leader, work_of(leader, FORMER), NEW, KINDS, set(), "")
        AgentRunner(office).run_once()
        assert as_person(laptop, LEADER).database("tracking").open(deal.id).get("owner") == FORMER
    sync(data)
    AgentRunner(office).run_once()
    sync(data)
    with Office.open(data) as laptop:
        tracking = as_person(laptop, LEADER).database("tracking")
        assert tracking.open(made.id).get("state") == "done"
        assert not tracking.exists(deal.id)  # Dustin does not lead Zane
    assert as_person(office, NEW).database("tracking").open(deal.id).get("owner") == NEW
    assert as_person(office, NEW).database("customers").exists(firm.id)


def test_a_laptop_hands_over_nobody_elses_work_and_writes_no_history(
    office: Office, served: Served, tmp_path: Path
) -> None:
    """The store refuses the step, and the office a line of history that it did not write."""
    _, deal = portfolio(office)
    data = tmp_path / "zane"
    mine = customer(office, NEW, "Zane's own")
    given = customer(office, FORMER, "Given")
    anna = as_person(office, FORMER)
    begin_handover(anna, work_with(anna, given), NEW, ["customers"], set(), "")
    AgentRunner(office).run_once()
    clone(data, served, NEW)
    with Office.open(data) as laptop:
        step = {"step": "start", "from": "draft", "to": "asked", "by": NEW, "note": ""}
        stamp = {"at": "2026-11-22T06:00:00Z", "by": NEW}
        people = [NEW, FORMER, f"leaders-of:{NEW}", f"leaders-of:{FORMER}"]
        laptop.server.database("tracking").put(
            {
                "_id": "handover:forged", "form": "handover", "from": FORMER, "to": NEW,
                "kinds": ["deals"], "state": "asked", "steps": [{**step, "at": stamp["at"]}],
                "created": stamp, "updated": stamp, "authors": {"people": [*people, "[Admin]"]},
                "readers": {"people": [*people, "[Leaders]"]},
            }
        )  # fmt: skip
        customers = laptop.server.database("customers")
        line = {"handover": "handover:forged", "from": FORMER, "to": NEW, **stamp, "before": {}}
        customers.put({**customers.get(mine.id), "handovers": [line]})
        customers.put(
            {key: value for key, value in customers.get(given.id).items() if key != HISTORY}
        )
    done = sync(data)
    assert [one["id"] for one in done["tracking"].refused] == ["handover:forged"]
    reasons = {one["id"]: one["reason"] for one in done["customers"].refused}
    assert set(reasons) == {mine.id, given.id}
    assert reasons[given.id] == "What was handed over stays in the history of the document."
    AgentRunner(office).run_once()
    assert as_person(office, FORMER).database("tracking").open(deal.id).get("owner") == FORMER
