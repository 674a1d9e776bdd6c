"""Workflow steps and buttons through the door."""

from typing import Any

import pytest

from plugin import Document, Invalid, NotFound, Refused, SaveConflict
from store.errors import Forbidden
from tests.plugin.kit import Kit

EURO = {"amount": "5", "currency": "EUR"}


def job(kit: Kit, **items: Any) -> Document:
    return kit.work("anna").create("job", {"name": "Roof", **items})


def test_a_step_moves_sets_and_is_written_down(kit: Kit) -> None:
    made = job(kit, price=EURO)
    kit.tick()
    done = kit.work("anna").transition(made.id, made.rev, "finish", note="at last")
    assert done.items["stage"] == "done" and done.items["done_on"] == "2026-11-22"
    assert done.raw["steps"] == [
        {
            "step": "finish",
            "from": "open",
            "to": "done",
            "by": "anna",
            "at": "2026-11-22T06:01:00Z",
            "note": "at last",
        }
    ]


def test_steps_tell_why_not(kit: Kit) -> None:
    made = job(kit)
    states = {one.name: one for one in kit.work("ben").steps(made)}
    reasons = {name: str(one.reason) for name, one in states.items()}
    assert reasons == {
        "finish": "Only these may do this: Anna.",
        "lose": "None",
        "reopen": "Not possible in the state “Open”.",
    }
    assert states["lose"].allowed and not states["finish"].allowed
    mine = {one.name: str(one.reason) for one in kit.work("anna").steps(made)}
    assert mine["finish"] == "Fill in first: Price."


@pytest.mark.parametrize(
    ("name", "step", "reason"),
    [
        ("ben", "finish", "Only these may do this: Anna."),
        ("anna", "finish", "Fill in first: Price."),
        ("anna", "reopen", "Not possible in the state “Open”."),
        ("anna", "lose", "Fill in first: why."),
    ],
)
def test_a_forbidden_step_is_refused_with_the_reason(
    kit: Kit, name: str, step: str, reason: str
) -> None:
    made = job(kit)
    with pytest.raises(Refused) as caught:
        kit.work(name).transition(made.id, made.rev, step)
    assert str(caught.value) == reason
    assert kit.work("anna").open(made.id).rev == made.rev


def test_a_reader_without_authorship_cannot_take_a_step_open_to_all(kit: Kit) -> None:
    made = job(kit, team=["dan"])
    assert not any(one.allowed for one in kit.work("dan").steps(made))
    with pytest.raises(Refused, match="not among the authors"):
        kit.work("dan").transition(made.id, made.rev, "lose", {"why": "x"})


def test_a_step_takes_the_items_it_asks_for_and_no_others(kit: Kit) -> None:
    made = job(kit)
    with pytest.raises(Invalid):
        kit.work("anna").transition(made.id, made.rev, "lose", {"why": "x", "name": "y"})
    lost = kit.work("anna").transition(made.id, made.rev, "lose", {"why": "too dear"})
    assert lost.items["why"] == "too dear" and lost.items["stage"] == "lost"


def test_the_state_cannot_be_saved_past_the_steps(kit: Kit) -> None:
    made = job(kit, price=EURO)
    with pytest.raises(Invalid) as caught:
        kit.work("anna").save(made.id, made.rev, {"stage": "done"})
    assert set(caught.value.problems) == {"stage"}
    system = kit.office.system().database("work")
    assert system.create("job", {"name": "Old", "owner": "anna", "stage": "done"}).items[
        "stage"
    ] == ("done")


def test_a_step_on_a_changed_document_keeps_the_change(kit: Kit) -> None:
    made = job(kit, price=EURO)
    kit.work("ben").save(made.id, made.rev, {"name": "Wall"})
    done = kit.work("anna").transition(made.id, made.rev, "finish")
    assert done.items["name"] == "Wall" and done.items["stage"] == "done"
    with pytest.raises(Refused, match="Not possible in the state"):
        kit.work("anna").transition(made.id, made.rev, "finish")


def test_items_shut_by_the_state_stay(kit: Kit) -> None:
    made = job(kit, price=EURO, text="before")
    done = kit.work("anna").transition(made.id, made.rev, "finish")
    with pytest.raises(Invalid) as caught:
        kit.work("anna").save(done.id, done.rev, {"text": "after"})
    assert set(caught.value.problems) == {"text"}
    same = kit.work("anna").save(done.id, done.rev, {"text": "before", "why": "ok"})
    assert same.items["why"] == "ok"


def test_leaders_reopen(kit: Kit) -> None:
    made = job(kit, price=EURO)
    done = kit.work("anna").transition(made.id, made.rev, "finish")
    with pytest.raises(Refused):
        kit.work("anna").transition(done.id, done.rev, "reopen")
    again = kit.work("carl").transition(done.id, done.rev, "reopen")
    assert again.items["stage"] == "open" and len(again.raw["steps"]) == 2


def test_a_button_runs_the_modules_code_for_those_who_may(kit: Kit) -> None:
    made = job(kit)
    assert kit.work("anna").actions(made) == []
    with pytest.raises(Refused, match="Only these may do this: managers of Anna"):
        kit.work("anna").run_action(made.id, "praise")
    assert kit.work("ben").actions(made) == ["praise"]
    assert str(kit.work("ben").run_action(made.id, "praise")) == "anna was praised."
    with pytest.raises(NotFound):
        kit.work("ben").run_action(made.id, "scold")


def test_unknown_step_and_lost_race(kit: Kit) -> None:
    made = job(kit)
    with pytest.raises(NotFound, match="no step"):
        kit.work("anna").transition(made.id, made.rev, "fly")
    kit.work("ben").save(made.id, made.rev, {"why": "theirs"})
    with pytest.raises(SaveConflict):
        kit.work("anna").transition(made.id, made.rev, "lose", {"why": "mine"})


def test_the_store_refuses_a_step_to_those_whom_the_form_does_not_name(kit: Kit) -> None:
    made = job(kit, price=EURO)

    def done(by: str) -> dict[str, Any]:
        line = {"step": "finish", "from": "open", "to": "done", "by": by, "at": "", "note": ""}
        return {**made.raw, "stage": "done", "steps": [line]}

    with pytest.raises(Forbidden, match="Only these may do this: anna"):
        kit.work("ben").context.writing.put(done("ben"))
    with pytest.raises(Forbidden, match="only by a step"):
        kit.work("anna").context.writing.put({**made.raw, "stage": "done"})
    rev = kit.work("anna").context.writing.put(done("anna"))
    line = {"step": "reopen", "from": "done", "to": "open", "by": "ben", "at": "", "note": ""}
    again = {**done("anna"), "_rev": rev, "stage": "open"}
    again["steps"] = [*again["steps"], line]
    assert kit.work("ben").context.writing.put(again).startswith("3-")
