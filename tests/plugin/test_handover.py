"""Handing a person's work over, one document or all of it, and taking it back (T8, C10)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from plugin import (
    Document,
    Invalid,
    Refused,
    begin_handover,
    may_hand_over,
    stamp,
    work_of,
    work_with,
)
from plugin.runtime.door import many
from plugin.runtime.handover import running
from plugin.runtime.handover.held import place
from plugin.runtime.people.people import leave
from tests.plugin.company import NOW, Company

KINDS = ("customers", "deals", "activities", "complaints", "support")


def activity(company: Company, deal: Document, **items: object) -> Document:
    given = {"subject": "拜访", "kind": "Visit", "deal": deal.id, "starts": stamp(company.now)}
    owner = deal.get("owner")
    return company.door(owner, "tracking").create("activity", {**given, **items})


def hand_over(
    company: Company, by: str, former: str, new: str, kinds: tuple[str, ...] = KINDS
) -> Document:
    """Ask for all of somebody's work; the office has not begun yet."""
    session = company.session(by)
    return begin_handover(session, work_of(session, former), new, kinds, set(), "Viel Erfolg")


def now(company: Company, doc: Document) -> Document:
    return company.system.database(doc.database).open(doc.id)


def owners(company: Company, *docs: Document) -> list[Any]:
    return [now(company, doc).get("owner") for doc in docs]


@pytest.fixture
def work(company: Company) -> dict[str, Document]:
    """What Anna has in hand, and what she had."""
    deal = company.deal("anna", team=["anna", "carla"])
    door = company.door("anna", "tracking")
    won = company.deal("anna", customer=deal.get("customer"), name="won")
    won = door.transition(won.id, won.rev, "win")
    lost = company.deal("anna", customer=deal.get("customer"), name="lost", lost_reason="Price")
    lost = door.transition(lost.id, lost.rev, "lose")
    done = activity(company, deal, subject="done")
    customers = company.door("anna", "customers")
    found = {
        "customer": customers.open(deal.get("customer")),
        "contact": customers.create("contact", {"customer": deal.get("customer"), "name": "王芳"}),
        "deal": deal,
        "won": won,
        "lost": lost,
        "planned": activity(company, deal, participants=["anna", "ben"]),
        "done": door.transition(done.id, done.rev, "done"),
        "support": company.door("anna", "service").create(
            "support", {"subject": "?", "customer": deal.get("customer"), "question": "?"}
        ),
    }
    company.run()
    return found


def test_t8_c10_a_leavers_whole_portfolio_goes_and_history_stays(
    company: Company, work: dict[str, Document]
) -> None:
    leave(company.office, "anna")
    made = hand_over(company, "manager", "anna", "ben")
    company.run()
    done = now(company, made)
    assert done.get("state") == "done"
    assert done.get("kinds") == ["customers", "deals", "activities", "support"]
    assert done.get("planned") == done.get("moved") == [1, 2, 1, 1]
    moved = [work[name] for name in ("customer", "deal", "won", "planned", "support", "contact")]
    assert set(owners(company, *moved)) == {"ben"}
    assert owners(company, work["lost"], work["done"]) == ["anna", "anna"]
    planned = now(company, work["planned"])
    assert (planned.get("participants"), planned.get("remind")) == (["ben"], ["ben"])
    assert planned.get("deal_owner") == "ben"
    assert now(company, work["deal"]).get("team") == ["ben", "carla"]
    for doc in moved:
        assert company.door("ben", doc.database).exists(doc.id)
    (line,) = now(company, work["deal"]).raw["handovers"]
    assert {key: line[key] for key in ("handover", "from", "to", "by")} == {
        "handover": made.id, "from": "anna", "to": "ben", "by": "manager",
    }  # fmt: skip


def test_the_new_owner_gets_one_notice(company: Company, work: dict[str, Document]) -> None:
    made = hand_over(company, "manager", "anna", "ben")
    company.run()
    company.run()
    hex_ = made.id.partition(":")[2]
    assert set(company.notices()) == {f"outgoing:handover:{hex_}:ben"}
    (notice,) = company.notices().values()
    assert notice["values"] == {
        "by": "manager", "former": "anna", "count": "5", "text": "Viel Erfolg",
    }  # fmt: skip
    assert notice["about"] == {"database": "tracking", "id": made.id}


