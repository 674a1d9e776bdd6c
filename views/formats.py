"""Dates, numbers and money as people of a language write them (Babel, Unicode CLDR). Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, get_currency_symbol


def parse_time(text: str) -> datetime:
    """A stored time (ISO 8601 with Z) with its zone. Raises ValueError."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Formats:
    """The formats of one language and time zone. What cannot be read is shown as it is.

    `compact` is for tables: Chinese dates are written with numbers alone, 2026/11/22.
    """

    language: str
    zone: ZoneInfo
    compact: bool = False

    @property
    def locale(self) -> Locale:
        return Locale.parse(self.language)

    def date(self, text: str) -> str:
        """A stored date, YYYY-MM-DD."""
        try:
            return _written(date.fromisoformat(text[:10]), self)
        except ValueError:
            return text

    def time(self, text: str) -> str:
        """A stored time in the person's zone, to the minute."""
        try:
            local = parse_time(text).astimezone(self.zone)
        except ValueError:
            return text
        return (
            f"{_written(local.date(), self)} {format_datetime(local, 'HH:mm', locale=self.locale)}"
        )

    def number(self, value: Any) -> str:
        """A number with the language's separators."""
        try:
            return format_decimal(Decimal(str(value)), locale=self.locale)
        except InvalidOperation:
            return str(value)

    def money(self, value: Any) -> str:
        """A stored amount `{"amount", "currency"}`; whole amounts without cents."""
        try:
            amount = Decimal(str(value["amount"]))
        except (InvalidOperation, KeyError, TypeError):
            return str(value)
        code = str(value.get("currency", ""))
        whole = amount == amount.to_integral_value()
        if not code:
            return format_decimal(amount, locale=self.locale)
        return format_currency(
            amount,
            code,
            locale=self.locale,
            format=None if not whole else f"¤{'#,##0'}",
            currency_digits=not whole,
        )

    def symbol(self, currency: str) -> str:
        """The sign of a currency, `¥`, `US$`…"""
        return get_currency_symbol(currency, locale=self.locale)


def _written(day: date, formats: Formats) -> str:
    length = "short" if formats.compact and formats.language.startswith("zh") else "medium"
    return format_date(day, length, locale=formats.locale)
