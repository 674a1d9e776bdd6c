"""What a filter asks of one item of a document. Pure: no store, no clock.

In an address each stands as `item.operator=text`: `region.is=East`, `turnover.from=1000`,
`expected_on.in=this_month`. Several values of `is` are alternatives; all else is joined by and.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from plugin.runtime.clock import day_in, parse_stamp
from plugin.runtime.filters.periods import PERIODS, Days
from plugin.runtime.forms.fields import FieldError, parse
from plugin.runtime.forms.form import Item, is_empty
from plugin.runtime.messages import Message

ME = "@me"
"""The person who looks, among the values of a names item."""

_TEXT = ("contains", "begins", "empty", "filled")
_CHOICE = ("is", "not", "empty", "filled")
_AMOUNT = ("from", "to", "empty", "filled")
OPERATORS: dict[str, tuple[str, ...]] = {
    "text": _TEXT,
    "richtext": _TEXT,
    "keyword": _CHOICE,
    "names": _CHOICE,
    "boolean": ("is",),
    "link": _CHOICE,
    "number": _AMOUNT,
    "money": _AMOUNT,
    "date": ("in", *_AMOUNT),
    "datetime": ("in", *_AMOUNT),
}
"""The operators by kind of item; a kind that is not here cannot be filtered by."""
SEVERAL = ("is", "not")
BARE = ("empty", "filled")
"""These need no value."""


@dataclass(frozen=True)
class Asker:
    """Who looks, on which day, in which time zone."""

    me: str | None
    today: date
    zone: str


@dataclass(frozen=True)
class Criterion:
    """One condition. `texts` are the values as they stand in the address; `values` what is meant by
    them: stored values, days, an amount, the name of a period, folded text."""

    item: Item
    operator: str
    texts: tuple[str, ...]
    values: tuple[Any, ...]

    def wanted(self, asker: Asker) -> tuple[Any, ...]:
        """The values, with the person in place of `@me`."""
        return tuple(asker.me if one == ME else one for one in self.values)

    def days(self, asker: Asker) -> Days:
        """First and last day of a condition on dates."""
        if self.operator == "in":
            return PERIODS[self.values[0]].days(asker.today)
        day = self.values[0]
        return (day, None) if self.operator == "from" else (None, day)

    def test(self, asker: Asker) -> Callable[[Any], bool]:
        """Whether a stored value meets it, as a function."""
        if self.operator in BARE:
            return lambda value: is_empty(value) is (self.operator == "empty")
        return _of_each(self.operator == "not", _tests(self, asker))


def criterion(item: Item, operator: str, texts: Sequence[str]) -> Criterion:
    """The condition that an address asks for. Raises FieldError."""
    if operator not in OPERATORS.get(item.kind, ()):
        raise FieldError(Message("This item cannot be filtered so."))
    if operator in BARE:
        return Criterion(item, operator, ("1",), ())
    given = tuple(dict.fromkeys(texts)) if operator in SEVERAL else tuple(texts)[-1:]
    return Criterion(item, operator, given, tuple(_value(item, operator, one) for one in given))


def _value(item: Item, operator: str, text: str) -> Any:
    if operator in ("contains", "begins"):
        return " ".join(text.casefold().split())
    if operator == "in":
        if text not in PERIODS:
            raise FieldError(Message("There is no such period."))
        return text
    if item.kind in ("date", "datetime"):
        return _date(text)
    if operator in ("from", "to"):
        return Decimal(str(parse(Item("", "number", ""), text)))
    return text in ("1", "yes") if item.kind == "boolean" else text


def _date(text: str) -> date:
    day = date.fromisoformat(parse(Item("", "date", ""), text))
    if not 1000 <= day.year <= 9000:  # with room for time zones at both ends
        raise FieldError(Message("This is not a date."))
    return day


def _of_each(negated: bool, test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """A list meets a condition where one of its values does; `not`, where none does."""

    def met(value: Any) -> bool:
        values = value if isinstance(value, list) else [value]
        return any(test(one) for one in values) is not negated

    return met


def _tests(one: Criterion, asker: Asker) -> Callable[[Any], bool]:
    if one.operator in ("contains", "begins"):
        return _text(one.values[0], begins=one.operator == "begins")
    if one.item.kind in ("date", "datetime"):
        return _day(one.days(asker), asker.zone, one.item.kind == "datetime")
    if one.operator in ("from", "to"):
        return _amount(one.values[0], least=one.operator == "from")
    if one.item.kind == "boolean":
        return lambda value: (value is True) in one.values
    wanted = frozenset(one.wanted(asker))
    return lambda value: isinstance(value, str) and value in wanted


def _text(wanted: str, *, begins: bool) -> Callable[[Any], bool]:
    def met(value: Any) -> bool:
        text = " ".join(value.casefold().split()) if isinstance(value, str) else ""
        return text.startswith(wanted) if begins else wanted in text

    return met


def _day(days: Days, zone: str, timed: bool) -> Callable[[Any], bool]:
    low, high = days

    def met(value: Any) -> bool:
        try:
            day = day_in(parse_stamp(value), zone) if timed else date.fromisoformat(value)
        except (TypeError, ValueError, OverflowError):  # nothing, or stored against its kind
            return False
        return (low is None or low <= day) and (high is None or day <= high)

    return met


def amount(value: Any) -> Decimal | None:
    """A number, or what stands in an amount of money whatever its currency; None for all else."""
    plain = value.get("amount") if isinstance(value, dict) else value
    if isinstance(plain, bool) or not isinstance(plain, int | float | str):
        return None
    try:
        return Decimal(str(plain))
    except InvalidOperation:
        return None


def _amount(limit: Decimal, *, least: bool) -> Callable[[Any], bool]:
    def met(value: Any) -> bool:
        there = amount(value)
        return there is not None and (there >= limit if least else there <= limit)

    return met
