"""Deals, activities and chase-ups of the demo company: a year of business before `now`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from plugin.runtime.clock import stamp
from plugin.runtime.demo.customers import DemoCustomer, contact_id, demo_id
from plugin.runtime.demo.knowledge import competitor_rows, product_rows
from plugin.runtime.demo.people import SALES
from plugin.runtime.demo.tables import Made, table

DEALS_A_CUSTOMER = 5 / 3
STAGES = ("tracking",) * 9 + ("won",) * 3 + ("finished",) * 5 + ("lost",) * 3
PROBABILITY = {"prospecting": 10, "engaging": 30, "offer": 50, "negotiating": 75}


@dataclass(frozen=True)
class DemoDeal:
    """One deal with the activities that belong to it."""

    id: str
    owner: str
    stage: str
    abroad: bool
    importance: str
    items: dict[str, Any]
    activities: list[Made] = field(default_factory=list)


def deals(seed: int, customers: list[DemoCustomer], now: datetime) -> list[DemoDeal]:
    """Deals in all states, five for every three customers."""
    random = Random(f"{seed}/deals")
    count = round(len(customers) * DEALS_A_CUSTOMER)
    reminded: set[str] = set()
    made = []
    for number in range(count):
        customer = customers[number] if number < len(customers) else random.choice(customers)
        made.append(_deal(seed, number, customer, random, now, reminded))
    return made


def _deal(
    seed: int,
    number: int,
    customer: DemoCustomer,
    random: Random,
    now: datetime,
    reminded: set[str],
) -> DemoDeal:
    product = random.choice(product_rows())
    stage = random.choice(STAGES)
    opened = now - timedelta(days=random.randint(4, 150 if stage == "tracking" else 360))
    pieces = random.choice((1, 1, 1, 2, 3))
    amount = round(product["price"] * pieces * random.uniform(0.85, 1.0), -2)
    items = {
        "name": _name(customer, product, random),
        "customer": customer.id,
        "contact": contact_id(seed, customer),
        "owner": customer.owner,
        "source": customer.items["source"],
        "opened_on": f"{opened:%Y-%m-%d}",
        "product": f"product:{product['key']}",
        "amount": {"amount": f"{amount:.2f}", "currency": "CNY"},
        "stage": stage,
        **_of_stage(stage, opened, customer, random, now),
    }
    docid = demo_id("deal", seed, str(number))
    deal = DemoDeal(docid, customer.owner, stage, customer.abroad, customer.importance, items)
    contact = contact_id(seed, customer)
    deal.activities.extend(_activities(seed, deal, contact, random, now, reminded))
    days = [(one[2]["state"], one[2]["starts"][:10]) for one in deal.activities]
    items["last_contact_on"] = max((day for state, day in days if state == "done"), default=None)
    items["next_contact_on"] = min((day for state, day in days if state == "planned"), default=None)
    return deal


def _name(customer: DemoCustomer, product: dict[str, Any], random: Random) -> str:
    if customer.abroad:
        return f"{customer.short} – {product['number']}"
    kind = random.choice(table("words")["deal_kinds"])
    return f"{customer.short} {product['name'].split(' ')[0]}{kind}"


def _of_stage(
    stage: str, opened: datetime, customer: DemoCustomer, random: Random, now: datetime
) -> dict[str, Any]:
    closed = min(opened + timedelta(days=random.randint(15, 110)), now - timedelta(days=1))
    if stage == "won":
        return {"won_on": f"{closed:%Y-%m-%d}", "probability": 100}
    if stage == "finished":
        won = opened + (closed - opened) / 2
        days = {"won_on": f"{won:%Y-%m-%d}", "finished_on": f"{closed:%Y-%m-%d}"}
        return days | {"probability": 100}
    if stage == "lost":
        rival = f"competitor:{random.choice(competitor_rows())['key']}"
        reason = random.choice(table("words")["lost_reasons"])
        found = {"lost_on": f"{closed:%Y-%m-%d}", "lost_reason": reason, "probability": 0}
        return found | {"lost_to": rival, "competitor": rival}
    phase = random.choice(tuple(PROBABILITY))
    expected = now + timedelta(days=random.randint(-10, 120))
    progress = table("words")["progress_abroad" if customer.abroad else "progress"]
    found = {"phase": phase, "probability": PROBABILITY[phase]}
    if random.random() < 0.4:
        row = random.choice(competitor_rows())
        found |= {"competitor": f"competitor:{row['key']}", "competitor_strategy": row["strategy"]}
    return found | {"expected_on": f"{expected:%Y-%m-%d}", "progress": random.choice(progress)}


def _activities(
    seed: int,
    deal: DemoDeal,
    contact: str,
    random: Random,
    now: datetime,
    reminded: set[str],
) -> Iterator[Made]:
    """What was done since the deal was opened, and for open deals what comes next."""
    opened = datetime.fromisoformat(f"{deal.items['opened_on']}T01:00:00+00:00")
    suffix = "_abroad" if deal.abroad else ""
    texts, steps = table("words")[f"activities{suffix}"], table("words")[f"next_steps{suffix}"]
    for which in range(random.choice((1, 1, 2, 2, 3))):
        kind, subject, result = random.choice(texts)
        starts = _in_office_hours(opened + (now - opened) * random.random(), random)
        items = {"kind": kind, "subject": subject, "state": "done", "result": result}
        items |= {"starts": stamp(starts), "next_step": random.choice(steps)}
        yield _activity(seed, deal, contact, which, items)
    if deal.stage != "tracking" or random.random() < 0.3:
        return
    kind, subject, _ = random.choice(texts)
    starts = _in_office_hours(now + timedelta(days=random.randint(-2, 20)), random)
    remind = timedelta(minutes=30)
    if deal.owner not in reminded:  # everybody's first one is due as soon as the office runs
        reminded.add(deal.owner)
        starts = now + timedelta(minutes=29)
    items = {"kind": kind, "subject": subject, "state": "planned", "starts": stamp(starts)}
    items["ends"] = stamp(starts + timedelta(hours=1))
    if starts > now:
        items["remind_at"] = stamp(starts - remind)
    yield _activity(seed, deal, contact, 9, items)


def _in_office_hours(moment: datetime, random: Random) -> datetime:
    """The same day between nine and five in China, which is UTC+8 all year."""
    return moment.replace(hour=random.randint(1, 8), minute=random.choice((0, 15, 30)), second=0)


def _activity(seed: int, deal: DemoDeal, contact: str, which: int, items: dict[str, Any]) -> Made:
    made = {"deal": deal.id, "contact": contact, "owner": deal.owner, **items}
    if "remind_at" in items:
        made["remind"] = [deal.owner]
    return "activity", demo_id("activity", seed, f"{deal.id}.{which}"), made


def deal_documents(made: list[DemoDeal]) -> Iterator[Made]:
    for deal in made:
        yield "deal", deal.id, deal.items


def activity_documents(made: list[DemoDeal]) -> Iterator[Made]:
    for deal in made:
        yield from deal.activities


def chases(made: list[DemoDeal], managers: dict[str, str], now: datetime) -> Iterator[Made]:
    """One open deal of each sales person chased up by the manager; every second one answered."""
    firsts: dict[str, DemoDeal] = {}
    for deal in made:
        if deal.stage == "tracking":
            firsts.setdefault(deal.owner, deal)
    chased = [firsts[name] for name in SALES if name in firsts]
    words = table("words")
    for number, deal in enumerate(chased):
        sent = now - timedelta(days=number + 1)
        texts = words["chases_abroad" if deal.abroad else "chases"]
        items = {
            "deal": deal.id,
            "from": managers[deal.owner],
            "to": deal.owner,
            "text": texts[number % len(texts)],
            "due": f"{sent + timedelta(days=3):%Y-%m-%d}",
            "round": 1,
            "sent_at": stamp(sent),
            "state": "open",
        }
        if number % 2:
            answered = stamp(sent + timedelta(hours=5))
            answer = words["answers"][number // 2 % len(words["answers"])]
            items |= {"state": "answered", "answer": answer, "answered_at": answered}
        yield "chase", f"chase:{deal.id.partition(':')[2]}:1", items
