"""Items that are calculated from others of the document, as data in the form. Pure, and exact:
`design_docs/_shared/lib/formulas.js` is the twin and finds the same.

A formula is the name of an item, a number, or one operation with its operands:

- `{"times": [a, b, …]}`: nothing where one of them is empty
- `{"plus": [a, b, …]}`, `{"minus": [a, b, …]}`: what is empty is left out
- `{"sum": ["table", "column"]}`: over all rows of a table

Amounts keep their currency; two currencies cannot be added.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any, NamedTuple

from plugin.runtime.messages import Message

AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
CURRENCY = re.compile(r"[A-Z]{3}")
OPERATIONS = ("times", "plus", "minus", "sum")
PLACES = {"money": 2, "number": 6}
"""Digits behind the point that a result keeps; a half is rounded away from zero."""
LARGEST = 10**15
SMALLEST = 1e-6
"""Numbers nearer to zero count as zero."""

Formula = Any


class Unfit(ValueError):
    """The values cannot be calculated with. `message` is for the person who typed them."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


class _Amount(NamedTuple):
    """`digits` / 10 ** `scale`, of a currency or of none."""

    digits: int
    scale: int
    currency: str


def calculated(formula: Formula, kind: str, doc: Mapping[str, Any]) -> Any:
    """The value of a `number` or `money` item by its formula; None where nothing comes out.

    Raises Unfit.
    """
    found = _result(formula, doc)
    if found is None or bool(found.currency) != (kind == "money"):
        return None
    places = PLACES[kind]
    digits = _rounded(found, places)
    if abs(digits) >= LARGEST * 10**places:
        raise Unfit(Message("This becomes too large."))
    if kind == "money":
        return {"amount": _text(digits, places), "currency": found.currency}
    return _number(digits, places)


def _result(formula: Formula, doc: Mapping[str, Any]) -> _Amount | None:
    if isinstance(formula, int | float):
        return _of_number(formula)
    if isinstance(formula, str):
        return _read(doc.get(formula))
    ((operation, operands),) = formula.items()
    if operation == "sum":
        table, column = operands
        return _added(_read(row.get(column)) for row in rows_of(doc.get(table)))
    parts = [_result(one, doc) for one in operands]
    if operation == "times":
        return _product(parts)
    if operation == "minus":
        parts = [parts[0], *(one and one._replace(digits=-one.digits) for one in parts[1:])]
    return _added(parts)


def rows_of(value: Any) -> list[dict[str, Any]]:
    """The rows of a table, whatever else stands there."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _read(value: Any) -> _Amount | None:
    """A number or an amount; what is none of these has its own problem, and counts as empty."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _of_number(value) if isfinite(value) and abs(value) < LARGEST else None
    if not isinstance(value, Mapping):
        return None
    amount, currency = value.get("amount"), value.get("currency")
    if not isinstance(amount, str) or not isinstance(currency, str):
        return None
    if not AMOUNT.fullmatch(amount) or not CURRENCY.fullmatch(currency):
        return None
    return _of_text(amount, currency)


def _of_number(value: float) -> _Amount:
    return _of_text(format(Decimal(repr(value)), "f") if abs(value) >= SMALLEST else "0", "")


def _of_text(text: str, currency: str) -> _Amount:
    whole, _, behind = text.partition(".")
    return _Amount(int(whole + behind), len(behind), currency)


def _product(parts: Iterable[_Amount | None]) -> _Amount | None:
    product = _Amount(1, 0, "")
    for one in parts:
        if one is None or (one.currency and product.currency):
            return None
        product = _Amount(
            product.digits * one.digits,
            product.scale + one.scale,
            product.currency or one.currency,
        )
    return product


def _added(parts: Iterable[_Amount | None]) -> _Amount | None:
    there = [one for one in parts if one is not None]
    if not there:
        return None
    if any(one.currency != there[0].currency for one in there):
        raise Unfit(Message("These amounts are in different currencies."))
    scale = max(one.scale for one in there)
    digits = sum(one.digits * _ten(scale - one.scale) for one in there)
    return _Amount(digits, scale, there[0].currency)


def _rounded(amount: _Amount, places: int) -> int:
    """The digits at so many places."""
    if amount.scale <= places:
        return amount.digits * _ten(places - amount.scale)
    unit = _ten(amount.scale - places)
    digits = (2 * abs(amount.digits) + unit) // (2 * unit)
    return -digits if amount.digits < 0 else digits


def _ten(power: int) -> int:
    return int(10**power)


def _text(digits: int, places: int) -> str:
    text = str(abs(digits)).rjust(places + 1, "0")
    return f"{'-' if digits < 0 else ''}{text[:-places]}.{text[-places:]}"


def _number(digits: int, places: int) -> int | float:
    whole, rest = divmod(digits, 10**places)
    return float(_text(digits, places)) if rest else whole
