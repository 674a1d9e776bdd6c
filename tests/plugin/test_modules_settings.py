"""People, groups, keyword lists and numbering rules; knowledge and mailboxes beside them."""

import pytest

from plugin import Invalid, Refused
from tests.plugin.company import Company


def test_a_person_gets_the_id_of_the_user_name(company: Company) -> None:
    door = company.door("admin", "settings")
    person = door.create("person", {"login": "li.na", "name_latin": "Li Na", "name_zh": "李娜"})
    assert person.id == "person:li.na"
    assert company.office.directory.name_of("li.na", "zh_Hans") == "李娜"
    assert company.session("li.na").database("tracking").may("create")


@pytest.mark.parametrize("name", ["Anna", "anna snelling", "李娜", "-a", "a..b", "[admin]"])
def test_a_bad_user_name_is_refused(company: Company, name: str) -> None:
    with pytest.raises(Invalid) as error:
        company.door("admin", "settings").create("person", {"login": name, "name_latin": "X"})
    assert set(error.value.problems) == {"login"}


def test_persons_and_groups_share_one_name_space(company: Company) -> None:
    door = company.door("admin", "settings")
    for form, items in (
        ("person", {"login": "anna", "name_latin": "Anna"}),
        ("person", {"login": "leaders", "name_latin": "Leaders"}),
        ("group", {"name": "anna", "title": "Anna"}),
    ):
        with pytest.raises(Invalid) as error:
            door.create(form, items)
        assert "This name is taken." in map(str, error.value.problems.values())


def test_a_name_never_changes_and_nobody_reports_to_oneself(company: Company) -> None:
    door = company.door("admin", "settings")
    anna = door.open("person:anna")
    with pytest.raises(Invalid) as error:
        door.save(anna.id, anna.rev, {"login": "ann"})
    assert set(error.value.problems) == {"login"}
    with pytest.raises(Invalid) as error:
        door.save(anna.id, anna.rev, {"manager": "anna"})
    assert set(error.value.problems) == {"manager"}


def test_staff_read_the_settings_and_do_not_write_them(company: Company) -> None:
    door = company.door("boss", "settings")
    person = door.open("person:anna")
    assert person.get("name_zh") == "安娜"
    with pytest.raises(Refused):
        door.save(person.id, person.rev, {"manager": "boss"})
    with pytest.raises(Refused):
        door.create("group", {"name": "mine", "title": "Mine"})


def test_a_new_office_has_keyword_lists_numbers_and_groups(company: Company) -> None:
    session = company.session("anna")
    lists = {
        row.items["name"] for row in session.listing("settings", "keywords_by_name").all_rows()
    }
    wanted = {
        item.keywords
        for info in session.databases()
        for form in session.database(info.name).forms.values()
        for item in form.items.values()
        if item.keywords
    }
    assert wanted <= lists
    item = session.database("customers").form("customer").items["class"]
    assert "Partner" in [choice.value for choice in session.database("customers").choices(item)]
    groups = {row.items["name"] for row in session.listing("settings", "groups_by_kind").all_rows()}
    assert {"leaders", "service", "knowledge-editors"} <= groups


def test_first_documents_are_not_written_again(company: Company) -> None:
    door = company.door("admin", "settings")
    regions = door.open("keywords:region")
    door.save(regions.id, regions.rev, {"values": ["东北"]})
    groups = door.open("group:knowledge-editors")
    door.save(groups.id, groups.rev, {"title": "Editors"})
    company.office.deploy()
    assert door.open("keywords:region").get("values") == ["东北"]
    assert door.open("group:knowledge-editors").get("title") == "Editors"


def test_a_numbering_rule_can_be_changed(company: Company) -> None:
    door = company.door("admin", "settings")
    rule = door.open("numbering:deal")
    with pytest.raises(Invalid) as error:
        door.save(rule.id, rule.rev, {"pattern": "D{yaer}"})
    assert set(error.value.problems) == {"pattern"}
    door.save(rule.id, rule.rev, {"pattern": "业务{year}{month}-{n:03d}"})
    assert company.deal("anna").get("number") == "业务202611-001"


def test_a_restricted_article_is_for_those_named_and_its_author(company: Company) -> None:
    given = {"title": "折扣规则", "kind": "Quotation", "text": "内部", "for": ["leaders"]}
    article = company.door("anna", "knowledge").create("article", given)
    seen = {n for n in ("anna", "boss", "ben") if company.door(n, "knowledge").exists(article.id)}
    assert seen == {"anna", "boss"}


def test_products_are_written_by_editors(company: Company) -> None:
    product = company.door("admin", "knowledge").create("product", {"name": "HR-CMM 500"})
    assert company.door("ben", "knowledge").exists(product.id)
    with pytest.raises(Refused):
        company.door("ben", "knowledge").save(product.id, product.rev, {"name": "X"})


def test_a_mailbox_is_its_persons_alone(company: Company) -> None:
    name = company.office.mail_database("anna")
    memo = company.system.database(name).create("memo", {"subject": "催办", "sender": "boss"})
    door = company.door("anna", name)
    unread = company.session("anna").listing(name, "unread_memos")
    assert unread.count() == 1
    assert str(door.run_action(memo.id, "mark_read")) == "Marked as read."
    assert unread.count() == 0
    door.run_action(memo.id, "mark_unread")
    assert unread.count() == 1
    for other in ("boss", "admin", "ben"):
        assert not company.door(other, name).exists(memo.id)
        assert name not in [info.name for info in company.session(other).databases()]


def test_only_administrators_look_into_the_outbox(company: Company) -> None:
    entered = {
        name: "outbox" in [info.name for info in company.session(name).databases()]
        for name in ("admin", "boss", "anna", "sue")
    }
    assert entered == {"admin": True, "boss": False, "anna": False, "sue": False}
