"""T10: from a won deal to its order, deliveries and payments, as people meet them."""

from datetime import timedelta

import pytest

from plugin import Document, Invalid, Refused, ReviewBox, proposed
from plugin.tracking.orders import percents, shared
from store.errors import Forbidden
from tests.plugin.company import Company, yuan


@pytest.fixture
def won(company: Company) -> Document:
    deal = company.deal("anna", amount=yuan("1000.00"))
    return company.door("anna", "tracking").transition(deal.id, deal.rev, "win")


def order_of(company: Company, deal: Document) -> Document:
    company.door("anna", "tracking").run_action(deal.id, "order")
    return company.door("anna", "tracking").open(f"order:{deal.id.partition(':')[2]}")


def confirmed(company: Company, deal: Document) -> Document:
    order = order_of(company, deal)
    return company.door("anna", "tracking").transition(order.id, order.rev, "confirm")


def planned(company: Company, deal: Document, **asked: object) -> list[Document]:
    """The payments of the plan of a confirmed order, by number."""
    order = confirmed(company, deal)
    company.door("anna", "tracking").run_action(order.id, "plan", asked)
    company.run()
    rows = company.session("anna").listing("tracking", "payments_by_order").all_rows([order.id])
    return sorted((row.document for row in rows), key=lambda doc: doc.id)


def test_a_won_deal_offers_to_make_the_order_and_no_other_does(company: Company) -> None:
    deal = company.deal("anna")
    door = company.door("anna", "tracking")
    assert "order" not in door.actions(deal)
    with pytest.raises(Refused, match="not possible as the document stands now"):
        door.run_action(deal.id, "order")
    won = door.transition(deal.id, deal.rev, "win")
    assert "order" in door.actions(won)
    assert str(door.run_action(won.id, "order")) == "The order O2026-0001 is made."
    with pytest.raises(Refused, match="is made already"):
        door.run_action(won.id, "order")


def test_an_order_takes_over_customer_owner_and_amount(company: Company, won: Document) -> None:
    order = order_of(company, won)
    assert order.title == "O2026-0001 明珠精密机械有限公司"
    assert (order.get("owner"), order.get("deal_name")) == ("anna", "三坐标测量机")
    (line,) = order.items["lines"]
    assert (line["text"], line["quantity"], line["amount"]) == ("三坐标测量机", 1, yuan("1000.00"))
    assert order.get("total") == order.get("outstanding") == yuan("1000.00")
    listing = company.session("anna").listing("tracking", "orders_by_customer")
    assert listing.page(prefix=[won.get("customer")]).sums == (1, 1000, 1000)


def test_lines_take_name_unit_and_price_of_their_product(company: Company, won: Document) -> None:
    items = {"name": "Gauge", "unit": "pc", "list_price": yuan("80.00")}
    product = company.door("admin", "knowledge").create("product", items)
    order = order_of(company, won)
    cheap = {"product": product.id, "quantity": 5, "price": yuan("60"), "discount": 10}
    lines = [{"product": product.id, "quantity": 2}, cheap]
    order = company.door("anna", "tracking").save(order.id, order.rev, {"lines": lines})
    shown = [(row["text"], row["unit"], row["price"]["amount"]) for row in order.items["lines"]]
    assert shown == [("Gauge", "pc", "80.00"), ("Gauge", "pc", "60")]
    assert order.get("total") == yuan("430.00")


def test_what_is_confirmed_is_shut_until_a_leader_returns_it(
    company: Company, won: Document
) -> None:
    order = confirmed(company, won)
    door = company.door("anna", "tracking")
    with pytest.raises(Invalid) as told:
        door.save(order.id, order.rev, {"lines": None})
    assert set(told.value.problems) == {"lines"}
    assert [step.name for step in door.steps(order) if step.allowed] == ["deliver", "cancel"]
    with pytest.raises(Refused, match="Only these may do this"):
        door.transition(order.id, order.rev, "return")
    draft = company.door("manager", "tracking").transition(order.id, order.rev, "return")
    assert (draft.get("state"), draft.get("confirmed_on")) == ("draft", None)


def test_only_owner_team_and_leaders_read_order_and_payments(
    company: Company, won: Document
) -> None:
    payment = planned(company, won)[0]
    for docid in (payment.id, payment.get("order")):
        for name in ("anna", "manager", "boss"):
            assert company.door(name, "tracking").exists(docid)
        for name in ("ben", "carla", "sue"):
            assert not company.door(name, "tracking").exists(docid)
    totals = company.session("ben").listing("tracking", "open_payments_by_owner").page()
    assert totals.sums == (0,)


