"""Turning the texts of a row into the values of items."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from plugin.runtime.importing.mapping import DocumentRule, ItemRule, Lookup, template_columns
from plugin.runtime.importing.rows import CsvRow, Table


class Fault(Exception):
    """Why a row cannot be imported; the text goes into the report."""


def person_name(text: str) -> str:
    """The stable name made of a person's written name: `Mei-Mei Johns` → `mei-mei.johns`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = ".".join(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", plain))
    if not name:
        raise Fault(f"no login name can be made of “{text}”")
    return name


def group_name(text: str) -> str:
    """The stable name of a group: like a person's, with hyphens."""
    return person_name(text).replace(".", "-")


def document_id(plan: str, rule_form: str, key: str) -> str:
    """The id that this key always gets: `deal:<32 hex>`; people and groups keep a telling one."""
    if rule_form == "person":
        return f"person:{person_name(key)}"
    if rule_form == "group":
        return f"group:{group_name(key)}"
    digest = hashlib.sha256("\x00".join((plan, rule_form, key)).encode()).hexdigest()
    return f"{rule_form}:{digest[:32]}"


def read_date(text: str, pattern: str) -> str:
    """A date as `YYYY-MM-DD`. `pattern` is made of dd, mm, yy or yyyy and separators.

    Two-digit years are 1970–2069 (POSIX strptime's rule is 1969–2068).
    """
    names = {
        "yyyy": r"(?P<y>\d{4})",
        "yy": r"(?P<s>\d{2})",
        "mm": r"(?P<m>\d{1,2})",
        "dd": r"(?P<d>\d{1,2})",
    }
    expression = re.sub("yyyy|yy|mm|dd|.", lambda m: names.get(m[0], re.escape(m[0])), pattern)
    found = re.fullmatch(expression, text)
    if not found:
        raise Fault(f"“{text}” is no date of the form {pattern}")
    parts = found.groupdict()
    if parts.get("s"):
        short = int(parts["s"])
        year = 2000 + short if short < 70 else 1900 + short
    else:
        year = int(parts["y"])
    try:
        return date(year, int(parts["m"]), int(parts["d"])).isoformat()
    except ValueError:
        raise Fault(f"“{text}” is no day of the calendar") from None


def read_number(text: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise Fault(f"“{text}” is no number") from None
    if not number.is_finite():
        raise Fault(f"“{text}” is no number")
    return number


class Converter:
    """Makes the items of one document from its row; knows the other tables for lookups."""

    def __init__(self, plan: str, tables: Mapping[str, Table]) -> None:
        self.plan = plan
        self.tables = tables

    def key(self, rule: DocumentRule, row: CsvRow) -> str:
        """The document's key, or "" where the columns of the key are all empty."""
        return rule.key.format_map(row.values).strip()

    def items(self, rule: DocumentRule, row: CsvRow) -> dict[str, Any]:
        """The items; empty ones are left out. Raises Fault with the item's name."""
        items = {}
        for item in rule.items:
            try:
                value = self.item(item, row)
            except Fault as fault:
                raise Fault(f"{item.name}: {fault}") from None
            if value not in (None, "", []):
                items[item.name] = value
        return items

    def item(self, rule: ItemRule, row: CsvRow) -> Any:
        if rule.value is not None:
            return rule.value
        texts = [rule.replace.get(text, text) for text in self.texts(rule, row)]
        values = [self.convert(rule, text) for text in texts if text]
        if not values:
            if rule.required:
                raise Fault("is empty")
            return rule.empty
        many = rule.collect or (rule.lookup is not None and rule.lookup.pick == "all")
        return values if many else values[0]

    def texts(self, rule: ItemRule, row: CsvRow) -> list[str]:
        if any(row.values[column] != value for column, value in rule.when.items()):
            return []
        if rule.lookup is None:
            filled = {name: row.values[name] for name in template_columns(rule.template or "")}
            if filled and not any(filled.values()):
                return []
            return [(rule.template or "").format_map(filled).strip()]
        return self.found(rule.lookup, [row.values[rule.lookup.equals]])

    def found(self, lookup: Lookup, wanted: list[str]) -> list[str]:
        """What the other file, and those after it, have for these values."""
        table = self.tables[lookup.file]
        rows = [other for text in wanted if text for other in table.rows_where(lookup.where, text)]
        values = _pick((other.values[lookup.column] for other in rows), lookup.pick)
        return self.found(lookup.then, values) if lookup.then else values

    def convert(self, rule: ItemRule, text: str) -> Any:
        match rule.kind:
            case "number":
                number = read_number(text)
                return int(number) if number == number.to_integral_value() else float(number)
            case "integer":
                number = read_number(text)
                if number != number.to_integral_value():
                    raise Fault(f"“{text}” is no whole number")
                return int(number)
            case "money":
                return {"amount": str(read_number(text)), "currency": rule.currency}
            case "date":
                return read_date(text, rule.pattern)
            case "person" | "names":
                return person_name(text)
            case "group":
                return group_name(text)
            case "link":
                return document_id(self.plan, rule.to.partition("/")[2], text)
        return text


def _pick(values: Iterable[str], pick: str) -> list[str]:
    present = [value for value in values if value]
    if pick == "first":
        return present[:1]
    if pick == "most":
        counts = Counter(present)
        return sorted(counts, key=lambda value: (-counts[value], value))[:1]
    return sorted(set(present))
