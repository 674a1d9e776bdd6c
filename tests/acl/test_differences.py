"""What differs between two lists, and the steps of a decision on a document."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acl import (
    RULES,
    Acl,
    Entry,
    EntryType,
    Identity,
    Level,
    Privilege,
    Rule,
    access,
    differences,
    explain,
    may,
)
from acl.reasons import ABOUT, CHANGES, DECISIONS, FACTS, WARNINGS
from plugin import translate

DEFAULT = Entry("-Default-")
ANNA = Entry("anna", EntryType.PERSON, Level.AUTHOR, frozenset({Privilege.CREATE}))
Items = dict[str, dict[str, list[str]]]
LIST = Acl((DEFAULT, ANNA), ("[Boss]",))


def texts(after: Acl, before: Acl = LIST) -> list[str]:
    return [str(one) for one in differences(before, after)]


def with_anna(**changes: object) -> Acl:
    return replace(LIST, entries=(DEFAULT, replace(ANNA, **changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (LIST, []),
        (with_anna(level=Level.EDITOR), ['"anna" has Editor instead of Author.']),
        (
            with_anna(type=EntryType.GROUP),
            ['The type of "anna" is Person group instead of Person.'],
        ),
        (with_anna(privileges=frozenset()), ['"anna" lost the privilege "Create".']),
        (with_anna(roles=frozenset({"[Boss]"})), ['"anna" got the role [Boss].']),
        (with_anna(name="bea"), ['"anna" is now called "bea".']),
        (replace(LIST, entries=(DEFAULT,)), ['"anna" was removed: it had Author.']),
        (replace(LIST, roles=("[Chief]",)), ["The role [Chief] was added.",
                                             "The role [Boss] was removed."]),
    ],
)  # fmt: skip
def test_each_kind_of_change_is_one_sentence(after: Acl, told: list[str]) -> None:
    assert texts(after) == told


def test_a_new_entry_is_told_with_what_was_ticked() -> None:
    after = replace(LIST, entries=(DEFAULT,))
    assert texts(LIST, after) == [
        '"anna" was added: Author.',
        '"anna" got the privilege "Create".',
    ]


def entries(name: str) -> st.SearchStrategy[Entry]:
    """Sound entries, as they can be saved: nothing is ticked that the level has always or never."""

    def made(level: Level, type_: EntryType, ticked: frozenset[Privilege]) -> Entry:
        optional = frozenset(p for p in ticked if RULES[level][p] is Rule.OPTIONAL)
        return Entry(name, type_, level, optional)

    ticks = st.frozensets(st.sampled_from(Privilege))
    return st.builds(made, st.sampled_from(Level), st.sampled_from(EntryType), ticks)


lists = st.tuples(entries("anna"), entries("bea"), entries("-Default-")).map(Acl)


@given(lists, lists)
def test_lists_that_differ_are_told_apart_and_equal_ones_are_not(one: Acl, two: Acl) -> None:
    assert bool(differences(one, two)) is (one != two)


def test_all_texts_are_translated() -> None:
    found = {*(ABOUT | CHANGES | WARNINGS).values(), *(p.label for p in Privilege)}
    found |= {one.label for one in EntryType}
    assert [text for text in sorted(found) if translate(text, "zh_Hans") == text] == []
    assert ABOUT.keys() <= (DECISIONS | FACTS).keys()


def test_an_explanation_shows_each_item_and_who_fits() -> None:
    identity = Identity("anna", groups=frozenset({"sales"}))
    doc = {
        "_rev": "1-a",
        "readers": {"people": ["sales", "carl"], "extra": []},
        "authors": {"people": ["carl"]},
    }
    (branch,) = (found := explain(access(LIST, identity), identity, [doc])).branches
    assert [(one.item, one.name, one.fits) for one in branch.readers] == [
        ("people", "carl", False),
        ("people", "sales", True),
    ]
    assert branch.restricted
    assert found.decisions["read"].allowed
    assert found.decisions["edit"].reason.code == "not_author"


def test_each_branch_must_let_one_read_and_malformed_items_let_nobody() -> None:
    identity = Identity("anna")
    found = explain(
        access(LIST, identity),
        identity,
        [{"_rev": "2-a"}, {"_rev": "2-b", "readers": ["anna"]}],
    )
    assert [branch.rev for branch in found.refused] == ["2-b"]
    assert found.refused[0].readers[0].fits is False
    assert {one.reason.code for one in found.decisions.values()} == {"not_reader"}


@given(
    lists,
    st.sampled_from([{}, {"readers": {"r": ["anna"]}}, {"readers": {"r": ["x"]}}]),
    st.sampled_from([{}, {"authors": {"a": ["anna"]}}]),
)
def test_the_explanation_decides_as_the_decision_does(
    acl: Acl, readers: dict, authors: dict
) -> None:  # type: ignore[type-arg]
    identity = Identity("anna")
    doc = {"_id": "d", **readers, **authors}
    held = access(acl, identity)
    for action, decision in explain(held, identity, [doc]).decisions.items():
        assert decision == may(held, identity, action, doc, doc)