def test_a_plan_by_instalments_adds_up_to_the_total(company: Company, won: Document) -> None:
    payments = planned(company, won, instalments="30/60/10", first_due="2026-12-01", every_days=30)
    assert [doc.get("amount")["amount"] for doc in payments] == ["300.00", "600.00", "100.00"]
    assert [doc.get("due") for doc in payments] == ["2026-12-01", "2026-12-31", "2027-01-30"]
    assert payments[0].get("what") == "Instalment 1 of 3: 30 %"
    order = company.door("anna", "tracking").open(payments[0].get("order"))
    assert (order.get("planned"), order.get("outstanding")) == (yuan("1000.00"),) * 2
    with pytest.raises(Refused, match="There is a payment plan already"):
        company.door("anna", "tracking").run_action(order.id, "plan", {})


@pytest.mark.parametrize("text", ["", "50/60", "abc", "110/-10", "50/50/0", "NaN", "1e2/0"])
def test_parts_that_make_no_whole_are_refused_at_their_item(text: str) -> None:
    with pytest.raises(Invalid) as told:
        percents(text)
    assert set(told.value.problems) == {"instalments"}


@pytest.mark.parametrize("text", ["100", "30/60/10", "33.3, 33.3, 33.4", "50 %/50"])
def test_parts_add_up_to_any_total(text: str) -> None:
    for total in ("0.01", "99.99", "1000.00", "333333.33"):
        amounts = [round(float(one) * 100) for one in shared(total, percents(text))]
        assert sum(amounts) == round(float(total) * 100)


def test_what_was_received_is_no_longer_outstanding(company: Company, won: Document) -> None:
    first = planned(company, won, instalments="40/60")[0]
    came = {"received_on": "2026-11-22", "received": yuan("400.00"), "method": "Cheque"}
    door = company.door("anna", "tracking")
    paid = door.transition(first.id, first.rev, "receive", came)
    company.run()
    assert (paid.get("standing"), paid.get("open")) == ("received", None)
    order = door.open(first.get("order"))
    assert order.get("received") == yuan("400.00")
    assert order.get("planned") == order.get("outstanding") == yuan("600.00")
    with pytest.raises(Refused, match="Only these may do this"):
        door.transition(paid.id, paid.rev, "return")
    company.door("manager", "tracking").transition(paid.id, paid.rev, "return")
    company.run()
    assert door.open(order.id).get("outstanding") == yuan("1000.00")


def test_the_rest_of_a_payment_that_came_in_part_stays_planned(
    company: Company, won: Document
) -> None:
    (payment,) = planned(company, won, instalments="100")
    came = {"received_on": "2026-11-22", "received": yuan("250.50")}
    company.door("anna", "tracking").transition(payment.id, payment.rev, "receive", came)
    company.run()
    company.run()
    rest = company.door("anna", "tracking").open(f"{payment.id}.rest")
    assert (rest.get("amount"), rest.get("due")) == (yuan("749.50"), payment.get("due"))
    order = company.door("anna", "tracking").open(payment.get("order"))
    assert order.get("planned") == order.get("outstanding") == yuan("749.50")


def test_a_payment_is_in_the_currency_of_its_order(company: Company, won: Document) -> None:
    order = confirmed(company, won)
    items = {"order": order.id, "what": "x", "due": "2026-12-01"}
    with pytest.raises(Invalid) as told:
        company.door("anna", "tracking").create(
            "payment", {**items, "amount": {"amount": "1", "currency": "USD"}}
        )
    assert set(told.value.problems) == {"amount"}


def test_deliveries_stand_with_their_order(company: Company, won: Document) -> None:
    order = confirmed(company, won)
    door = company.door("anna", "tracking")
    made = door.create("delivery", {"order": order.id, "what": "Machine"})
    assert (made.get("owner"), made.get("customer")) == ("anna", order.get("customer"))
    done = door.transition(made.id, made.rev, "deliver", {"delivered_on": "2026-11-23"})
    assert done.get("state") == "delivered"
    waiting = company.session("anna").listing("tracking", "planned_deliveries")
    assert waiting.count() == 0


def test_deliveries_and_payments_go_with_their_order(company: Company, won: Document) -> None:
    payment = planned(company, won)[0]
    order = company.door("manager", "tracking").open(payment.get("order"))
    company.door("manager", "tracking").save(order.id, order.rev, {"owner": "ben"})
    company.run()
    assert company.door("ben", "tracking").open(payment.id).get("owner") == "ben"
    assert not company.door("anna", "tracking").exists(payment.id)


def kinds(company: Company) -> list[tuple[str, str]]:
    return sorted((raw["kind"], raw["to"]) for raw in company.notices().values())


def test_the_owner_is_reminded_and_the_leader_told_once(company: Company, won: Document) -> None:
    (payment,) = planned(company, won, instalments="100", first_due="2026-12-01")
    told: list[tuple[str, str]] = []

    def on_day(days: int, *new: tuple[str, str]) -> None:
        company.tick(days=days)
        company.run()
        told.extend(new)
        assert kinds(company) == sorted(told), company.now

    on_day(0)
    on_day(1)
    on_day(1, ("payment-due", "anna"))
    on_day(7)
    on_day(1, ("payment-overdue", "anna"))
    assert company.door("anna", "tracking").open(payment.id).get("standing") == "overdue"
    on_day(6)
    on_day(1, ("payment-escalated", "manager"))
    on_day(100)
    values = company.notices()[
        f"outgoing:payment-overdue:{payment.id.partition(':')[2]}.2026-12-01:anna"
    ]["values"]
    assert (values["due"], values["amount"]) == ("2026-12-01", "1000.00 CNY")


