"""Whether the formulas of a form make sense: what they name is there, and its kind fits."""

from collections.abc import Iterator, Mapping
from typing import Any

from plugin.runtime.forms.form import Item
from plugin.runtime.forms.formulas import OPERATIONS
from plugin.runtime.forms.place import Where


def check_formulas(where: Where, items: Mapping[str, Item]) -> None:
    """Raises OfficeError naming the place, also for formulas that need each other."""
    waiting = {name: item for name, item in items.items() if item.formula is not None}
    for name, item in waiting.items():
        here = where.at(name, "formula")
        if item.kind not in ("number", "money"):
            raise here.wrong("only numbers and amounts are calculated")
        if _kind_of(here, item.formula, items) != item.kind:
            raise here.wrong(f"this gives no {item.kind}")
    while waiting:
        free = [name for name in waiting if waiting.keys().isdisjoint(_named(waiting[name]))]
        if not free:
            raise where.at(next(iter(waiting)), "formula").wrong("formulas need each other")
        for name in free:
            del waiting[name]


def _named(item: Item) -> Iterator[str]:
    """The items that a formula reads, but for tables."""
    parts = [item.formula]
    while parts:
        part = parts.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, Mapping) and "sum" not in part:
            parts += next(iter(part.values()))


def _kind_of(where: Where, formula: Any, items: Mapping[str, Item]) -> str:
    """What comes out of a formula, `number` or `money`."""
    if isinstance(formula, int | float) and not isinstance(formula, bool):
        return "number"
    if isinstance(formula, str):
        where.among((formula,), items)
        return _numeric(where, items[formula])
    if not isinstance(formula, Mapping) or len(formula) != 1:
        raise where.wrong("a formula is an item, a number, or one operation")
    ((operation, operands),) = formula.items()
    if operation not in OPERATIONS or not isinstance(operands, list) or not operands:
        raise where.wrong(f"unknown operation {operation!r}; known: {', '.join(OPERATIONS)}")
    if operation == "sum":
        return _summed(where, operands, items)
    kinds = [_kind_of(where, one, items) for one in operands]
    money = kinds.count("money")
    if operation == "times" and money > 1:
        raise where.wrong("two amounts cannot be multiplied")
    if operation != "times" and money not in (0, len(kinds)):
        raise where.wrong("numbers and amounts cannot be added")
    return "money" if money else "number"


def _summed(where: Where, operands: list[Any], items: Mapping[str, Item]) -> str:
    if len(operands) != 2:
        raise where.wrong("a sum needs a table and a column")
    where.among(operands[:1], items)
    columns = items[operands[0]].columns
    where.among(operands[1:], columns)
    return _numeric(where, columns[operands[1]])


def _numeric(where: Where, item: Item) -> str:
    if item.kind not in ("number", "money"):
        raise where.wrong(f"{item.name!r} is neither a number nor an amount")
    return item.kind
