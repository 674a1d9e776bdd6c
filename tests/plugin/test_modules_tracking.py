"""Deals, activities, chase-ups and reminders as people meet them."""

from datetime import timedelta

import pytest

from plugin import Document, Invalid, NotFound, Refused, stamp
from tests.plugin.company import NOW, Company, yuan


def activity(company: Company, deal: Document, **items: object) -> Document:
    given = {"subject": "拜访", "kind": "Visit", "deal": deal.id, "starts": stamp(company.now)}
    return company.door("anna", "tracking").create("activity", {**given, **items})


def test_a_deal_takes_over_its_customer_and_gets_a_number(company: Company) -> None:
    first, second = company.deal("anna"), company.deal("anna")
    assert first.get("number") == "D2026-0001"
    assert second.get("number") == "D2026-0002"
    assert first.get("customer_name") == "明珠精密机械有限公司"
    assert (first.get("region"), first.get("industry")) == ("East China", "Automotive")
    assert first.get("owner") == "anna"
    assert first.get("opened_on") == "2026-11-22"
    assert first.get("stage") == "tracking"


def test_only_owner_team_and_leaders_read_a_deal(company: Company) -> None:
    deal = company.deal("anna", team=["carla"])
    for name in ("anna", "carla", "manager", "boss", "admin"):
        assert company.door(name, "tracking").open(deal.id).id == deal.id
    for name in ("ben", "sue"):
        assert not company.door(name, "tracking").exists(deal.id)
    with pytest.raises(NotFound):
        company.door("guest", "tracking").open(deal.id)


def test_totals_leave_out_what_a_person_may_not_read(company: Company) -> None:
    company.deal("anna", amount=yuan("100.00"))
    company.deal("ben", amount=yuan("23.50"))
    totals = {
        name: company.session(name).listing("tracking", "deals_by_stage").page().sums
        for name in ("anna", "ben", "manager", "carla")
    }
    assert totals["anna"] == (1, 100)
    assert totals["ben"] == (1, 23.5)
    assert totals["manager"] == (2, 123.5)
    assert totals["carla"] == (0,)


def test_a_deal_goes_from_tracking_to_won_to_finished(company: Company) -> None:
    deal = company.deal("anna")
    door = company.door("anna", "tracking")
    won = door.transition(deal.id, deal.rev, "win")
    assert (won.get("stage"), won.get("won_on")) == ("won", "2026-11-22")
    finished = door.transition(won.id, won.rev, "finish")
    assert (finished.get("stage"), finished.get("finished_on")) == ("finished", "2026-11-22")


def test_forbidden_steps_say_why(company: Company) -> None:
    deal = company.deal("anna", customer=None, amount=None)
    door = company.door("anna", "tracking")
    reasons = {step.name: str(step.reason) for step in door.steps(deal) if not step.allowed}
    assert reasons["win"] == "Fill in first: Customer."
    assert reasons["finish"] == "Not possible in the state “Tracking”."
    with pytest.raises(Refused, match="Fill in first: Customer"):
        door.transition(deal.id, deal.rev, "win")
    with pytest.raises(Refused, match="Fill in first: Reason of the loss"):
        door.transition(deal.id, deal.rev, "lose")


def test_a_lost_deal_is_reopened_by_leaders_only(company: Company) -> None:
    deal = company.deal("anna")
    door = company.door("anna", "tracking")
    lost = door.transition(deal.id, deal.rev, "lose", {"lost_reason": "Price"})
    assert (lost.get("lost_reason"), lost.get("lost_on")) == ("Price", "2026-11-22")
    with pytest.raises(Refused, match="Only these may do this"):
        door.transition(lost.id, lost.rev, "reopen")
    for leader in ("manager", "boss"):
        again = company.door(leader, "tracking").open(deal.id)
        steps = company.door(leader, "tracking").steps(again)
        assert [step.allowed for step in steps if step.name == "reopen"] == [True]
    opened = company.door("boss", "tracking").transition(lost.id, lost.rev, "reopen")
    assert (opened.get("stage"), opened.get("lost_on")) == ("tracking", None)


