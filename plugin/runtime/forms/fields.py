"""Between what people type or read and the values that are stored, by kind of item. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

from plugin.runtime.clock import parse_stamp, stamp
from plugin.runtime.forms.form import BLANKS, Item, is_empty
from plugin.runtime.forms.formulas import AMOUNT
from plugin.runtime.messages import Message, translate

YES = frozenset(("1", "true", "yes", "on", "y", "是"))
NO = frozenset(("", "0", "false", "no", "off", "n", "否"))
MONEY_TEXT = re.compile(r"(?:([A-Za-z]{3})\s*)?(-?[0-9][0-9 ,]*(?:\.[0-9]+)?)(?:\s*([A-Za-z]{3}))?")
LONGEST_NUMBER = 15
"""Digits before or after the point."""
LIST_MARKS = re.compile(r"[,;，；、\n]")


class FieldError(ValueError):
    """A text that is no value of its kind. `message` is for the person who typed it."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def parse(
    item: Item, text: str | Sequence[str], *, time_zone: str = "UTC", currency: str = "CNY"
) -> Any:
    """The value for what was typed into an item; None (or [] for lists) where nothing was.

    A list item takes a list of texts, or one text with commas or lines. Times without a zone are in
    `time_zone`; an amount without a currency is in `currency`. Raises FieldError.
    """
    if item.many:
        parts = LIST_MARKS.split(text) if isinstance(text, str) else text
        values = [_parse_one(item, one, time_zone, currency) for one in parts]
        return [one for one in values if not is_empty(one)]
    one = text if isinstance(text, str) else (text[-1] if text else "")
    return _parse_one(item, one, time_zone, currency)


def _parse_one(item: Item, text: str, time_zone: str, currency: str) -> Any:
    text = text.replace("\r\n", "\n")
    if item.kind in ("text", "richtext"):
        return (text.strip(BLANKS) if item.kind == "text" else text.rstrip(BLANKS)) or None
    text = text.strip(BLANKS)
    if item.kind == "boolean":
        return _boolean(text)
    if not text:
        return None
    if item.kind == "number":
        return _number(text)
    if item.kind == "money":
        return _money(text, currency)
    if item.kind == "date":
        return _date(text)
    if item.kind == "datetime":
        return _datetime(text, time_zone)
    return text


def _boolean(text: str) -> bool:
    if text.lower() in YES:
        return True
    if text.lower() in NO:
        return False
    raise FieldError(Message("This is either yes or no."))


def _number(text: str) -> int | float:
    plain = text.replace(",", "").replace(" ", "").removesuffix("%")
    try:
        value = Decimal(plain)
    except InvalidOperation as error:
        raise FieldError(Message("This is not a number.")) from error
    # A short text with a large exponent would take for ever to write out.
    if not value.is_finite() or abs(value.adjusted()) > LONGEST_NUMBER:
        raise FieldError(Message("This is not a number."))
    return int(value) if value == value.to_integral_value() else float(value)


def _money(text: str, currency: str) -> dict[str, str]:
    parts = MONEY_TEXT.fullmatch(text)
    if parts is None:
        raise FieldError(Message("This is not an amount of money."))
    amount = parts[2].replace(",", "").replace(" ", "")
    if AMOUNT.fullmatch(amount) is None:
        raise FieldError(Message("This is not an amount of money."))
    return {"amount": amount, "currency": (parts[1] or parts[3] or currency).upper()}


def _date(text: str) -> str:
    try:
        return date.fromisoformat(re.sub(r"[/.年月]", "-", text).rstrip("日")).isoformat()
    except ValueError as error:
        raise FieldError(Message("This is not a date.")) from error


def _datetime(text: str, time_zone: str) -> str:
    """Takes what browsers send (`2026-11-22T14:30`) and ISO 8601 with a zone."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise FieldError(Message("This is not a date with a time.")) from error
    return stamp(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(time_zone)))


def for_input(item: Item, value: Any, *, time_zone: str = "UTC") -> str:
    """The text that `parse` turns back into the value, for the field of a page."""
    if is_empty(value):
        return ""
    if isinstance(value, list):
        return ", ".join(for_input(item, one, time_zone=time_zone) for one in value)
    if item.kind == "money" and isinstance(value, Mapping):
        return f"{value.get('amount', '')} {value.get('currency', '')}"
    if item.kind == "datetime":
        try:
            local = parse_stamp(value).astimezone(ZoneInfo(time_zone))
        except ValueError:
            return str(value)
        return local.strftime("%Y-%m-%dT%H:%M")
    if item.kind == "boolean":
        return "1" if value else ""
    return str(value)


def display(
    item: Item,
    value: Any,
    language: str = "en",
    *,
    time_zone: str = "UTC",
    name_of: Callable[[str], str] = str,
) -> str:
    """The value as people read it in `language`. `name_of` gives the display name of a stable id.

    What is stored against its kind (old or foreign data) is shown as it is.
    """
    if is_empty(value):
        return ""
    if isinstance(value, list):
        mark = _mark(item, language)
        shown = (display(item, v, language, time_zone=time_zone, name_of=name_of) for v in value)
        return mark.join(shown)
    try:
        return _display_one(item, value, language, time_zone, name_of)
    except (ValueError, TypeError, KeyError, InvalidOperation):
        return str(value)


def _mark(item: Item, language: str) -> str:
    if item.kind == "table":
        return "；" if language.startswith("zh") else "; "
    return "、" if language.startswith("zh") else ", "


def _display_one(
    item: Item, value: Any, language: str, time_zone: str, name_of: Callable[[str], str]
) -> str:
    if item.kind == "money":
        return format_currency(Decimal(value["amount"]), value["currency"], locale=language)
    if item.kind == "number":
        return format_decimal(value, locale=language)
    if item.kind == "date":
        return format_date(date.fromisoformat(value), "medium", locale=language)
    if item.kind == "datetime":
        local = parse_stamp(value).astimezone(ZoneInfo(time_zone)).replace(tzinfo=None)
        return format_datetime(local, "medium", locale=language)
    if item.kind == "boolean":
        return translate(Message("Yes") if value else Message("No"), language)
    if item.kind == "names":
        return name_of(value)
    if item.kind == "keyword":
        return _keyword_label(item, value, language)
    if item.kind == "table":
        return _row(item, value, language, time_zone, name_of)
    return str(value)


def _row(
    table: Item,
    row: Mapping[str, Any],
    language: str,
    time_zone: str,
    name_of: Callable[[str], str],
) -> str:
    """A row in one line. Links are ids: what they bring along says which document it is."""
    shown = (
        display(column, row.get(name), language, time_zone=time_zone, name_of=name_of)
        for name, column in table.columns.items()
        if column.kind != "link"
    )
    return " · ".join(one for one in shown if one)


def _keyword_label(item: Item, value: str, language: str) -> str:
    """What people see for a keyword; one that the form does not list is translated as it is."""
    label = next((c.label for c in item.choices if c.value == value), value)
    return translate(label, language)
