"""Conditions as people fill them in, a row each, and as they stand in an address. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from plugin.runtime.filters.criteria import BARE, OPERATORS
from plugin.runtime.filters.periods import PERIODS
from plugin.runtime.forms.form import Form, Item
from plugin.runtime.messages import Message

BETWEEN = "between"

_TITLES = {
    "contains": Message("contains"),
    "begins": Message("begins with"),
    "is": Message("is one of"),
    "not": Message("is none of"),
    BETWEEN: Message("is between"),
    "empty": Message("is empty"),
    "filled": Message("is filled in"),
}


@dataclass(frozen=True)
class FilterRow:
    """One condition to fill in. `choice` is what `choices` offers; `texts` are the values, of
    `between` the ends."""

    item: Item
    choice: str
    texts: tuple[str, ...] = ()
    low: str = ""
    high: str = ""

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Its part of an address; nothing where no value is filled in."""
        name = self.item.name
        if self.choice in BARE:
            return [(f"{name}.{self.choice}", "1")]
        if self.choice in PERIODS:
            return [(f"{name}.in", self.choice)]
        if self.choice == BETWEEN:
            ends = (("from", self.low), ("to", self.high))
            return [(f"{name}.{end}", text) for end, text in ends if text.strip()]
        return [(f"{name}.{self.choice}", text) for text in self.texts if text.strip()]


def choices(item: Item) -> dict[str, Message]:
    """What may be asked of an item, with its title; the first is offered first."""
    operators = OPERATORS.get(item.kind, ())
    found = {name: one.title for name, one in PERIODS.items() if "in" in operators}
    for operator in operators:
        name = BETWEEN if operator in ("from", "to") else operator
        if name in _TITLES:
            found.setdefault(name, _TITLES[name])
    return found


def rows_of(form: Form, pairs: Iterable[tuple[str, str]]) -> list[FilterRow]:
    """The rows of an address, also where their values make no sense."""
    given: dict[tuple[str, str], list[str]] = {}
    for parameter, text in pairs:
        name, _, operator = parameter.partition(".")
        if name in form.items and operator in OPERATORS.get(form.items[name].kind, ()):
            key = BETWEEN if operator in ("from", "to") else operator
            given.setdefault((name, key), []).append(f"{operator}={text}")
    return [_row(form.items[name], key, texts) for (name, key), texts in given.items()]


def _row(item: Item, key: str, given: list[str]) -> FilterRow:
    pairs = [one.partition("=")[::2] for one in given]
    texts = tuple(text for _, text in pairs)
    if key == "in":
        return FilterRow(item, texts[-1] if texts[-1] in PERIODS else next(iter(PERIODS)))
    if key == BETWEEN:
        ends = dict(pairs)
        return FilterRow(item, key, low=ends.get("from", ""), high=ends.get("to", ""))
    return FilterRow(item, key, texts)


def read_rows(
    form: Form, get: Callable[[str], str | None], getlist: Callable[[str], Sequence[str]], many: int
) -> list[FilterRow]:
    """The rows that a page sent as `item.0`, `choice.0`, `value.0`, `from.0`, `to.0`, and so on."""
    found = []
    for number in range(many):
        item = form.items.get(get(f"item.{number}") or "")
        if item is None or item.kind not in OPERATORS:
            continue
        choice = get(f"choice.{number}") or ""
        if choice not in choices(item):
            choice = next(iter(choices(item)))
        texts = tuple(getlist(f"value.{number}"))
        ends = (get(f"from.{number}") or "", get(f"to.{number}") or "")
        if choice in PERIODS and any(ends):  # days were filled in beside the first choice
            choice = BETWEEN
        found.append(FilterRow(item, choice, texts, *ends))
    return found
