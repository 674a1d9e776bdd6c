"""What is wrong with a document, by its form. `design_docs/_shared/lib/form_check.js` is the twin:
both give the same messages for the same document, which a test proves case by case.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from math import isfinite
from typing import Any

from plugin.runtime.forms.form import Condition, Form, Item, is_empty
from plugin.runtime.forms.formulas import AMOUNT, CURRENCY, Unfit, calculated
from plugin.runtime.forms.rows import is_table
from plugin.runtime.forms.workflow import Step, moved_by_steps, steps_between
from plugin.runtime.messages import Message

DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z")

SHUT = "This cannot be changed any more."

Raw = Mapping[str, Any]
Found = dict[str, Message]


def problems(
    form: Form, doc: Raw, old: Raw | None = None, *, any_state: bool = False
) -> dict[str, Message]:
    """Messages by item for everything in `doc` that the form does not allow; empty if all is well.
    What is wrong in a table stands under `table/row/column`.

    `old` is the document that is replaced. With `any_state` (the server itself, an import) the
    workflow item may hold any state of the workflow, and what is calculated any value.
    """
    found = _problems(form.items, doc, "", any_state)
    if old is not None and not any_state:
        shut = dict.fromkeys(shut_items(form, doc, old), Message(SHUT))
        found = {**shut, **found}
    if form.workflow and form.workflow.item not in found:
        state = form.workflow.state(doc)
        if state not in form.workflow.states:
            found[form.workflow.item] = Message("There is no such state.")
        elif not any_state and not moved_by_steps(form.workflow, old, doc):
            found[form.workflow.item] = Message("This changes only by a step of the workflow.")
    return found


def shut_items(form: Form, doc: Raw, old: Raw) -> list[str]:
    """The items that the form shut in `old`, and that changed all the same."""
    taken = steps_between(form.workflow, old, doc) if form.workflow else []
    return [
        name
        for name, item in form.items.items()
        if item.readonly_when is not None
        and _differ(old.get(name), doc.get(name))
        and item.readonly_when.holds(old)
        and not _opened(form, item, item.readonly_when, doc, taken)
    ]


def _opened(form: Form, item: Item, shut: Condition, doc: Raw, taken: Sequence[Step]) -> bool:
    """Whether the item could be changed after all: by a step that was taken meanwhile, in a state
    that was passed, or because what shut it is gone."""
    if any(item.name in step.sets or item.name in step.asks for step in taken):
        return True
    if form.workflow and shut.item == form.workflow.item:
        return any(step.to not in shut.values for step in taken)
    return not shut.holds(doc)


def _differ(one: Any, other: Any) -> bool:
    return bool(one != other) and not (is_empty(one) and is_empty(other))


def _problems(items: Mapping[str, Item], doc: Raw, path: str, any_value: bool) -> Found:
    """Those of a document, or of one row."""
    found: Found = {}
    for name, item in items.items():
        problem = _item_problem(item, doc) or _formula_problem(item, doc, any_value)
        if problem:
            found[path + name] = problem
        elif item.kind == "table" and not is_empty(doc.get(name)):
            for row in doc[name]:
                found |= _row_problems(item, row, f"{path}{name}/{row['id']}", any_value)
    return found


def _row_problems(table: Item, row: Raw, path: str, any_value: bool) -> Found:
    foreign = sorted(set(row) - set(table.columns) - {"id"})
    if foreign:
        return {path: Message("This table has no column {column}.", {"column": foreign[0]})}
    return _problems(table.columns, row, path + "/", any_value)


def _formula_problem(item: Item, doc: Raw, any_value: bool) -> Message | None:
    if item.formula is None:
        return None
    try:
        value = calculated(item.formula, item.kind, doc)
    except Unfit as error:
        return error.message
    same = value == doc.get(item.name) or (value is None and is_empty(doc.get(item.name)))
    return None if any_value or same else Message("This does not follow from the other items.")


def _item_problem(item: Item, doc: Raw) -> Message | None:
    value = doc.get(item.name)
    if is_empty(value):
        if item.required and not item.hidden(doc):
            return Message("Please fill this in.")
        return None
    if item.kind == "table":
        return _table_problem(item, value)
    if not item.many:
        return _value_problem(item, value)
    if not isinstance(value, list):
        return Message("This must be a list.")
    for one in value:
        problem = Message("This list has an empty line.") if is_empty(one) else None
        problem = problem or _value_problem(item, one)
        if problem:
            return problem
    return None


def _table_problem(item: Item, value: Any) -> Message | None:
    if not is_table(value):
        return Message("This is not a table.")
    if item.min is not None and len(value) < item.min:
        return Message("This needs at least {min} rows.", {"min": item.min})
    if item.max is not None and len(value) > item.max:
        return Message("This may have at most {max} rows.", {"max": item.max})
    return None


def _value_problem(item: Item, value: Any) -> Message | None:
    if item.kind == "number":
        return _number(item, value)
    if item.kind == "boolean":
        return None if isinstance(value, bool) else Message("This is either yes or no.")
    if item.kind == "money":
        return None if _is_money(value) else Message("This is not an amount of money.")
    if not isinstance(value, str):
        return Message("This is not a text.")
    if item.kind == "date":
        return None if is_date(value) else Message("This is not a date.")
    if item.kind == "datetime":
        return None if is_datetime(value) else Message("This is not a date with a time.")
    if item.max is not None and len(value) > item.max:
        return Message("This may have at most {max} characters.", {"max": item.max})
    fixed = item.kind == "keyword" and item.choices and not item.open
    if fixed and value not in {choice.value for choice in item.choices}:
        return Message("Please choose one of the keywords.")
    return None


def _number(item: Item, value: Any) -> Message | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return Message("This is not a number.")
    if item.integer and value != int(value):
        return Message("This must be a whole number.")
    if item.min is not None and value < item.min:
        return Message("This must be at least {min}.", {"min": item.min})
    if item.max is not None and value > item.max:
        return Message("This may be at most {max}.", {"max": item.max})
    return None


def _is_money(value: Any) -> bool:
    if not isinstance(value, Mapping) or set(value) != {"amount", "currency"}:
        return False
    amount, currency = value["amount"], value["currency"]
    return (
        isinstance(amount, str)
        and isinstance(currency, str)
        and AMOUNT.fullmatch(amount) is not None
        and CURRENCY.fullmatch(currency) is not None
    )


def is_date(text: str) -> bool:
    """True for an existing day written `YYYY-MM-DD`."""
    parts = DATE.fullmatch(text)
    if parts is None:
        return False
    try:
        date(int(parts[1]), int(parts[2]), int(parts[3]))
    except ValueError:
        return False
    return True


def is_datetime(text: str) -> bool:
    """True for a moment written `YYYY-MM-DDTHH:MM:SSZ` on an existing day."""
    parts = TIME.fullmatch(text)
    return parts is not None and is_date(parts[1])
