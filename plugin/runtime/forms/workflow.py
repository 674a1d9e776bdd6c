"""Workflow: states of a document and the steps between them. Pure: plain data in, answers out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plugin.runtime.messages import Message, Text


@dataclass(frozen=True)
class Step:
    """A move from one of the states `origins` to `to`.

    `who` holds names, roles and `@item` rules (empty: whoever may edit); `needs` are items that
    must be filled, `asks` items asked for in the step itself, `sets` values it writes.
    """

    name: str
    title: Text
    origins: tuple[str, ...]
    to: str
    who: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    sets: Mapping[str, Any] = field(default_factory=dict)
    style: str = ""
    asks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Workflow:
    """`item` holds the state; it changes by steps alone."""

    item: str
    initial: str
    states: Mapping[str, Text]
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step | None:
        return next((step for step in self.steps if step.name == name), None)

    def state(self, doc: Mapping[str, Any]) -> str:
        """The state a document is in; one without a value is in the initial state."""
        state = doc.get(self.item)
        return state if isinstance(state, str) and state else self.initial


@dataclass(frozen=True)
class StepState:
    """A step as one person sees it on one document. `reason` says why not, where not allowed."""

    name: str
    title: Text
    allowed: bool
    reason: Message | None
    step: Step


def entry(step: Step, origin: str, by: str, at: str, note: str) -> dict[str, str]:
    """The line that a step leaves in a document's history (`steps`)."""
    return {
        "step": step.name,
        "from": origin,
        "to": step.to,
        "by": by,
        "at": at,
        "note": note,
    }


def moved_by_steps(flow: Workflow, old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> bool:
    """True if the lines that `new.steps` has more than `old.steps` lead to the new state, each
    along a step of the workflow, from a state in which the document was.

    The lines are asked, not only the two states: a laptop pushes a document after several steps,
    and a settled conflict may go on from the state before another branch's step.
    """
    end = flow.state(new)
    start = flow.state(old) if old else flow.initial
    if start == end:
        return True
    before = _lines(old)
    states: list[Any] = [flow.initial, start]
    for line in (one for one in before if isinstance(one, Mapping)):
        states += (line.get("from"), line.get("to"))
    state = None
    for line in (one for one in _lines(new) if one not in before):
        step = flow.step(str(line.get("step"))) if isinstance(line, Mapping) else None
        if step is None or line.get("from") not in step.origins or line.get("to") != step.to:
            return False
        if line["from"] not in states:
            return False
        states.append(step.to)
        state = step.to
    return state == end


def steps_between(flow: Workflow, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Step]:
    """The steps of the lines that `new.steps` has more than `old.steps`."""
    before = _lines(old)
    lines = [one for one in _lines(new) if one not in before and isinstance(one, Mapping)]
    return [step for line in lines if (step := flow.step(str(line.get("step"))))]


def _lines(doc: Mapping[str, Any] | None) -> list[Any]:
    steps = (doc or {}).get("steps")
    return steps if isinstance(steps, list) else []


def why_not(
    step: Step,
    flow: Workflow,
    doc: Mapping[str, Any],
    names: frozenset[str],
    allowed_names: frozenset[str] | None,
    empty: Sequence[Text],
    name_of: Callable[[str], str] = str,
) -> Message | None:
    """Why a step cannot be taken now, or None.

    `names` are all names of the person, `allowed_names` the resolved `who` (None: anyone who may
    edit), `empty` the labels of needed items that are not filled in, `name_of` gives what people
    see for a name.
    """
    state = flow.state(doc)
    if state not in step.origins:
        title = Message(flow.states.get(state, state))
        return Message("Not possible in the state “{state}”.", {"state": title})
    if allowed_names is not None and not names & allowed_names:
        shown = ", ".join(name_of(name) for name in sorted(allowed_names))
        return Message("Only these may do this: {names}.", {"names": shown})
    if empty:
        return Message("Fill in first: {item}.", {"item": Message(empty[0])})
    return None
