"""An access control list as a document, its problems, and what a change would bring."""

from typing import Any

import pytest

from acl import (
    ANONYMOUS,
    Acl,
    AclError,
    Entry,
    EntryType,
    Identity,
    Level,
    Privilege,
    access,
    can_read_all,
    combined,
    dry_problems,
    names_of,
    parse,
    parse_sound,
    problems,
    security_object,
    to_document,
    user_context,
)
from acl.reasons import DECISIONS, FACTS, PROBLEMS
from plugin.runtime.context import told
from plugin.runtime.messages import translate

DEFAULT = Entry("-Default-", level=Level.READER)
JANE = Entry("jane", EntryType.PERSON, Level.MANAGER, frozenset([Privilege.DELETE]))
ANNA = Entry("anna", EntryType.PERSON, Level.MANAGER)


def _codes(acl: Acl) -> list[str]:
    return [problem.code for problem in problems(acl)]


def test_a_document_comes_back_and_keeps_what_else_it_holds() -> None:
    acl = Acl((DEFAULT, JANE, Entry("sales", roles=frozenset(["[A]"]))), ("[A]",))
    doc = to_document(acl, {"_rev": "2-x", "log": [{"text": "made"}], "entries": []})
    assert parse(doc) == acl
    assert (doc["_id"], doc["form"], doc["_rev"]) == ("acl", "acl", "2-x")
    assert doc["log"] == [{"text": "made"}]


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ({}, "entries"),
        ({"entries": [{"level": "Reader"}]}, "name"),
        ({"entries": [{"name": "x", "level": "King"}]}, "Designer"),
        ({"entries": [{"name": "x", "level": "reader"}]}, "Reader"),
        ({"entries": [{"name": "x"}]}, "None is no level"),
        ({"entries": [{"name": "x", "type": "planet"}]}, "planet"),
        ({"entries": [{"name": "x", "level": "Reader", "privileges": ["fly"]}]}, "fly"),
        ({"entries": [{"name": "x", "level": "Reader", "roles": "[A]"}]}, "list"),
        ({"entries": [], "roles": "[A]"}, "roles"),
    ],
)
def test_a_document_of_another_shape_says_what_is_wrong(raw: dict[str, Any], word: str) -> None:
    with pytest.raises(AclError) as caught:
        parse(raw)
    assert word in str(caught.value)


def test_problems_name_what_to_change() -> None:
    assert _codes(Acl((DEFAULT, JANE))) == []
    assert _codes(Acl((JANE,))) == ["acl_no_default"]
    assert _codes(Acl((DEFAULT,))) == ["acl_no_manager"]
    assert _codes(Acl((DEFAULT, JANE, JANE))) == ["acl_twice"]
    assert _codes(Acl((DEFAULT, JANE, Entry("[A]")), ("[A]",))) == ["acl_bad_name"]
    assert _codes(Acl((DEFAULT, JANE), ("A",))) == ["acl_bad_role"]
    assert _codes(Acl((DEFAULT, JANE, Entry("x", roles=frozenset(["[B]"]))))) == [
        "acl_unknown_role"
    ]
    ticked = Entry("x", level=Level.READER, privileges=frozenset([Privilege.DELETE]))
    assert [str(problem) for problem in problems(Acl((DEFAULT, JANE, ticked)))] == [
        'A Reader cannot have the privilege "Delete" ("x").'
    ]
    with pytest.raises(AclError, match="Default"):
        parse_sound(to_document(Acl((JANE,))))


def test_a_manager_who_removes_himself_is_told_before() -> None:
    jane = Identity("jane")
    both = Acl((DEFAULT, JANE, ANNA))
    assert [p.code for p in dry_problems(both, Acl((DEFAULT, ANNA)), jane)] == ["acl_lose_manager"]
    alone = Acl((DEFAULT, JANE))
    codes = [p.code for p in dry_problems(alone, Acl((DEFAULT,)), jane)]
    assert codes == ["acl_no_manager", "acl_lose_manager"]
    assert dry_problems(alone, both, jane) == ()


def test_the_user_context_and_security_of_couchdb() -> None:
    anna = Identity("anna", units=("Sales", "East"), groups=frozenset(["b", "a"]), cap=Level.READER)
    roles = ("divan", "kind:person", "group:a", "group:b", "unit:Sales/East", "cap:2")
    assert user_context(anna) == ("anna", roles)
    assert user_context(ANONYMOUS) == (None, ("divan", "kind:person"))
    acl = Acl((DEFAULT, JANE))
    designer = user_context(Identity("jane"), access(acl, Identity("jane")))
    assert designer[1][-1] in security_object(acl)["admins"]["roles"]
    reader = user_context(Identity("x"), access(acl, Identity("x")))
    assert not set(reader[1]) & set(security_object(acl)["admins"]["roles"])


def test_why_says_which_entry_counts() -> None:
    given = access(Acl((DEFAULT, JANE)), Identity("jane", cap=Level.AUTHOR))
    assert [str(fact) for fact in given.why] == [
        'The entry "jane" names you: Manager.',
        "This kind of session lowers your level to Author.",
    ]


def test_why_is_told_in_chinese_with_the_level() -> None:
    (fact,) = access(Acl((DEFAULT, JANE)), Identity("jane")).why
    assert translate(told(fact), "zh_Hans") == "条目“jane”直接列出了您：管理者。"


def test_a_document_in_conflict_is_read_by_whom_all_branches_allow() -> None:
    acl = Acl((DEFAULT,))
    anna, jane = (names_of(Identity(n), access(acl, Identity(n))) for n in ("anna", "jane"))
    branches = combined([{"readers": {"r": ["anna", "jane"]}}, {"readers": {"r": ["jane"]}}])
    assert not can_read_all(anna, branches)
    assert can_read_all(jane, branches)
    assert can_read_all(anna, combined([{}, {"readers": {}}]))


def test_all_reasons_and_levels_are_translated() -> None:
    texts = {*(DECISIONS | FACTS | PROBLEMS).values(), *(level.title for level in Level)}
    assert [text for text in sorted(texts) if translate(text, "zh_Hans") == text] == []
