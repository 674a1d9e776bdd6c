"""Topics, replies and interest profiles: whose they are and who reads them."""

import pytest

from plugin import Document, Invalid, Refused, stamp
from tests.plugin.company import NOW, Company


def topic(company: Company, writer: str = "anna", /, **items: object) -> Document:
    given = {"subject": "怎么约所长？", "category": "Sales experience", "body": "请教 **各位**"}
    return company.door(writer, "forum").create("topic", {**given, **items})


def reply(company: Company, author: str, to: Document, **items: object) -> Document:
    return company.door(author, "forum").create("reply", {"topic": to.id, "body": "好", **items})


def test_the_author_is_who_writes(company: Company) -> None:
    made = topic(company, author="boss", written="2001-01-01T00:00:00Z")
    assert (made.get("author"), made.get("written")) == ("anna", stamp(NOW))
    door = company.door("anna", "forum")
    changed = door.save(made.id, made.rev, {"author": "boss", "body": "新"})
    assert (changed.get("author"), changed.get("body")) == ("anna", "新")
    with pytest.raises(Refused):
        company.door("ben", "forum").save(changed.id, changed.rev, {"body": "其他"})


def test_everybody_reads_an_open_topic_and_guests_only_if_let_in(company: Company) -> None:
    made = topic(company)
    assert company.door("ben", "forum").exists(made.id)
    assert "forum" not in [info.name for info in company.session("guest").databases()]
    assert not company.door("guest", "forum").exists(made.id)


def test_a_restricted_topic_and_its_replies_are_for_those_named(company: Company) -> None:
    made = topic(company, **{"for": ["leaders", "carla"]})
    answer = reply(company, "boss", made)
    for name in ("anna", "boss", "carla"):
        assert company.door(name, "forum").exists(made.id)
        assert company.door(name, "forum").exists(answer.id)
    for name in ("ben", "sue"):
        assert not company.door(name, "forum").exists(made.id)
        assert not company.door(name, "forum").exists(answer.id)
        assert company.session(name).listing("forum", "documents_by_author").count() == 0


def test_a_topic_restricted_later_takes_its_replies_along(company: Company) -> None:
    made = topic(company)
    answer = reply(company, "ben", made)
    assert company.door("sue", "forum").exists(answer.id)
    company.door("anna", "forum").save(made.id, made.rev, {"for": ["carla"]})
    company.run()
    assert not company.door("sue", "forum").exists(answer.id)
    assert company.door("carla", "forum").exists(answer.id)


def test_replies_may_answer_replies_of_the_same_topic(company: Company) -> None:
    made, other = topic(company), topic(company, subject="另一个")
    first = reply(company, "ben", made)
    second = reply(company, "anna", made, answers=first.id)
    assert second.get("subject") == "怎么约所长？"
    assert second.get("answers_author") == "ben"
    deeper = company.session("sue").listing("forum", "replies_by_answer")
    assert [row.id for row in deeper.all_rows([first.id])] == [second.id]
    with pytest.raises(Invalid) as error:
        reply(company, "anna", other, answers=first.id)
    assert set(error.value.problems) == {"answers"}


def test_an_interest_profile_is_private_and_single(company: Company) -> None:
    door = company.door("anna", "forum")
    profile = door.create("interest", {"person": "ben", "words": ["电池"]})
    assert profile.get("person") == "anna"
    assert profile.get("frequency") == "daily"
    for name in ("ben", "boss", "admin"):
        assert not company.door(name, "forum").exists(profile.id)
    with pytest.raises(Invalid) as error:
        door.create("interest", {"words": ["模具"]})
    assert set(error.value.problems) == {"person"}
    assert door.save(profile.id, profile.rev, {"hour": 9}).get("hour") == 9
