"""Orders 定单: made from a deal that was won, with a plan of payments by instalments."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from plugin import (
    Agent,
    Deleted,
    Documents,
    Invalid,
    Message,
    NotFound,
    Raw,
    Refused,
    Session,
    translate,
)
from plugin.tracking.payments import office_day

MARKS = re.compile(r"[/,，、;；+\s]+")
CENT = Decimal("0.01")


def make_order(documents: Documents, deal: Raw, items: Mapping[str, Any]) -> Message:
    """Make the order of a won deal, with a line for its product. Refused for a second one."""
    docid = f"order:{deal['_id'].partition(':')[2]}"
    if documents.exists(docid):
        raise Refused("The order of this deal is made already. Further ones are made below.")
    line = {
        "product": deal.get("product"),
        "text": deal.get("product_name") or deal.get("name"),
        "quantity": 1,
        "price": deal.get("amount"),
    }
    taken = ("customer", "contact", "owner", "team")
    order = documents.create(
        "order",
        {"deal": deal["_id"], "lines": [line], **{name: deal.get(name) for name in taken}},
        id=docid,
    )
    return Message("The order {number} is made.", {"number": order.get("number")})


def make_plan(documents: Documents, order: Raw, items: Mapping[str, Any]) -> Message:
    """Make a payment for each instalment of an order, and keep what was asked in the order.

    The first payment is made last: where it is there, the plan is. Raises Invalid for parts that
    make no whole, Refused where there is a plan already or no total.
    """
    key, total = order["_id"].partition(":")[2], order.get("total")
    if not total:
        raise Refused("This order has no total yet.")
    if documents.exists(f"payment:{key}:1"):
        raise Refused("There is a payment plan already. Change its payments one by one.")
    asked = {name: value for name, value in items.items() if value is not None}
    asked.setdefault("first_due", office_day(documents.context.session).isoformat())
    documents.save(order["_id"], order["_rev"], asked)
    asked = {**order, **asked}
    parts = percents(str(asked.get("instalments") or "100"))
    first, every = date.fromisoformat(asked["first_due"]), int(asked.get("every_days") or 0)
    shares = list(enumerate(zip(parts, shared(total["amount"], parts), strict=True), 1))
    for number, (part, amount) in reversed(shares):
        what = Message(
            "Instalment {number} of {count}: {percent} %",
            {"number": number, "count": len(parts), "percent": f"{part.normalize():f}"},
        )
        planned = {
            "order": order["_id"],
            "what": translate(what, documents.context.session.language),
            "due": (first + timedelta(days=every * (number - 1))).isoformat(),
            "amount": {"amount": amount, "currency": total["currency"]},
        }
        documents.create("payment", planned, id=f"payment:{key}:{number}")
    return Message("{count} payments are planned.", {"count": len(parts)})


def percents(text: str) -> list[Decimal]:
    """The parts of `30/60/10`. Raises Invalid where they are not above 0 and 100 in all."""
    try:
        parts = [Decimal(one) for one in MARKS.split(text.replace("%", "").strip("/ ")) if one]
        whole = sum(parts) == 100 and min(parts, default=0) > 0
    except InvalidOperation:
        whole = False
    if not whole:
        raise Invalid({"instalments": Message("These must be numbers that make 100 together.")})
    return parts


def shared(total: str, parts: list[Decimal]) -> Iterator[str]:
    """The amounts of the parts; the last one takes what rounding left."""
    rest = Decimal(total)
    for part in parts[:-1]:
        amount = (Decimal(total) * part / 100).quantize(CENT, ROUND_HALF_UP)
        rest -= amount
        yield str(amount)
    yield str(rest.quantize(CENT))


def show_payments(session: Session, payment: Raw) -> None:
    """Write into an order what is planned and what was received, and plan the rest of a payment
    that came in part."""
    if not isinstance(payment.get("order"), str):
        return
    documents = session.database("tracking")
    try:
        order = documents.open(payment["order"])
    except NotFound:
        return  # deleted meanwhile
    _plan_rest(documents, payment)
    total = order.get("total") or {}
    sums = {"planned": Decimal(0), "received": Decimal(0)}
    for row in session.listing("tracking", "payments_by_order").all_rows([order.id]):
        item = {"planned": "amount", "received": "received"}.get(row.items.get("state", "planned"))
        money = row.items.get(item or "") or {}
        if item and money.get("currency") == total.get("currency"):
            sums["planned" if item == "amount" else "received"] += Decimal(money["amount"])
    currency = total.get("currency")
    found = {
        name: {"amount": str(amount.quantize(CENT)), "currency": currency} if amount else None
        for name, amount in sums.items()
    }
    documents.save(order.id, order.rev, found)


def _plan_rest(documents: Documents, payment: Raw) -> None:
    """What is missing of a payment stays planned, under an id made of the payment's."""
    if payment.get("state") != "received":
        return
    amount, received = payment.get("amount") or {}, payment.get("received") or {}
    rest = Decimal(amount.get("amount", 0)) - Decimal(received.get("amount", 0))
    if rest > 0 and amount.get("currency") == received.get("currency"):
        items = {name: payment.get(name) for name in ("order", "what", "due")}
        items["amount"] = {"amount": str(rest), "currency": amount["currency"]}
        with suppress(Deleted):  # what somebody deleted is not planned again
            documents.create("payment", items, id=f"{payment['_id']}.rest")


ORDERS_SHOW_PAYMENTS = Agent(
    name="orders-show-payments",
    database="tracking",
    forms=frozenset({"payment"}),
    run=show_payments,
)
