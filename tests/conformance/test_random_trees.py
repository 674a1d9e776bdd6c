"""Random revision trees, seeded: pushed in any order, every backend shows what a simple model says.

On a real CouchDB the same model holds, so that both show the same winner and the same leaves.
"""

import random
from dataclasses import dataclass
from typing import Any

import pytest

from store.api import Database
from store.errors import NotFound
from store.types import Doc
from tests.conformance.helpers import rev


@dataclass(frozen=True)
class Known:
    """A revision of the model: its parent, and whether it deletes."""

    parent: str | None
    deleted: bool


Model = dict[str, Known]


def grown(dice: random.Random) -> Model:
    """A tree with several roots, branches and deletions."""
    tree: Model = {}
    for at in range(dice.randint(1, 14)):
        parent = dice.choice([None, *list(tree)[-6:]]) if dice.random() < 0.9 else None
        number = 1 + (int(parent.split("-")[0]) if parent else 0)
        tree[rev(number, f"{dice.random()} {at}")] = Known(parent, dice.random() < 0.25)
    return tree


def path(tree: Model, at: str) -> list[str]:
    found = [at]
    while (parent := tree[found[-1]].parent) is not None:
        found.append(parent)
    return found


def as_document(tree: Model, docid: str, at: str) -> Doc:
    ids = [each.split("-")[1] for each in path(tree, at)]
    doc: Doc = {"_id": docid, "is": at, "_revisions": {"start": int(at.split("-")[0]), "ids": ids}}
    return {**doc, "_deleted": True} if tree[at].deleted else doc


def leaves(tree: Model, pushed: list[str]) -> list[str]:
    """The leaves of what was pushed with its ancestors, best first."""
    known = {each for at in pushed for each in path(tree, at)}
    ends = known - {tree[each].parent for each in known}
    return sorted(ends, key=lambda at: (not tree[at].deleted, _order(at)), reverse=True)


def _order(at: str) -> tuple[int, str]:
    number, _, digest = at.partition("-")
    return int(number), digest


def shown(db: Database, docid: str) -> dict[str, Any]:
    found = db.open_revs(docid, "all", with_revs=True)
    told: dict[str, Any] = {
        "leaves": {entry["ok"]["_rev"]: entry["ok"].get("_deleted", False) for entry in found},
        "histories": {entry["ok"]["_rev"]: entry["ok"]["_revisions"]["ids"] for entry in found},
    }
    try:
        doc = db.get(docid, conflicts=True, deleted_conflicts=True)
    except NotFound as error:
        return {**told, "winner": error.reason}
    return told | {
        "winner": (doc["_rev"], doc["is"]),
        "conflicts": doc.get("_conflicts", []),
        "deleted conflicts": sorted(doc.get("_deleted_conflicts", [])),
    }


def expected(tree: Model, pushed: list[str], limit: int) -> dict[str, Any]:
    ends = leaves(tree, pushed)
    told: dict[str, Any] = {
        "leaves": {at: tree[at].deleted for at in ends},
        "histories": {at: [each.split("-")[1] for each in path(tree, at)][:limit] for at in ends},
    }
    if tree[ends[0]].deleted:
        return {**told, "winner": "deleted"}
    return told | {
        "winner": (ends[0], ends[0]),
        "conflicts": [at for at in ends[1:] if not tree[at].deleted],
        "deleted conflicts": sorted(at for at in ends if tree[at].deleted),
    }


@pytest.mark.parametrize("limit", [1000, 3])
def test_random_trees_are_shown_as_the_model_says(db: Database, limit: int) -> None:
    """Where histories are cut short, parents come before their children: an older revision would
    come back as a new one."""
    seed = random.SystemRandom().randrange(2**32)
    dice = random.Random(seed)
    db.set_revs_limit(limit)
    for number in range(12):
        tree = grown(dice)
        order = list(tree)
        if limit == 1000:
            dice.shuffle(order)
        for at in range(len(order)):
            doc = as_document(tree, f"d{number}", order[at])
            assert db.bulk_docs([doc], new_edits=False) == []
            told = f"seed {seed}, document {number}, after {order[: at + 1]}"
            assert shown(db, f"d{number}") == expected(tree, order[: at + 1], limit), told
