"""Workflow steps and actions on documents, as one person may take them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from plugin.runtime.context import Context, told
from plugin.runtime.door.document import Document, Raw
from plugin.runtime.door.door_checks import foreign_items
from plugin.runtime.door.many import rewrite_many
from plugin.runtime.door.reading import fetch, open_many
from plugin.runtime.door.rebase import rebase
from plugin.runtime.door.saving import applied, rewrite
from plugin.runtime.errors import Invalid, NotFound, Refused
from plugin.runtime.forms.form import Form, is_empty
from plugin.runtime.forms.names import resolve
from plugin.runtime.forms.workflow import Step, StepState, Workflow, entry, why_not
from plugin.runtime.messages import Message


def steps(ctx: Context, raw: Raw) -> list[StepState]:
    """Every step of the document's workflow, each with whether it can be taken now, or why not."""
    form = ctx.form(raw.get("form"))
    if form.workflow is None:
        return []
    edit = ctx.may("edit", raw, raw)
    found = []
    for step in form.workflow.steps:
        needs = [item for item in step.needs if item not in step.asks]
        reason = _obstacle(ctx, form, form.workflow, step, raw, needs)
        if reason is None and not edit:
            reason = told(edit.reason)
        found.append(StepState(step.name, step.title, reason is None, reason, step))
    return found


def refusal(ctx: Context, form: Form, name: str, doc: Raw) -> Message | None:
    """Why a step could not be taken with a document of this content, made or not; None where it
    could. What the step asks for and needs is left aside."""
    step = form.step(name)
    if step is None or form.workflow is None:
        raise NotFound("There is no step {step} in this form.", step=name)
    return _obstacle(ctx, form, form.workflow, step, doc, ())


def _obstacle(
    ctx: Context, form: Form, flow: Workflow, step: Step, doc: Raw, needs: Iterable[str]
) -> Message | None:
    allowed = None if ctx.system else _allowed_names(ctx, step.who, doc)
    empty = [form.items[item].label for item in needs if is_empty(doc.get(item))]
    return why_not(step, flow, doc, ctx.names, allowed, empty, name_of=ctx.name_of)


def _allowed_names(ctx: Context, who: tuple[str, ...], doc: Raw) -> frozenset[str] | None:
    return frozenset(resolve(who, doc, ctx.identity.name)) if who else None


def transition(
    ctx: Context, docid: str, rev: str, name: str, items: Mapping[str, Any], note: str
) -> Document:
    """Take a step. Raises Refused with the reason, Invalid, SaveConflict, NotFound."""

    def change(current: Raw) -> Raw:
        form = ctx.form(current.get("form"))
        step = form.step(name)
        if step is None or form.workflow is None:
            raise NotFound("There is no step {step} in this form.", step=name)
        _only_asked(ctx, form, step.asks, items)
        new = applied(current, rebase(ctx, form, current, rev, items))
        reason = _obstacle(ctx, form, form.workflow, step, {**current, **new}, step.needs)
        if reason:
            raise Refused(reason)
        sets = {item: ctx.value(value) for item, value in step.sets.items()}
        origin = form.workflow.state(current)
        new = applied(new, {**sets, form.workflow.item: step.to})
        line = entry(step, origin, ctx.by, ctx.now(), note)
        new["steps"] = [*(current.get("steps") or []), line]
        return new

    return rewrite(ctx, docid, change)


def _only_asked(ctx: Context, form: Form, asks: tuple[str, ...], items: Mapping[str, Any]) -> None:
    foreign = foreign_items(ctx, form, items)
    if not ctx.system:
        unasked = Message("This step does not ask for this item.")
        foreign = {**{name: unasked for name in items if name not in asks}, **foreign}
    if foreign:
        raise Invalid(foreign)


def actions(ctx: Context, raw: Raw) -> list[str]:
    """Names of the form's actions that this person may use on the document."""
    form = ctx.form(raw.get("form"))
    offered = [one for one in form.actions if one.when is None or one.when.holds(raw)]
    return [one.name for one in offered if _may_act(ctx, one.who, raw)]


def _may_act(ctx: Context, who: tuple[str, ...], raw: Raw) -> bool:
    allowed = _allowed_names(ctx, who, raw)
    return ctx.system or allowed is None or bool(allowed & ctx.names)


def refresh_responses(ctx: Context, ids: Sequence[str]) -> int:
    """Compute the responses of documents again, as after their owner changed; how many changed.

    Each response is looked for in the listings that the form shows on the document's page. One that
    cannot be written does not hold up the others; its error is raised at the end.
    """
    before = _responses(ctx, ids)
    changed, wrong = 0, None
    for database, revs in before.items():
        here = ctx.session.context(database)
        for one, now in rewrite_many(here, revs, lambda raw: applied(raw, {})).items():
            if isinstance(now, Document):
                changed += now.rev != revs[one]
            elif not isinstance(now, NotFound):  # deleted meanwhile
                wrong = wrong or now
    if wrong:
        raise wrong
    return changed


def _responses(ctx: Context, ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """By database the responses of those documents that are there: id → revision."""
    found: dict[str, dict[str, str]] = {}
    for doc in open_many(ctx, ids).values():
        for response in ctx.form(doc.form).responses:
            database = response.database or ctx.name
            rows = ctx.session.listing(database, response.listing).all_rows([doc.id])
            found.setdefault(database, {}).update({row.id: row.document.rev for row in rows})
    return found


def run_action(ctx: Context, docid: str, name: str, items: Mapping[str, Any]) -> Message:
    """Run the module's code behind a button; returns what it did, for the person to read."""
    raw = fetch(ctx, docid)
    form = ctx.form(raw.get("form"))
    action = form.action(name)
    code = ctx.office.action_code(ctx.name, form.name, name)
    if action is None or code is None:
        raise NotFound("There is no action {action} in this form.", action=name)
    if action.when is not None and not action.when.holds(raw):
        raise Refused("This is not possible as the document stands now.")
    if not _may_act(ctx, action.who, raw):
        allowed = sorted(_allowed_names(ctx, action.who, raw) or ())
        names = ", ".join(ctx.name_of(one) for one in allowed)
        raise Refused("Only these may do this: {names}.", names=names)
    return code(ctx.session.documents(ctx), raw, items)