def test_who_may_is_the_owner_those_above_leaders_and_administrators(company: Company) -> None:
    company.deal("anna")
    for name in ("anna", "manager", "boss", "admin"):
        assert may_hand_over(company.session(name), "anna") is None
    for name in ("ben", "carla", "sue"):
        assert "Only these may do this" in str(may_hand_over(company.session(name), "anna"))
        with pytest.raises(Refused, match="Only these may do this"):
            work_of(company.session(name), "anna")
    draft = company.door("ben", "tracking").create(
        "handover", {"from": "anna", "to": "ben", "kinds": ["deals"]}
    )
    with pytest.raises(Refused, match="Only these may do this"):
        company.door("ben", "tracking").transition(draft.id, draft.rev, "start")


def test_to_whom_it_cannot_go_is_said_at_the_item(company: Company) -> None:
    company.deal("anna")
    leave(company.office, "carla")
    for new, why in (
        ("anna", "former owner"), ("carla", "has left"), ("guest", "may not work"), ("nn", "Nobody")
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            hand_over(company, "manager", "anna", new)
        assert why in str(refused.value.problems["to"])
    with pytest.raises(Invalid) as refused:
        hand_over(company, "manager", "anna", "ben", ("deals", "yachts"))
    assert "yachts" in str(refused.value.problems["kinds"])


def test_one_customer_goes_with_what_was_ticked(
    company: Company, work: dict[str, Document]
) -> None:
    other = company.deal("anna")
    session = company.session("anna")
    asked = work_with(session, work["customer"])
    shown = {one.holding.name: len(one.documents) for one in asked.shares}
    assert shown == {"customers": 1, "deals": 2, "activities": 1, "support": 1}
    going = {place(work[name]) for name in ("customer", "deal", "planned", "support")}
    made = begin_handover(session, asked, "ben", ("customers", "deals", "activities"), going, "")
    company.run()
    assert now(company, made).get("moved") == [1, 1, 1]
    assert set(owners(company, work["customer"], work["deal"], work["planned"])) == {"ben"}
    assert set(owners(company, work["won"], work["support"], other)) == {"anna"}
    assert not company.door("anna", "customers").exists(work["customer"].id)
    assert company.door("anna", "tracking").exists(made.id)


def test_taking_it_back_leaves_alone_what_was_changed_since(
    company: Company, work: dict[str, Document]
) -> None:
    before = {name: doc.items for name, doc in work.items()}
    made = hand_over(company, "manager", "anna", "ben")
    company.run()
    company.tick(minutes=5)
    ben = company.door("ben", "tracking")
    won = ben.open(work["won"].id)
    ben.save(won.id, won.rev, {"owner": "carla"})
    company.run()
    noted = ben.open(work["deal"].id)
    ben.save(noted.id, noted.rev, {"progress": "called"})
    done = now(company, made)
    with pytest.raises(Refused, match="Only these"):
        company.door("anna", "tracking").transition(done.id, done.rev, "undo")
    company.door("boss", "tracking").transition(done.id, done.rev, "undo")
    company.run()
    undone = now(company, made)
    assert undone.get("state") == "undone"
    assert (undone.get("returned"), undone.get("unreturned")) == ([1, 1, 1, 1], [0, 1, 0, 0])
    assert undone.get("problems") == [f"changed tracking/{won.id}"]
    assert owners(company, work["won"]) == ["carla"]
    for name in ("customer", "planned", "support", "contact"):
        assert now(company, work[name]).items == before[name]
    deal = now(company, work["deal"])
    assert (deal.get("owner"), deal.get("progress")) == ("anna", "called")
    assert deal.get("team") == ["anna", "carla"]
    assert [line.get("undone", False) for line in deal.raw["handovers"]] == [False, True]
    hex_ = made.id.partition(":")[2]
    assert f"outgoing:handover-undone:{hex_}:ben" in company.notices()


def test_a_cancelled_handover_keeps_what_was_done_and_that_can_be_taken_back(
    company: Company, work: dict[str, Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH", 2)
    made = hand_over(company, "manager", "anna", "ben")

    def cancel(doc: Document) -> None:
        if doc.get("position") == 2:
            company.door("manager", "tracking").transition(doc.id, doc.rev, "cancel")

    running.Handovers(company.office).run_once(progress=cancel)
    cancelled = now(company, made)
    assert cancelled.get("state") == "cancelled"
    assert (cancelled.get("planned"), cancelled.get("moved")) == ([1, 2, 1, 1], [1, 1, 0, 0])
    assert owners(company, work["customer"], work["planned"]) == ["ben", "anna"]
    company.door("boss", "tracking").transition(made.id, cancelled.rev, "undo")
    company.run()
    undone = now(company, made)
    assert (undone.get("state"), undone.get("returned")) == ("undone", [1, 1, 0, 0])
    assert set(owners(company, work["customer"], work["deal"], work["won"])) == {"anna"}


def test_it_goes_on_where_it_was_stopped(
    company: Company, work: dict[str, Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH", 1)
    made = hand_over(company, "manager", "anna", "ben")
    rounds = iter([False, False, False, True])
    running.Handovers(company.office).run_once(lambda: next(rounds))
    assert sum(now(company, made).get("moved")) == 2
    late = company.deal("anna")
    company.run()
    assert now(company, made).get("moved") == [1, 2, 1, 1]
    assert owners(company, late) == ["anna"]


def test_what_is_somebody_elses_by_then_stays(
    company: Company, work: dict[str, Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH", 1)
    made = hand_over(company, "manager", "anna", "ben")
    manager = company.door("manager", "tracking")

    def meanwhile(doc: Document) -> None:
        if doc.get("position") == 0:
            won = manager.open(work["won"].id)
            manager.save(won.id, won.rev, {"owner": "manager"})
            manager.save(work["deal"].id, work["deal"].rev, {"progress": "hot"})

    running.Handovers(company.office).run_once(progress=meanwhile)
    done = now(company, made)
    assert (done.get("moved"), done.get("stayed")) == ([1, 1, 1, 1], [0, 1, 0, 0])
    assert done.get("problems") == [f"changed tracking/{work['won'].id}"]
    assert now(company, work["deal"]).get("progress") == "hot"


def test_only_what_the_one_who_asked_may_edit_is_moved(company: Company) -> None:
    """A handover gives nobody a right: each document is written under the asker's own name."""
    mine = company.deal("anna")
    made = hand_over(company, "manager", "anna", "ben")
    company.system.database("settings").save(
        "person:anna", now_rev(company, "person:anna"), {"manager": "carla"}
    )
    company.run()
    cancelled = now(company, made)
    assert cancelled.get("state") == "cancelled"
    assert cancelled.get("problems") == [f"refused tracking/{made.id}"]
    assert owners(company, mine) == ["anna"]


def test_what_is_gone_before_it_begins_ends_it_with_nothing(company: Company) -> None:
    customer = company.customer("anna")
    session = company.session("anna")
    made = begin_handover(session, work_with(session, customer), "ben", ["customers"], set(), "")
    company.system.database("customers").delete(customer.id, customer.rev)
    company.run()
    done = now(company, made)
    assert (done.get("state"), done.get("planned"), done.get("moved")) == ("done", [0], [0])
    assert company.notices() == {}


def now_rev(company: Company, docid: str) -> str:
    return company.system.database("settings").open(docid).rev


def test_a_save_in_between_is_met_once_more(
    company: Company, work: dict[str, Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = hand_over(company, "manager", "anna", "ben")
    written: Callable[..., list[str]] = many._written
    meetings: list[str] = []

    def slow(ctx: Any, prepared: Any, results: Any) -> list[str]:
        if ctx.name == "customers" and not meetings:
            current = now(company, work["customer"])
            company.door("manager", "customers").save(current.id, current.rev, {"city": "上海"})
            meetings.append(current.id)
        return written(ctx, prepared, results)

    monkeypatch.setattr(many, "_written", slow)
    company.run()
    customer = now(company, work["customer"])
    assert (customer.get("owner"), customer.get("city"), len(meetings)) == ("ben", "上海", 1)
    assert now(company, made).get("stayed") == [0, 0, 0, 0]


def test_a_reminder_reaches_the_new_owner_alone(
    company: Company, work: dict[str, Document]
) -> None:
    door = company.door("anna", "tracking")
    planned = door.open(work["planned"].id)
    at = stamp(NOW + timedelta(hours=1))
    door.save(planned.id, planned.rev, {"remind_at": at})
    hand_over(company, "anna", "anna", "ben")
    company.run()
    company.tick(hours=1)
    company.run()
    reminders = [one for one in company.notices() if one.startswith("outgoing:reminder")]
    assert [one.rpartition(":")[2] for one in reminders] == ["ben"]