def test_a_new_day_is_told_of_anew_and_a_received_payment_never(
    company: Company, won: Document
) -> None:
    first, second = planned(company, won, instalments="50/50", first_due="2026-11-20")
    assert kinds(company) == [("payment-overdue", "anna")]
    door = company.door("anna", "tracking")
    late = door.open(first.id)
    door.save(late.id, late.rev, {"due": "2026-11-25"})
    came = {"received_on": "2026-11-22", "received": yuan("500.00")}
    door.transition(second.id, second.rev, "receive", came)
    company.run()
    company.now += timedelta(days=60)
    company.run()
    assert kinds(company) == [
        ("payment-due", "anna"),
        ("payment-escalated", "manager"),
        ("payment-overdue", "anna"),
        ("payment-overdue", "anna"),
    ]
    listing = company.session("manager").listing("tracking", "open_payments_by_owner")
    assert listing.page(prefix=["anna", "overdue"]).sums == (1, 500)


def test_open_orders_are_handed_over_with_their_payments(company: Company, won: Document) -> None:
    payment = planned(company, won)[0]
    made = company.door("manager", "tracking").create(
        "handover", {"from": "anna", "to": "ben", "kinds": ["orders"]}
    )
    company.door("manager", "tracking").transition(made.id, made.rev, "start")
    company.run()
    company.run()
    for docid in (payment.get("order"), payment.id):
        assert company.door("ben", "tracking").open(docid).get("owner") == "ben"
        assert not company.door("anna", "tracking").exists(docid)


def test_lines_that_were_changed_while_the_order_was_confirmed_wait_for_a_person(
    company: Company, won: Document
) -> None:
    """Made apart, as on a laptop: what was confirmed is not changed behind who confirmed it."""
    order = order_of(company, won)
    db = company.office.server.database("tracking")
    mine = {**order.raw["lines"][0], "quantity": 2, "amount": yuan("2000.00")}
    generation, digest = order.rev.split("-")
    last = int(generation) + 1
    loser = {
        **order.raw,
        **dict.fromkeys(("total", "outstanding"), yuan("2000.00")),
        "lines": [mine],
        "changed": {f"lines/{mine['id']}": [last, "2026-11-22T06:00:00Z", "anna"]},
        "_rev": f"{last}-{'0' * 32}",
        "_revisions": {"start": last, "ids": ["0" * 32, digest]},
    }
    confirmed = company.door("manager", "tracking").transition(order.id, order.rev, "confirm")
    assert db.bulk_docs([loser], new_edits=False) == []
    company.run()
    door = company.door("anna", "tracking")
    assert door.clashes(order.id) == ("lines",)
    with pytest.raises(Invalid, match="correct"):
        door.settle(order.id, {"lines": loser["_rev"]})
    settled = door.settle(order.id, {"lines": confirmed.rev})
    assert (settled.get("state"), settled.get("total")) == ("confirmed", yuan("1000.00"))


def test_a_confirmed_order_is_shut_for_replicas_too(company: Company, won: Document) -> None:
    order = confirmed(company, won)
    context = company.door("anna", "tracking").context
    with pytest.raises(Forbidden, match="Order lines: This cannot be changed any more"):
        context.writing.put({**order.raw, "lines": [], "total": None, "outstanding": None})


def test_a_refused_edit_of_lines_is_taken_over_row_by_row(company: Company, won: Document) -> None:
    """What a laptop could not send: the review box shows rows, and takes those that are chosen."""
    order = order_of(company, won)
    (first,) = order.items["lines"]
    generation, digest = order.rev.split("-")
    last = int(generation) + 1
    version = {
        **order.raw,
        "lines": [{**first, "quantity": 5}],
        "changed": {f"lines/{first['id']}": [last, "2026-11-22T06:00:00Z", "carla"]},
        "_rev": f"{last}-{'0' * 32}",
        "_revisions": {"start": last, "ids": ["0" * 32, digest]},
    }
    second = {"text": "Case", "quantity": 1, "price": yuan("9.00")}
    company.door("anna", "tracking").save(order.id, order.rev, {"lines": [first, second]})
    box = ReviewBox(company.office)
    box.put("carla", {"key": "0" * 16, "database": "tracking", "version": version})
    (proposal,) = box.all(company.session("anna"))
    names = proposed(company.door("anna", "tracking").form("order"), proposal)
    assert names == (f"lines/{first['id']}",)
    box.accept(company.session("anna"), proposal.id, names)
    now = company.door("anna", "tracking").open(order.id)
    assert [row["quantity"] for row in now.items["lines"]] == [5, 1]
    assert now.get("total") == yuan("5009.00")
