"""Customers and contacts of the demo company, drawn from a seeded generator."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from plugin.runtime.demo.people import BY_REGION, SALES
from plugin.runtime.demo.tables import Made, table

SHARE_ABROAD = 10
"""Every tenth customer is abroad."""


@dataclass(frozen=True)
class DemoCustomer:
    """One customer with what deals and contacts need of it."""

    id: str
    number: int
    short: str
    owner: str
    abroad: bool
    importance: str
    items: dict[str, Any]


def demo_id(form: str, seed: int, what: str) -> str:
    """`<form>:<32 hex>`, the same for the same seed, so that a run that was cut goes on."""
    return f"{form}:{hashlib.sha256(f'{seed}/{form}/{what}'.encode()).hexdigest()[:32]}"


def customers(seed: int, count: int) -> list[DemoCustomer]:
    """`count` customers, the same for the same seed."""
    random = Random(f"{seed}/customers")
    taken: set[str] = set()
    return [_customer(seed, number, random, taken) for number in range(count)]


def _customer(seed: int, number: int, random: Random, taken: set[str]) -> DemoCustomer:
    abroad = number % SHARE_ABROAD == SHARE_ABROAD - 1
    items = _foreign(number, random) if abroad else _chinese(random)
    name = items["name"]
    while items["name"] in taken:
        items["name"] = f"{name}（{len(taken)}）"
    taken.add(items["name"])
    words = table("words")
    size, low, high = random.choice(words["sizes"])
    owner = random.choice(BY_REGION.get(items["region"], SALES))
    others = [one for one in SALES if one != owner]
    items |= {
        "class": random.choice(words["classes"]),
        "importance": random.choice(words["importance"]),
        "source": random.choice(words["sources"]),
        "owner": owner,
        "team": random.sample(others, 1) if random.random() < 0.15 else [],
        "size": size,
        "employees": random.randint(low, high),
        "founded_year": random.randint(1952, 2019),
        "tags": random.sample(words["tags"], random.choice((0, 0, 1, 1, 2))),
    }
    docid = demo_id("customer", seed, str(number))
    return DemoCustomer(
        docid, number, items["short_name"], owner, abroad, items["importance"], items
    )


def _chinese(random: Random) -> dict[str, Any]:
    names = table("places")
    place, kind = random.choice(names["place"]), random.choice(names["trade"])
    trade_name, latin = random.choice(names["trade_names"])
    city, industry, trade = place["city"], kind["industry"], kind["name"]
    public = industry in ("Education", "Government")
    name = f"{city}{trade}" if public else f"{city}{trade_name}{trade}有限公司"
    site = re.sub(r"[^a-z-]", "", f"{place['latin']}-{latin}".lower())
    turnover = random.randint(8, 900) * 1_000_000
    return {
        "name": name,
        "short_name": f"{city}{trade[:4]}" if public else f"{trade_name}{trade[:2]}",
        "industry": industry,
        "country": "中国",
        "region": place["region"],
        "province": place["province"],
        "city": city,
        "address": f"{random.choice(place['streets'])}{random.randint(1, 1999)}号",
        "postcode": f"{place['postcode']}{random.randint(0, 99):02d}",
        "phone": _phone(place["area"], random),
        "fax": _phone(place["area"], random),
        "mail": f"info@{site}.example",
        "web": f"https://www.{site}.example",
        "turnover": {"amount": f"{turnover}.00", "currency": "CNY"},
        "credit_code": f"91{random.randint(10**15, 10**16 - 1)}",
        "bank": f"{random.choice(table('words')['banks'])}{city}分行",
        "bank_account": str(random.randint(10**18, 10**19 - 1)),
        "main_business": kind["business"],
    }


def _foreign(number: int, random: Random) -> dict[str, Any]:
    companies = table("places")["abroad"]
    company = companies[number // SHARE_ABROAD % len(companies)]
    short = company["name"].split(" ")[0]
    turnover = random.randint(2, 300) * 1_000_000
    return {
        **company,
        "short_name": short,
        "region": "Abroad",
        "phone": f"+{random.randint(30, 98)} {random.randint(10**8, 10**9 - 1)}",
        "mail": f"office@{short.lower().encode('ascii', 'ignore').decode()}.example",
        "turnover": {"amount": f"{turnover}.00", "currency": "EUR"},
    }


def _phone(area: str, random: Random) -> str:
    if area == "852":
        return f"+852 {random.randint(2000, 3999)} {random.randint(1000, 9999)}"
    return f"+86 {area} {random.randint(5000, 8999)} {random.randint(1000, 9999)}"


def customer_documents(made: list[DemoCustomer]) -> Iterator[Made]:
    for customer in made:
        yield "customer", customer.id, customer.items


def contacts(seed: int, made: list[DemoCustomer]) -> Iterator[Made]:
    """One or two contacts for each customer."""
    random = Random(f"{seed}/contacts")
    for customer in made:
        for which in range(1 if random.random() < 0.7 else 2):
            items = _contact(customer, random)
            yield "contact", contact_id(seed, customer, which), items


def contact_id(seed: int, customer: DemoCustomer, which: int = 0) -> str:
    """The id of a customer's first (or other) contact."""
    return demo_id("contact", seed, f"{customer.number}.{which}")


def _contact(customer: DemoCustomer, random: Random) -> dict[str, Any]:
    words, names = table("words"), table("places")
    position, role, department = random.choice(words["positions"])
    items: dict[str, Any] = {"customer": customer.id, "position": position, "role": role}
    born = f"{random.randint(1958, 1998)}-{random.randint(1, 12):02d}-{random.randint(1, 28):02d}"
    if customer.abroad:
        name, salutation = random.choice(names["foreign_names"])
        return items | {"name": name, "salutation": salutation, "birthday": born}
    surname, latin_surname = random.choice(names["surnames"])
    given, latin_given, salutation = random.choice(names["given"])
    login = f"{latin_given}.{latin_surname}".lower()
    return items | {
        "name": surname + given,
        "name_latin": f"{latin_surname} {latin_given}",
        "salutation": salutation,
        "department": department,
        "phone": customer.items.get("phone"),
        "mobile": f"+86 13{random.randint(0, 9)} {random.randint(10**7, 10**8 - 1)}",
        "mail": f"{login}@{customer.items['web'].removeprefix('https://www.')}",
        "wechat": f"{latin_given.lower()}{random.randint(10, 99)}",
        "birthday": born,
        "birthday_calendar": random.choice(("solar", "solar", "lunar")),
        "preferences": random.choice(words["preferences"]),
    }
