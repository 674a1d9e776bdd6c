"""Conflicts as replication leaves them: who may see them, and how a person settles them."""

from typing import Any

import pytest

from plugin import Document, Invalid, NotFound, Refused
from tests.plugin.kit import Kit


def branch(kit: Kit, base: Document, by: str, **items: Any) -> None:
    """Graft a revision made elsewhere onto `base`, as a pushing laptop does."""
    db = kit.office.server.database("work")
    items = {**base.raw, **items}
    changed = {
        name: [2, "2026-11-22T06:00:00Z", by] for name in items if items[name] != base.get(name)
    }
    generation, digest = base.rev.split("-")
    mark = f"{abs(hash((by, str(sorted(items.items(), key=str))))):032x}"[:32]
    doc = {
        **items,
        "changed": {k: v for k, v in changed.items() if k in base.items or k in ("why", "readers")},
        "updated": {"at": "2026-11-22T06:00:00Z", "by": by},
        "_rev": f"{int(generation) + 1}-{mark}",
        "_revisions": {"start": int(generation) + 1, "ids": [mark, digest]},
    }
    assert db.bulk_docs([doc], new_edits=False) == []


def job(kit: Kit, **items: Any) -> Document:
    return kit.work("anna").create("job", {"name": "Roof", **items})


def test_branches_are_shown_and_settled_by_choice(kit: Kit) -> None:
    made = job(kit)
    branch(kit, made, "anna", name="Wall", why="because")
    branch(kit, made, "ben", name="Floor")
    work = kit.work("anna")
    branches = work.conflicts(made.id)
    assert {one.items["name"] for one in branches} == {"Wall", "Floor"}
    assert work.open(made.id).conflict
    assert work.clashes(made.id) == ("name",)
    with pytest.raises(Invalid) as caught:
        work.settle(made.id, {})
    assert set(caught.value.problems) == {"name"}
    chosen = next(one for one in branches if one.items["name"] == "Floor")
    settled = work.settle(made.id, {"name": chosen.rev})
    assert settled.items["name"] == "Floor" and settled.items["why"] == "because"
    assert settled.items["twice"] == "FloorFloor"
    assert work.conflicts(made.id) == []
    assert not work.open(made.id).conflict


@pytest.mark.parametrize("steps", [("finish", "lose"), ("lose", "finish")])
def test_two_steps_taken_apart_are_settled_either_way(kit: Kit, steps: tuple[str, str]) -> None:
    made = job(kit, price={"amount": "1", "currency": "EUR"})
    ends = {"finish": "done", "lose": "lost"}
    for at, (who, step) in enumerate(zip(("anna", "ben"), ("finish", "lose"), strict=True)):
        line = {"step": step, "from": "open", "to": ends[step], "by": who, "at": str(at)}
        branch(kit, made, who, stage=ends[step], why="w", steps=[line])
    work = kit.work("anna")
    assert "stage" in work.clashes(made.id)
    chosen = next(one for one in work.conflicts(made.id) if one.items["stage"] == ends[steps[0]])
    settled = work.settle(made.id, dict.fromkeys(work.clashes(made.id), chosen.rev))
    assert settled.items["stage"] == ends[steps[0]]
    assert {line["step"] for line in settled.raw["steps"]} == {"finish", "lose"}


def test_only_those_allowed_by_all_branches_read(kit: Kit) -> None:
    made = job(kit)
    branch(kit, made, "anna", name="Wall")
    names = {"people": ["dan", "leaders-of:dan"]}
    branch(kit, made, "ben", owner="dan", readers=names, authors=names)
    for name in ("anna", "dan", "ben"):
        with pytest.raises(NotFound):
            kit.work(name).open(made.id)
        assert kit.work(name).open_many([made.id]) == {}
    assert kit.work("carl").open(made.id).conflict


def test_settling_needs_the_right_to_edit(kit: Kit) -> None:
    made = job(kit, team=["dan"])
    branch(kit, made, "anna", name="Wall")
    branch(kit, made, "ben", name="Floor")
    assert len(kit.work("dan").conflicts(made.id)) == 2
    with pytest.raises(Refused):
        kit.work("dan").settle(made.id, {"name": made.rev})


def test_deleting_a_document_in_conflict_deletes_all_branches(kit: Kit) -> None:
    made = job(kit, team=["eve"])
    branch(kit, made, "anna", name="Wall")
    branch(kit, made, "ben", name="Floor")
    work = kit.work("eve")
    work.delete(made.id, work.open(made.id).rev)
    with pytest.raises(NotFound):
        work.open(made.id)


def test_a_document_without_conflict_has_no_branches(kit: Kit) -> None:
    made = job(kit)
    assert kit.work("anna").conflicts(made.id) == []
    assert kit.work("anna").settle(made.id, {}).rev == made.rev