def test_a_reason_of_the_loss_is_one_of_the_list(company: Company) -> None:
    deal = company.deal("anna")
    with pytest.raises(Invalid) as error:
        company.door("anna", "tracking").transition(
            deal.id, deal.rev, "lose", {"lost_reason": "Bad weather"}
        )
    assert set(error.value.problems) == {"lost_reason"}


def test_an_activity_has_the_people_and_the_customer_of_its_deal(company: Company) -> None:
    deal = company.deal("anna")
    made = activity(company, deal, remind_at=stamp(NOW + timedelta(hours=1)))
    assert made.get("customer") == deal.get("customer")
    assert made.get("customer_name") == "明珠精密机械有限公司"
    assert made.get("remind") == ["anna"]
    assert company.door("manager", "tracking").exists(made.id)
    assert not company.door("ben", "tracking").exists(made.id)


def test_an_activity_may_be_with_a_customer_alone(company: Company) -> None:
    customer = company.customer("anna")
    made = company.door("anna", "tracking").create(
        "activity", {"subject": "Hello", "kind": "Phone call", "customer": customer.id}
    )
    assert made.get("customer_name") == "明珠精密机械有限公司"
    listing = company.session("anna").listing("tracking", "activities_by_customer")
    assert [row.id for row in listing.all_rows([customer.id])] == [made.id]


def test_an_activity_does_not_end_before_it_begins(company: Company) -> None:
    deal = company.deal("anna")
    with pytest.raises(Invalid) as error:
        activity(company, deal, ends=stamp(NOW - timedelta(minutes=1)))
    assert str(error.value.problems["ends"]) == "The end lies before the beginning."


def test_a_deal_shows_last_and_next_contact(company: Company) -> None:
    deal = company.deal("anna")
    first = activity(company, deal)
    activity(company, deal, starts="2026-11-30T06:00:00Z")
    door = company.door("anna", "tracking")
    door.transition(first.id, first.rev, "done", {"result": "好"})
    company.run()
    seen = door.open(deal.id)
    assert seen.get("last_contact_on") == "2026-11-22"
    assert seen.get("next_contact_on") == "2026-11-30"


def test_a_deal_handed_over_takes_its_activities_along(company: Company) -> None:
    deal = company.deal("anna")
    made = activity(company, deal)
    company.door("manager", "tracking").save(deal.id, deal.rev, {"owner": "ben"})
    company.run()
    assert company.door("ben", "tracking").exists(made.id)
    assert company.door("ben", "tracking").open(made.id).get("deal_owner") == "ben"


def test_a_reminder_goes_out_once_at_its_time_and_again_for_a_new_time(company: Company) -> None:
    deal = company.deal("anna")
    at = NOW + timedelta(minutes=30)
    made = activity(company, deal, remind_at=stamp(at), remind=["anna", "ben"], place="上海")
    company.run()
    assert company.notices() == {}
    company.tick(minutes=30)
    company.run()
    company.run()
    first = company.notices()
    hex_ = made.id.partition(":")[2]
    assert set(first) == {
        f"outgoing:reminder:{hex_}.{stamp(at)}:{name}" for name in ("anna", "ben")
    }
    notice = first[f"outgoing:reminder:{hex_}.{stamp(at)}:anna"]
    assert notice["values"] == {"subject": "拜访", "at": stamp(NOW), "place": "上海"}
    assert notice["about"] == {"database": "tracking", "id": made.id}
    door = company.door("anna", "tracking")
    later = stamp(at + timedelta(hours=1))
    current = door.open(made.id)
    door.save(current.id, current.rev, {"remind_at": later, "remind": ["anna"]})
    company.run()
    assert company.notices().keys() == first.keys()
    company.tick(hours=1)
    company.run()
    assert company.notices().keys() - first.keys() == {f"outgoing:reminder:{hex_}.{later}:anna"}


