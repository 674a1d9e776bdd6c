"""Python and JavaScript decide alike on whatever list, identity and document there may be."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from acl import (
    RULES,
    Acl,
    AclError,
    Entry,
    EntryType,
    Identity,
    Level,
    Privilege,
    access,
    may,
    may_write,
    names_of,
    parse,
    problems,
    reader_set,
    reason,
)
from acl.reasons import DECISIONS
from tests.acl.building import context_of, list_of
from tests.acl.javascript import JavaScript

JS = JavaScript()
PEOPLE = ["anna", "jane", "divan-server", "Anonymous"]
GROUPS = ["sales", "leaders-of:anna", "[Admin]", "constructor", "__proto__"]
ROLES = ["[Admin]", "[Leaders]"]
UNITS = ["*/Sales", "*/Sales/Central", "*/Service"]
LISTED = [*PEOPLE, *GROUPS, *ROLES, *UNITS, "*", "", "?"]
ACTIONS = ["read", "create", "edit", "delete", "design", "manage", "replicate"]

entries = st.builds(
    Entry,
    st.sampled_from([*PEOPLE, *GROUPS, *UNITS, "-Default-"]),
    st.sampled_from(EntryType),
    st.sampled_from(Level),
    st.frozensets(st.sampled_from(Privilege)),
    st.frozensets(st.sampled_from(ROLES)),
)
lists = st.builds(Acl, st.lists(entries, max_size=8).map(tuple), st.just(tuple(ROLES)))
identities = st.builds(
    Identity,
    st.sampled_from([None, *PEOPLE]),
    st.sampled_from(["person", "server"]),
    st.sampled_from([(), ("Sales",), ("Sales", "Central"), ("Sales/Central",), ("Service",)]),
    st.frozensets(st.sampled_from(GROUPS)),
    st.sampled_from(Level),
)
malformed = st.one_of(st.none(), st.integers(), st.text(max_size=2), st.booleans())
names = st.lists(st.one_of(st.sampled_from(LISTED), malformed), max_size=3)
name_items = st.dictionaries(
    st.sampled_from(["team", "others", "__proto__x"]), st.one_of(names, malformed), max_size=2
)
good_items = st.one_of(
    st.dictionaries(
        st.sampled_from(["team", "others"]),
        st.lists(st.sampled_from(LISTED), max_size=3),
        max_size=2,
    ),
    st.sampled_from(PEOPLE).map(lambda name: {"team": [name]}),
)
listed_items = st.one_of(good_items, good_items, name_items, malformed, st.just([]))
documents = st.fixed_dictionaries(
    {"_id": st.sampled_from(["deal:1", "deal:1", "acl"])},
    optional={
        "form": st.sampled_from(["deal", "deal", "acl", "view", "view"]),
        "readers": listed_items,
        "authors": listed_items,
        "public": st.one_of(st.booleans(), malformed),
        "_deleted": st.just(True),
    },
)


def _given(identity: Identity, acl: Acl) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    context, listed = context_of(identity), list_of(acl)
    return JS.call("acl", "access", context, listed), context, listed


@settings(deadline=None, max_examples=150)
@given(lists, identities)
def test_access_and_names(acl: Acl, identity: Identity) -> None:
    ours = access(acl, identity)
    theirs, context, _ = _given(identity, acl)
    assert theirs["level"] == ours.level
    assert sorted(theirs["privileges"]) == sorted(ours.privileges)
    assert sorted(theirs["roles"]) == sorted(ours.roles)
    assert set(JS.call("acl", "namesOf", context, theirs)) == names_of(identity, ours)


@settings(deadline=None, max_examples=150)
@given(
    lists,
    identities,
    st.sampled_from(ACTIONS),
    st.one_of(st.none(), documents),
    st.one_of(st.none(), documents),
)
def test_decisions(
    acl: Acl,
    identity: Identity,
    action: Any,
    doc: dict[str, Any] | None,
    old: dict[str, Any] | None,
) -> None:
    theirs, context, _ = _given(identity, acl)
    ours = may(access(acl, identity), identity, action, doc, old)
    assert JS.call("acl", "may", theirs, context, action, doc, old) == ours.reason.code


@settings(deadline=None, max_examples=150)
@given(lists, identities, documents, st.one_of(st.none(), documents))
def test_writes(
    acl: Acl, identity: Identity, new: dict[str, Any], old: dict[str, Any] | None
) -> None:
    context, listed = context_of(identity), list_of(acl)
    ours = may_write(access(acl, identity), identity, new, old)
    assert JS.call("access_check", "decide", new, old, context, listed) == ours.reason.code


texts = st.lists(st.text(st.characters(codec=None), max_size=4), max_size=4)


@settings(deadline=None, max_examples=150)
@given(st.dictionaries(st.text(max_size=3), st.one_of(texts, name_items), max_size=3))
def test_reader_sets_of_any_names(readers: dict[str, Any]) -> None:
    doc = {"_id": "deal:1", "readers": readers, "authors": {"a": ["😀", "\uffee"]}}
    assert JS.call("readers", "readerSet", doc) == reader_set(doc)
    assert reader_set({**doc, "_conflicts": ["1-x"]}) == "c:deal:1"
    assert JS.call("readers", "readerSet", {**doc, "_conflicts": ["1-x"]}) == "c:deal:1"
    assert JS.call("readers", "readerSet", {**doc, "_conflicts": []}) == reader_set(doc)


raw_entries = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["anna", "-Default-", "*/Sales", "[Admin]", "", "*", "Anonymous"]),
        "level": st.sampled_from([level.title for level in Level]),
    },
    optional={
        "type": st.sampled_from([*(type_.value for type_ in EntryType), "planet"]),
        "privileges": st.lists(st.sampled_from([*Privilege, "fly"]), max_size=3, unique=True),
        "roles": st.lists(st.sampled_from(["[A]", "[B]"]), max_size=2, unique=True),
    },
)


@settings(deadline=None, max_examples=150)
@given(st.lists(raw_entries, max_size=4), st.lists(st.sampled_from(["[A]", "A"]), max_size=2))
def test_problems_of_a_list(entries: list[dict[str, Any]], roles: list[str]) -> None:
    doc = {"_id": "acl", "form": "acl", "entries": entries, "roles": roles}
    try:
        ours = {problem.code for problem in problems(parse(doc))}
    except AclError as error:
        ours = {problem.code for problem in error.reasons}
    assert {problem["code"] for problem in JS.call("acl_problems", "problems", doc)} == ours


anything = st.recursive(
    malformed,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=4,
)
odd_entries = st.fixed_dictionaries(
    {},
    optional={
        "name": st.one_of(st.sampled_from(["anna", "-Default-", "admins"]), anything),
        "level": st.one_of(st.sampled_from(["Manager", "Reader", "reader", "READER"]), anything),
        "type": st.one_of(st.sampled_from(["person", "group"]), anything),
        "privileges": st.one_of(st.lists(st.sampled_from(["delete", "replicate"])), anything),
        "roles": st.one_of(st.just(["[A]"]), anything),
    },
)
odd_lists = st.fixed_dictionaries(
    {},
    optional={
        "entries": st.one_of(st.lists(st.one_of(odd_entries, anything), max_size=3), anything),
        "roles": st.one_of(st.just(["[A]"]), anything),
    },
)


@settings(deadline=None, max_examples=300)
@given(odd_lists)
def test_lists_that_are_hardly_lists(doc: dict[str, Any]) -> None:
    try:
        ours = {problem.code for problem in problems(parse(doc))}
    except AclError as error:
        ours = {problem.code for problem in error.reasons}
    assert {problem["code"] for problem in JS.call("acl_problems", "problems", doc)} == ours


name_values = st.one_of(listed_items, anything)


@settings(deadline=None, max_examples=300)
@given(lists, identities, st.booleans(), name_values, name_values, name_values, anything, anything)
def test_deletions_of_strange_documents(
    acl: Acl, identity: Identity, same: bool, one: Any, two: Any, other: Any, mark: Any, left: Any
) -> None:
    old = {"_id": "deal:1", "form": "deal", "readers": one, "authors": two, "public": mark}
    new = {**old, "readers": one if same else other, "public": mark if same else left}
    new["_deleted"] = True
    context, listed = context_of(identity), list_of(acl)
    ours = may_write(access(acl, identity), identity, new, old)
    assert JS.call("access_check", "decide", new, old, context, listed) == ours.reason.code


def test_true_is_not_one_where_a_deletion_has_to_keep_names() -> None:
    acl = Acl((Entry("-Default-", level=Level.EDITOR, privileges=frozenset([Privilege.DELETE])),))
    identity = Identity("anna")
    old = {"_id": "deal:1", "form": "deal", "readers": {"a": ["*", True]}}
    for names, code in ((["*", 1], "stub_keeps"), (["*", True], "allowed")):
        new = {**old, "readers": {"a": names}, "_deleted": True}
        assert may_write(access(acl, identity), identity, new, old).reason.code == code
        found = JS.call("access_check", "decide", new, old, context_of(identity), list_of(acl))
        assert found == code


def test_the_tables_and_texts_are_the_same() -> None:
    for level in Level:
        row = [JS.call("acl", "rule", int(level), privilege.value) for privilege in Privilege]
        assert row == [rule.value for rule in RULES[level].values()]
    assert JS.constant("acl", "TEXTS") == {code: reason(code).text for code in DECISIONS}
