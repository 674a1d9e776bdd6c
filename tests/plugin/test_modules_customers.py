"""Customers and contacts: who sees them, what follows them, and what is wrong with them."""

import pytest

from plugin import Invalid, Refused
from tests.plugin.company import Company


def test_a_customer_is_read_by_owner_team_leaders_and_service(company: Company) -> None:
    customer = company.customer("anna", team=["carla"])
    readers = {"anna", "carla", "manager", "boss", "sue", "admin"}
    seen = {
        name for name in (*readers, "ben") if company.door(name, "customers").exists(customer.id)
    }
    assert seen == readers
    counts = {
        name: company.session(name).listing("customers", "customers_by_region").categories()
        for name in ("anna", "ben")
    }
    assert [(one.value, one.count) for one in counts["anna"]] == [("East China", 1)]
    assert counts["ben"] == []


def test_leaders_of_the_team_read_what_their_people_read(company: Company) -> None:
    customer = company.customer("carla", team=["ben"])
    assert company.door("manager", "customers").exists(customer.id)
    assert not company.door("anna", "customers").exists(customer.id)


def test_the_team_reads_but_does_not_write(company: Company) -> None:
    customer = company.customer("anna", team=["carla"])
    with pytest.raises(Refused):
        company.door("carla", "customers").save(customer.id, customer.rev, {"phone": "1"})
    changed = company.door("manager", "customers").save(customer.id, customer.rev, {"phone": "1"})
    assert changed.get("phone") == "1"


def test_a_new_customer_gets_a_code_class_and_owner(company: Company) -> None:
    customer = company.customer("anna")
    assert customer.get("code") == "C00001"
    assert customer.get("class") == "Potential customer"
    assert customer.get("owner") == "anna"


def test_the_form_has_more_than_twenty_items(company: Company) -> None:
    form = company.door("anna", "customers").form("customer")
    assert len([item for item in form.items.values() if not item.computed]) > 20


def test_without_owner_a_customer_is_for_leaders_and_service(company: Company) -> None:
    customer = company.customer("boss", owner=None)
    assert company.door("sue", "customers").exists(customer.id)
    assert company.door("boss", "customers").exists(customer.id)
    assert not company.door("anna", "customers").exists(customer.id)


def test_what_hangs_on_a_customer_follows_it(company: Company) -> None:
    customer = company.customer("anna")
    door = company.door("anna", "customers")
    contact = door.create("contact", {"customer": customer.id, "name": "王芳"})
    deal = company.deal("anna", customer=customer.id)
    assert not company.door("ben", "customers").exists(contact.id)
    new = {"name": "明珠机械集团", "team": ["ben"]}
    company.door("anna", "customers").save(customer.id, customer.rev, new)
    company.run()
    seen = company.door("ben", "customers").open(contact.id)
    assert seen.get("customer_name") == "明珠机械集团"
    assert company.door("anna", "tracking").open(deal.id).get("customer_name") == "明珠机械集团"


def test_contacts_belong_to_their_customers_owner(company: Company) -> None:
    customer = company.customer("anna")
    contact = company.door("anna", "customers").create(
        "contact", {"customer": customer.id, "name": "王芳", "role": "Decision maker"}
    )
    assert contact.get("owner") == "anna"
    listing = company.session("anna").listing("customers", "contacts_by_customer")
    assert [row.items["name"] for row in listing.all_rows([customer.id])] == ["王芳"]
    assert not company.door("ben", "customers").exists(contact.id)


def test_wrong_items_are_named(company: Company) -> None:
    with pytest.raises(Invalid) as error:
        company.customer("anna", mail="nobody", founded_year=3)
    assert str(error.value.problems["mail"]) == "This is not a mail address."
    customer = company.customer("anna", mail="info@mingzhu.example")
    door = company.door("anna", "customers")
    with pytest.raises(Invalid) as error:
        door.save(customer.id, customer.rev, {"founded_year": 3})
    assert set(error.value.problems) == {"founded_year"}
    with pytest.raises(Invalid) as error:
        door.save(customer.id, customer.rev, {"parent": customer.id})
    assert set(error.value.problems) == {"parent"}


def test_one_sees_ones_own_customers_by_region(company: Company) -> None:
    company.customer("anna", name="A", region="North China")
    company.customer("anna", name="B")
    company.customer("ben", name="C", team=["anna"])
    listing = company.session("anna").listing("customers", "my_customers_by_region")
    assert [(one.value, one.count) for one in listing.categories()] == [
        ("East China", 1), ("North China", 1)
    ]  # fmt: skip
    rows = listing.page(prefix=["North China"]).rows
    assert [row.items["name"] for row in rows] == ["A"]