def test_what_was_done_or_cancelled_reminds_nobody(company: Company) -> None:
    deal = company.deal("anna")
    made = activity(company, deal, remind_at=stamp(NOW + timedelta(minutes=5)))
    company.door("anna", "tracking").transition(made.id, made.rev, "cancel")
    company.tick(minutes=10)
    company.run()
    assert company.notices() == {}


def test_a_leader_chases_with_one_click_and_the_owner_answers_with_one(company: Company) -> None:
    deal = company.deal("anna")
    door = company.door("manager", "tracking")
    assert "chase" in door.actions(deal)
    assert str(door.run_action(deal.id, "chase")) == "Anna has been chased up."
    company.run()
    company.run()
    hex_ = deal.id.partition(":")[2]
    assert set(company.notices()) == {f"outgoing:chase-up:{hex_}:1:anna"}
    assert company.notices()[f"outgoing:chase-up:{hex_}:1:anna"]["values"]["by"] == "manager"
    mine = company.session("anna").listing("tracking", "my_open_chases").page().rows
    assert [row.items["deal_name"] for row in mine] == ["三坐标测量机"]
    chase = company.door("anna", "tracking").open(mine[0].id)
    answered = company.door("anna", "tracking").transition(chase.id, chase.rev, "acknowledge")
    assert answered.get("answered_at") == stamp(NOW)
    company.run()
    assert f"outgoing:chase-answer:{hex_}:1:manager" in company.notices()
    door.run_action(deal.id, "chase")
    rounds = company.session("manager").listing("tracking", "chases_by_deal").all_rows([deal.id])
    assert sorted(row.items["round"] for row in rounds) == [1, 2]


def test_a_chase_up_with_a_text_is_written_as_a_document(company: Company) -> None:
    deal = company.deal("anna")
    door = company.door("manager", "tracking")
    given = {"deal": deal.id, "text": "月底前要结果", "due": "2026-11-30", "from": "boss"}
    chase = door.create("chase", given)
    assert (chase.get("from"), chase.get("to")) == ("manager", "anna")
    company.run()
    (notice,) = company.notices().values()
    assert notice["values"] == {"by": "manager", "text": "月底前要结果", "due": "2026-11-30"}


def test_who_is_chased_answers_but_does_not_rewrite_the_question(company: Company) -> None:
    deal = company.deal("anna")
    chase = company.door("manager", "tracking").create("chase", {"deal": deal.id, "text": "?"})
    door = company.door("anna", "tracking")
    changed = door.save(chase.id, chase.rev, {"text": "!", "from": "ben", "answer": "soon"})
    assert (changed.get("text"), changed.get("from")) == ("?", "manager")
    assert changed.get("answer") == "soon"
    again = company.door("manager", "tracking").save(chase.id, changed.rev, {"text": "??"})
    assert again.get("text") == "??"


def test_states_come_in_the_order_of_the_workflow(company: Company) -> None:
    door = company.door("anna", "tracking")
    for step in ("finish", "win", "lose", ""):
        deal = company.deal("anna", name=step or "open", lost_reason="Price")
        for one in {"finish": ("win", "finish"), "": ()}.get(step, (step,)):
            deal = door.transition(deal.id, deal.rev, one)
    for name in ("deals_by_stage", "my_deals_by_stage"):
        categories = company.session("anna").listing("tracking", name).categories()
        assert [one.value for one in categories] == ["tracking", "won", "finished", "lost"]


def test_colleagues_do_not_chase(company: Company) -> None:
    deal = company.deal("anna", team=["ben"])
    assert company.door("ben", "tracking").actions(deal) == []
    with pytest.raises(Refused, match="Only these may do this"):
        company.door("ben", "tracking").run_action(deal.id, "chase")
    with pytest.raises(Refused, match="Only a leader"):
        company.door("ben", "tracking").create("chase", {"deal": deal.id, "to": "anna"})


def test_what_is_over_cannot_be_chased(company: Company) -> None:
    deal = company.deal("anna")
    door = company.door("anna", "tracking")
    door.transition(deal.id, deal.rev, "lose", {"lost_reason": "Price"})
    with pytest.raises(Refused, match="finished or lost"):
        company.door("manager", "tracking").run_action(deal.id, "chase")
