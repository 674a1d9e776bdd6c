"""The chain of a complaint from its receipt to the summary, with notices to whoever is next."""

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
