"""The chain of a complaint with notices to whoever is next; support cases and the question library;
after-sales services."""

import pytest

from plugin import Document, Refused
from tests.plugin.company import Company


def complaint(company: Company) -> Document:
    customer = company.customer("anna")
    return company.door("sue", "service").create(
        "complaint",
        {
            "subject": "测头频繁报警",
            "customer": customer.id,
            "class": "Product quality",
            "description": "每天三四次",
        },
    )


def step(company: Company, name: str, doc: Document, what: str, **items: object) -> Document:
    return company.door(name, "service").transition(doc.id, doc.rev, what, items)


def test_the_whole_chain(company: Company) -> None:
    doc = complaint(company)
    assert (doc.get("number"), doc.get("state")) == ("T2026-0001", "received")
    doc = step(company, "sue", doc, "judge", judgement="属实")
    doc = step(
        company, "sue", doc, "assign", department="service", responsible="ben", due="2026-11-30"
    )
    doc = step(company, "ben", doc, "propose", proposal="更换测头", decider="boss")
    with pytest.raises(Refused, match="Only these may do this"):
        step(company, "ben", doc, "decide", decision="同意")
    doc = step(company, "boss", doc, "decide", decision="同意")
    doc = step(company, "ben", doc, "carry_out", action_taken="已更换")
    doc = step(company, "sue", doc, "close", cause="Material", summary="加一道检查")
    assert (doc.get("state"), doc.get("closed_on")) == ("closed", "2026-11-22")
    assert [line["to"] for line in doc.raw["steps"]] == [
        "judged", "assigned", "proposed", "decided", "carried_out", "closed"
    ]  # fmt: skip


def test_who_is_next_is_told_once_for_each_step(company: Company) -> None:
    doc = complaint(company)
    doc = step(company, "sue", doc, "judge", judgement="属实")
    company.run()
    assert company.notices() == {}  # the next step is her own
    doc = step(company, "sue", doc, "assign", department="service", responsible="ben")
    company.run()
    company.run()
    key = doc.id.partition(":")[2]
    assert set(company.notices()) == {f"outgoing:complaint-step:{key}:2:ben"}
    doc = step(company, "ben", doc, "return_to_service", return_reason="不是我的产品")
    company.run()
    notice = company.notices()[f"outgoing:complaint-step:{key}:3:sue"]
    assert notice["values"]["text"] == "不是我的产品"
    assert notice["values"]["by"] == "ben"


def test_a_step_needs_what_it_asks_for(company: Company) -> None:
    doc = complaint(company)
    with pytest.raises(Refused, match="Fill in first: Judgement"):
        step(company, "sue", doc, "judge")


def test_others_do_not_see_it_until_they_are_responsible(company: Company) -> None:
    doc = complaint(company)
    assert not company.door("ben", "service").exists(doc.id)
    doc = step(company, "sue", doc, "judge", judgement="属实")
    doc = step(company, "sue", doc, "assign", department="service", responsible="ben")
    assert company.door("ben", "service").exists(doc.id)
    assert company.door("manager", "service").exists(doc.id)
    listing = company.session("ben").listing("service", "my_open_complaints")
    assert [row.id for row in listing.page().rows] == [doc.id]


def test_a_support_case_is_answered(company: Company) -> None:
    customer = company.customer("anna")
    door = company.door("sue", "service")
    case = door.create(
        "support", {"subject": "补偿", "customer": customer.id, "question": "怎么设置？"}
    )
    assert case.get("number") == "S2026-0001"
    with pytest.raises(Refused, match="Fill in first: Answer"):
        door.transition(case.id, case.rev, "answer")
    done = door.transition(case.id, case.rev, "answer", {"answer": "先校验"})
    assert (done.get("state"), done.get("answered_on")) == ("answered", "2026-11-22")


def question(company: Company) -> Document:
    """A question that a service engineer took into the library."""
    door = company.door("sue", "service")
    made = door.create(
        "question",
        {"subject": "测针补偿怎么设置？", "class": "Operation", "answer": "先做测针校验"},
    )
    return door.transition(made.id, made.rev, "publish")


def support_case(company: Company, name: str) -> Document:
    customer = company.customer(name)
    return company.door(name, "service").create(
        "support", {"subject": "补偿", "customer": customer.id, "question": "怎么设置？"}
    )


def test_v3_any_member_of_staff_answers_from_the_library_and_use_is_counted(
    company: Company,
) -> None:
    known = question(company)
    anna = company.session("anna")
    assert anna.listing("service", "questions_by_class").page().total == 1
    case = support_case(company, "anna")
    door = company.door("anna", "service")
    with pytest.raises(Refused, match="Fill in first: From the question library"):
        door.transition(case.id, case.rev, "answer_from_library")
    done = door.transition(case.id, case.rev, "answer_from_library", {"library": known.id})
    assert (done.get("state"), done.get("library_subject")) == ("answered", "测针补偿怎么设置？")
    used = company.session("sue").listing("service", "support_by_question").all_rows([known.id])
    assert [row.id for row in used] == [case.id]
    assert anna.listing("service", "support_by_answer").page().total == 1


def test_v3_what_is_withdrawn_answers_nothing_any_more(company: Company) -> None:
    known = question(company)
    company.door("sue", "service").transition(known.id, known.rev, "withdraw")
    assert company.session("anna").listing("service", "questions_by_class").page().total == 0


def test_v3_only_an_answer_makes_a_question_of_the_library(company: Company) -> None:
    door = company.door("sue", "service")
    draft = door.create("question", {"subject": "?", "class": "Operation"})
    with pytest.raises(Refused, match="Fill in first: Answer"):
        door.transition(draft.id, draft.rev, "publish")


def test_v4_a_service_is_planned_carried_out_and_stands_with_the_customer(
    company: Company,
) -> None:
    customer = company.customer("anna")
    door = company.door("sue", "service")
    visit = door.create(
        "visit",
        {"subject": "Calibrate", "customer": customer.id, "starts": "2026-11-23T01:00:00Z"},
    )
    mine = company.session("sue").listing("service", "my_planned_visits")
    assert [row.id for row in mine.page().rows] == [visit.id]
    with pytest.raises(Refused, match="Fill in first: Content of the service"):
        door.transition(visit.id, visit.rev, "done")
    done = door.transition(
        visit.id, visit.rev, "done",
        {"content": "校准完成", "result": "solved", "cost": {"amount": "300", "currency": "CNY"}},
    )  # fmt: skip
    assert (done.get("state"), done.get("customer_name")) == ("done", customer.get("name"))
    theirs = company.session("anna").listing("service", "visits_by_customer")
    assert [row.id for row in theirs.all_rows([customer.id])] == [visit.id]
    assert mine.page().total == 0
