"""What the office does with what laptops bring: numbers, and branches that nobody has to settle."""

from pathlib import Path

from plugin import AgentRunner, Office
from plugin.runtime.forms.numbering import provisional
from tests.plugin.offices import Served, as_person, clone, customer, sync


def test_a_deal_of_a_laptop_gets_its_number_at_the_office(
    office: Office, served: Served, tmp_path: Path
) -> None:
    laptop_data = tmp_path / "laptop"
    clone(laptop_data, served, "anna.snelling")
    with Office.open(laptop_data) as laptop:
        door = as_person(laptop, "anna.snelling").database("tracking")
        deal = door.create("deal", {"name": "Written on the train", "owner": "anna.snelling"})
        interim = deal.items["number"]
        assert interim == provisional(deal.id)
    assert sync(laptop_data)["tracking"].pushed == 1
    AgentRunner(office).run_once()
    number = as_person(office, "anna.snelling").database("tracking").open(deal.id).items["number"]
    assert number and not number.startswith("~")
    found = as_person(office, "anna.snelling").search(interim)
    assert [row.document.id for row in found.rows] == [deal.id]
    sync(laptop_data)
    with Office.open(laptop_data) as laptop:
        door = as_person(laptop, "anna.snelling").database("tracking")
        assert door.open(deal.id).items["number"] == number


def test_branches_of_two_laptops_merge_at_the_office(
    office: Office, served: Served, tmp_path: Path
) -> None:
    doc = customer(office, "anna.snelling", "Acme")
    laptops = {"anna.snelling": "address", "dustin.brinkmann": "phone"}
    for person, item in laptops.items():
        clone(tmp_path / person, served, person)
        with Office.open(tmp_path / person) as laptop:
            as_person(laptop, person).database("customers").save(doc.id, doc.rev, {item: "new"})
    # Both branches reach the office before either laptop sees the other's.
    for person in laptops:
        with Office.open(tmp_path / person) as laptop:
            branch = laptop.server.database("customers").get(doc.id, revs=True)
        office.server.database("customers").bulk_docs([branch], new_edits=False)
    door = as_person(office, "anna.snelling").database("customers")
    assert door.open(doc.id).conflict
    AgentRunner(office).run_once()
    merged = door.open(doc.id)
    assert not merged.conflict
    assert (merged.items["address"], merged.items["phone"]) == ("new", "new")
    for person in laptops:
        assert sync(tmp_path / person)["customers"].conflicts == 0
        with Office.open(tmp_path / person) as laptop:
            assert as_person(laptop, person).database("customers").open(doc.id).rev == merged.rev
