"""The revision tree: the same on every machine, in whatever order revisions arrive."""

import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import revtree
from store.revtree import Tree

Branch = tuple[list[str], bool]
"""A path of revisions, newest first, and whether its end is deleted."""

CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no failure."""


@st.composite
def histories(draw: st.DrawFn) -> list[Branch]:
    """Paths to some revisions of one random tree: each may arrive on its own, whole."""
    parents: dict[str, str | None] = {"1-r": None}
    deleted = {"1-r": False}
    for at in range(draw(st.integers(1, 12))):
        parent = draw(st.sampled_from(sorted(parents)))
        rev = f"{int(parent.split('-')[0]) + 1}-{draw(st.sampled_from('0af'))}{at}"
        parents[rev] = parent
        deleted[rev] = draw(st.booleans())
    chosen = draw(st.lists(st.sampled_from(sorted(parents)), min_size=1, max_size=8))
    branches = []
    for rev in chosen:
        path, up = [], rev
        while up is not None:
            path.append(up)
            up = parents[up]  # type: ignore[assignment]
        branches.append((path, deleted[rev]))
    return branches


def grown(branches: list[Branch]) -> Tree:
    tree: Tree = {}
    for path, deleted in branches:
        tree = revtree.merge(tree, path, deleted=deleted, body=1)
    return tree


def shape(tree: Tree) -> dict[str, str | None]:
    return {rev: node.parent for rev, node in tree.items()}


@CALM
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_merging_does_not_matter(branches: list[Branch], random: object) -> None:
    mixed = list(branches)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    one, two = grown(branches), grown(mixed + mixed)
    assert shape(one) == shape(two)
    assert set(revtree.leaves(one)) == set(revtree.leaves(two))


@CALM
@given(histories())
def test_leaves_are_those_without_children_and_the_winner_is_the_best(
    branches: list[Branch],
) -> None:
    tree = grown(branches)
    leaves = revtree.leaves(tree)
    assert set(leaves) == {rev for rev in tree if rev not in set(shape(tree).values())}
    live = [rev for rev in leaves if not tree[rev].deleted]
    best = revtree.winner(tree)
    assert best in (live or leaves)
    for other in live or leaves:
        assert (int(other.split("-")[0]), other.split("-")[1]) <= (
            int(best.split("-")[0]), best.split("-")[1],
        )  # fmt: skip


@CALM
@given(histories())
def test_what_is_written_is_read_again(branches: list[Branch]) -> None:
    tree = grown(branches)
    assert revtree.loads(revtree.dumps(tree)) == tree


@CALM
@given(histories(), st.integers(1, 6))
def test_stemming_keeps_each_leaf_with_its_nearest_ancestors(
    branches: list[Branch], limit: int
) -> None:
    tree = grown(branches)
    stemmed = revtree.stem(tree, limit)
    assert revtree.leaves(stemmed) == revtree.leaves(tree)
    for leaf in revtree.leaves(tree):
        whole, kept = revtree.path(tree, leaf), revtree.path(stemmed, leaf)
        assert kept == whole[: len(kept)] and len(kept) >= min(limit, len(whole))
    assert revtree.stem(stemmed, limit) == stemmed


@CALM
@given(histories(), st.data())
def test_purging_leaves_is_as_if_they_never_came(
    branches: list[Branch], data: st.DataObject
) -> None:
    tree = grown(branches)
    leaves = revtree.leaves(tree)
    gone = data.draw(st.sets(st.sampled_from(leaves)))
    kept, purged = revtree.without(tree, gone)
    assert set(purged) == gone
    expected: Tree = {}
    for leaf in leaves:
        if leaf not in gone:
            expected = revtree.merge(expected, revtree.path(tree, leaf), deleted=False, body=1)
    assert shape(kept) == shape(expected)


@CALM
@given(st.integers(1, 12), st.integers(1, 5))
def test_appending_to_a_written_tree_is_merging_and_stemming(length: int, limit: int) -> None:
    text, tree = "[]", {}
    for at in range(1, length + 1):
        path = (f"{at}-x", f"{at - 1}-x") if at > 1 else ("1-x",)
        before = revtree.merge(tree, path, deleted=at % 3 == 0, body=at)
        tree = revtree.stem(before, limit)
        text, gone = revtree.appended(text, path[0], deleted=at % 3 == 0, body=at, limit=limit)
        assert text == revtree.dumps(tree)
        assert set(gone) == revtree.bodies(before) - revtree.bodies(tree)


def test_appending_stems_several_revisions_at_once() -> None:
    text = revtree.dumps(revtree.merge({}, ("4-d", "3-c", "2-b", "1-a"), deleted=False, body=9))
    text, gone = revtree.appended(text, "5-e", deleted=True, body=10, limit=2)
    assert revtree.path(revtree.loads(text), "5-e") == ["5-e", "4-d"] and gone == []
    text, gone = revtree.appended(text, "6-f", deleted=False, body=11, limit=1)
    assert revtree.loads(text) == {"6-f": revtree.Node(None, False, 11)} and gone == [9, 10]


def test_a_stemmed_tree_takes_up_a_longer_history() -> None:
    tree = revtree.merge({}, ("3-c",), deleted=False, body=1)
    tree = revtree.merge(tree, ("3-d", "2-b", "1-a"), deleted=False, body=2)
    assert len(revtree.leaves(tree)) == 2
    tree = revtree.merge(tree, ("3-c", "2-b", "1-a"), deleted=False, body=3)
    assert tree["3-c"] == revtree.Node("2-b", False, 1)
    assert revtree.path(tree, "3-c") == ["3-c", "2-b", "1-a"]


def test_missing_revisions_and_their_possible_ancestors() -> None:
    tree = revtree.merge({}, ("2-b", "1-a"), deleted=False, body=1)
    tree = revtree.merge(tree, ("3-c", "2-x", "1-a"), deleted=False, body=2)
    assert revtree.missing(tree, ["1-a", "3-z"]) == (["3-z"], ["2-b"])
    assert revtree.missing(tree, ["1-a", "2-x"]) == ([], [])
    assert revtree.missing({}, ["1-a"]) == (["1-a"], [])


def test_all_orders_of_three_edits_give_one_winner() -> None:
    branches: list[Branch] = [(["2-a", "1-r"], False), (["2-b", "1-r"], True), (["1-z"], False)]
    winners = {revtree.winner(grown(list(order))) for order in itertools.permutations(branches)}
    assert winners == {"2-a"}
