"""The laws of the three-way merge, on values such as designs are made of."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from plugin.runtime.designs.threeway import (
    ABSENT,
    ORDER,
    differences,
    merge,
    remembered,
    same,
    touching,
)

NAMES = st.sampled_from(("a", "b", "c", "d", "e"))
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(0, 2), st.sampled_from(("x", "y", "long " * 30))
)
NAMED = st.builds(lambda name, value: {"name": name, "is": value}, NAMES, LEAVES)
LISTS = st.one_of(
    st.lists(NAMES, max_size=5, unique=True),
    st.lists(NAMED, max_size=5, unique_by=lambda member: str(member["name"])),
    st.lists(LEAVES, max_size=3),
)
JSON = st.recursive(st.one_of(LEAVES, LISTS), lambda one: st.dictionaries(NAMES, one, max_size=4))
DESIGNS = st.dictionaries(NAMES, JSON, max_size=4)


def exact(value: Any) -> str:
    return repr(value)


@given(DESIGNS, DESIGNS)
def test_what_one_side_left_alone_is_taken_from_the_other(base: Any, other: Any) -> None:
    assert merge(base, base, other).clashes == merge(base, other, base).clashes == ()
    assert same(merge(base, base, other).value, other)
    assert same(merge(base, other, base).value, other)


@given(DESIGNS, DESIGNS, DESIGNS)
def test_again_is_the_same(base: Any, mine: Any, new: Any) -> None:
    first = merge(base, mine, new)
    again = merge(base, first.value, new)
    assert exact(again.value) == exact(first.value)
    assert again.clashes == first.clashes
    settled = merge(new, first.value, new)
    assert exact(settled.value) == exact(first.value) and settled.clashes == ()


@given(DESIGNS, DESIGNS, DESIGNS)
def test_no_edit_of_mine_is_lost(base: Any, mine: Any, new: Any) -> None:
    result = merge(base, mine, new).value
    changed = {one.place for one in differences(base, mine)}
    for lost in differences(mine, result):
        if lost.place[-1] != ORDER:
            assert lost.place not in changed


@given(DESIGNS, DESIGNS, DESIGNS)
def test_a_clash_is_told_exactly_where_both_changed_the_same_differently(
    base: Any, mine: Any, new: Any
) -> None:
    merged = merge(base, mine, new)
    ours, theirs = ({d.place for d in differences(base, side)} for side in (mine, new))
    for place in merged.clashes:
        assert any(touching(place, mark) for mark in ours)
        assert any(touching(place, mark) for mark in theirs)
    # Without clashes the sides may be exchanged, but for the order of members.
    if not merged.clashes:
        turned = merge(base, new, mine)
        assert turned.clashes == ()
        assert not [d for d in differences(turned.value, merged.value) if d.place[-1] != ORDER]


@given(DESIGNS, DESIGNS, DESIGNS)
def test_digests_of_long_texts_serve_as_well_as_the_base(base: Any, mine: Any, new: Any) -> None:
    whole, short = merge(base, mine, new), merge(remembered(base), mine, new)
    assert exact(short) == exact(whole)


@given(DESIGNS, DESIGNS, DESIGNS)
def test_what_is_to_be_taken_is_taken(base: Any, mine: Any, new: Any) -> None:
    merged = merge(base, mine, new)
    taken = merge(base, mine, new, frozenset(merged.clashes))
    assert taken.clashes == ()
    left = {one.place for one in differences(taken.value, new)}
    assert not left & set(merged.clashes)
    assert same(merge(base, mine, new, frozenset([()])).value, new)


@given(DESIGNS, DESIGNS)
def test_without_a_base_nothing_of_mine_is_lost(mine: Any, new: Any) -> None:
    result = merge(ABSENT, mine, new).value
    assert not [
        d for d in differences(mine, result) if d.mine is not ABSENT and d.place[-1] != ORDER
    ]


def test_members_stand_where_each_side_put_them() -> None:
    base = ["name", "town", "phone"]
    new = ["name", "town", "new", "phone"]
    assert merge(base, ["name", "mine", "town", "phone"], new).value == [
        "name", "mine", "town", "new", "phone"
    ]  # fmt: skip
    assert merge(base, ["phone", "town", "name"], [*base, "new"]).value == [
        "phone", "new", "town", "name"
    ]  # fmt: skip
    assert merge(base, base, ["phone", "name"]).value == ["phone", "name"]
    assert merge(base, ["name", "phone"], [*base, "new"]).value == ["name", "phone", "new"]


def test_the_order_alone_can_be_taken() -> None:
    base, mine, new = ["a", "b", "c"], ["c", "b", "a", "mine"], ["a", "c", "b"]
    (difference,) = [one for one in differences(mine, new) if one.place == (ORDER,)]
    assert (difference.mine, difference.new) == (["c", "b", "a"], ["a", "c", "b"])
    taken = merge(base, mine, new, frozenset([(ORDER,)])).value
    assert sorted(taken) == sorted(mine) and [one for one in taken if one in new] == new


def test_a_part_of_a_member_of_a_list_is_merged() -> None:
    base = [{"item": "name", "label": "Name"}, {"item": "town"}]
    mine = [{"item": "name", "label": "Firma"}, {"item": "town"}]
    new = [{"item": "town"}, {"item": "name", "label": "Name", "sum": 1}]
    merged = merge({"columns": base}, {"columns": mine}, {"columns": new})
    assert merged.value["columns"] == [
        {"item": "town"},
        {"item": "name", "label": "Firma", "sum": 1},
    ]
    new[1]["label"] = "Company"
    assert merge({"columns": base}, {"columns": mine}, {"columns": new}).clashes == (
        ("columns", "name", "label"),
    )


def test_removed_here_and_changed_there_stays_removed_and_is_told() -> None:
    base, new = {"a": {"max": 3}, "b": 1}, {"a": {"max": 4}, "b": 1}
    merged = merge(base, {"b": 1}, new)
    assert merged.value == {"b": 1} and merged.clashes == (("a",),)
    kept = merge(base, new, {"b": 1})
    assert kept.value == new and kept.clashes == (("a",),)
