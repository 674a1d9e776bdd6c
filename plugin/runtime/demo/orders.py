"""Orders of the demo company's won deals, with deliveries and payments planned and received."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from plugin.runtime.demo.customers import demo_id
from plugin.runtime.demo.deals import DemoDeal
from plugin.runtime.demo.tables import Made, table

SERVICE_PART = Decimal("0.08")
"""Of an order: installation and training."""
INSTALMENTS = ((30, -20), (60, 12), (10, 100))
"""Per cent, and the days after the order was confirmed at which it is due."""


@dataclass(frozen=True)
class DemoOrder:
    """One order with what hangs on it."""

    id: str
    items: dict[str, Any]
    deliveries: list[Made] = field(default_factory=list)
    payments: list[Made] = field(default_factory=list)


def orders(seed: int, deals: list[DemoDeal], now: datetime) -> list[DemoOrder]:
    """An order for each deal that was won; those of finished deals are delivered and paid."""
    random = Random(f"{seed}/orders")
    won = [deal for deal in deals if deal.stage in ("won", "finished")]
    return [_order(seed, deal, random, now.date()) for deal in won]


def _order(seed: int, deal: DemoDeal, random: Random, today: date) -> DemoOrder:
    won = date.fromisoformat(deal.items["won_on"])
    done = deal.stage == "finished"
    docid = f"order:{deal.id.partition(':')[2]}"
    total = Decimal(deal.items["amount"]["amount"])
    service = (total * SERVICE_PART).quantize(Decimal("0.01"))
    words = table("words")["orders_abroad" if deal.abroad else "orders"]
    items = {
        "deal": deal.id,
        "customer": deal.items["customer"],
        "contact": deal.items["contact"],
        "owner": deal.owner,
        "ordered_on": won.isoformat(),
        "deliver_by": (won + timedelta(days=45)).isoformat(),
        "contract_number": f"HR-{won:%y%m}-{random.randint(100, 999)}",
        "signed_on": won.isoformat(),
        "confirmed_on": won.isoformat(),
        "state": "closed" if done else "confirmed",
        "lines": [
            _line("1", total - service, product=deal.items["product"]),
            _line("2", service, text=words["service"]),
        ],
    }
    if done:
        items |= dict.fromkeys(("delivered_on", "closed_on"), deal.items["finished_on"])
    order = DemoOrder(docid, items)
    order.deliveries.append(_delivery(seed, order, won, done, words))
    order.payments.extend(_payments(order, total, won, today, done, words))
    received = sum(Decimal(one[2].get("received", _money("0"))["amount"]) for one in order.payments)
    items["received"] = _money(received) if received else None
    items["planned"] = _money(total - received) if received < total else None
    return order


def _line(row: str, price: Decimal, **items: Any) -> dict[str, Any]:
    return {"id": f"line{row}", "quantity": 1, "price": _money(price), **items}


def _money(amount: Decimal | str) -> dict[str, str]:
    return {"amount": f"{Decimal(amount):.2f}", "currency": "CNY"}


def _delivery(seed: int, order: DemoOrder, won: date, done: bool, words: dict[str, Any]) -> Made:
    day = (won + timedelta(days=30)).isoformat()
    items = {"order": order.id, "what": words["delivery"], "planned_on": day}
    if done:
        items |= {"state": "delivered", "delivered_on": day, "carrier": words["carrier"]}
    return "delivery", demo_id("delivery", seed, order.id), items


def _payments(
    order: DemoOrder, total: Decimal, won: date, today: date, done: bool, words: dict[str, Any]
) -> Iterator[Made]:
    """The first instalment comes with the order; of open orders the others are still expected."""
    rest = total
    key = order.id.partition(":")[2]
    for number, (percent, days) in enumerate(INSTALMENTS, 1):
        amount = (total * percent / 100).quantize(Decimal("0.01"))
        amount = rest if number == len(INSTALMENTS) else amount
        rest -= amount
        due = won + timedelta(days=days + 25)
        items: dict[str, Any] = {
            "order": order.id,
            "what": words["payment"].format(number=number, percent=percent),
            "due": due.isoformat(),
            "amount": _money(amount),
        }
        if done or (number == 1 and due <= today):
            items |= {"state": "received", "received_on": min(due, today).isoformat()}
            items |= {"received": _money(amount), "method": "Bank transfer"}
        yield "payment", f"payment:{key}:{number}", items


def order_documents(made: list[DemoOrder]) -> Iterator[Made]:
    for order in made:
        yield "order", order.id, order.items


def deliveries(made: list[DemoOrder]) -> Iterator[Made]:
    for order in made:
        yield from order.deliveries


def payments(made: list[DemoOrder]) -> Iterator[Made]:
    for order in made:
        yield from order.payments
