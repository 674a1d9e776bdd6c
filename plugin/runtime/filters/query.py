"""What a person asks of a listing: conditions, columns, order. It stands in the address as it is
saved: pairs of names and texts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from plugin.runtime.filters.criteria import OPERATORS, Criterion, criterion
from plugin.runtime.forms.fields import FieldError
from plugin.runtime.forms.form import Form, Item
from plugin.runtime.messages import Message

COLUMNS = "columns"
SORT = "sort"
MOST_CRITERIA = 40
"""More conditions than this are nobody's filter."""

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Query:
    """`columns` are items, none for those of the listing; `sort` is an item, empty for the order of
    the listing."""

    criteria: tuple[Criterion, ...] = ()
    columns: tuple[str, ...] = ()
    sort: str = ""
    descending: bool = False

    def __bool__(self) -> bool:
        return bool(self.criteria or self.columns or self.sort)

    @property
    def narrows(self) -> bool:
        """Whether it asks for other rows or another order than the listing has."""
        return bool(self.criteria or self.sort)

    def pairs(self) -> list[tuple[str, str]]:
        """The parameters of an address that `read_query` reads as this."""
        made = [
            (f"{one.item.name}.{one.operator}", text) for one in self.criteria for text in one.texts
        ]
        if self.columns:
            made.append((COLUMNS, ",".join(self.columns)))
        if self.sort:
            made.append((SORT, f"-{self.sort}" if self.descending else self.sort))
        return made

    def text(self) -> str:
        """The same as one text, as it is saved."""
        return urlencode(self.pairs())


@dataclass(frozen=True)
class Asked:
    """A query, and what of the address made no sense: messages by parameter."""

    query: Query
    problems: dict[str, Message]


def filterable(form: Form) -> list[Item]:
    """The items that one may filter by, in the order of the form."""
    shown = [form.items[name] for section in form.sections for name in section.items]
    return [item for item in shown if item.kind in OPERATORS and item.label]


def saved_pairs(text: str) -> list[tuple[str, str]]:
    """The parameters of a query in a saved text; what is no such text gives none, and other
    parameters, which a program may have written, are left out."""
    return [(name, value) for name, value in parse_qsl(text) if _is_of_a_query(name)]


def _is_of_a_query(parameter: str) -> bool:
    return "." in parameter or parameter in (COLUMNS, SORT)


def read_query(form: Form, pairs: Iterable[tuple[str, str]]) -> Asked:
    """What an address asks for. Parameters that are no part of a query are left to others."""
    given: dict[str, list[str]] = {}
    for name, text in pairs:
        if text.strip() and _is_of_a_query(name):
            given.setdefault(name, []).append(text.strip())
    problems: dict[str, Message] = {}
    criteria = []
    for name in [name for name in given if "." in name]:
        found = _criterion(form, name, given[name], problems)
        criteria += [found] if found else []
    if len(criteria) > MOST_CRITERIA:
        problems["."] = Message(
            "A filter may have at most {most} conditions.", {"most": str(MOST_CRITERIA)}
        )
    columns = [one for text in given.get(COLUMNS, ()) for one in text.split(",")]
    order = given.get(SORT, [""])[-1]
    sort = order.removeprefix("-")
    for parameter, names in ((COLUMNS, columns), (SORT, [sort] if sort else [])):
        for name in names:
            if name not in form.items:
                problems[parameter] = _missing(name)
    query = Query(
        tuple(criteria[:MOST_CRITERIA]),
        tuple(dict.fromkeys(name for name in columns if name in form.items)),
        sort if sort in form.items else "",
        bool(sort) and order.startswith("-"),
    )
    return Asked(query, problems)


def _criterion(
    form: Form, parameter: str, texts: list[str], problems: dict[str, Message]
) -> Criterion | None:
    name, _, operator = parameter.partition(".")
    item = form.items.get(name)
    if item is None:
        problems[parameter] = _missing(name)
        return None
    try:
        return criterion(item, operator, texts)
    except FieldError as error:
        problems[parameter] = error.message
        return None


def _missing(name: str) -> Message:
    return Message("This form has no item {item}.", {"item": name})
