"""Fields of an edit page: what stands in them, and what the answer means. Plain data in and out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from plugin import FieldError, Form, Item, Message, for_input, is_empty, parse
from views.rendering import shown_columns

FEW = 12
"""So many keywords are shown as ticks; more as a list."""
WIDE = frozenset(("richtext", "table"))


Texts = Mapping[str, tuple[str, ...]]


class Answers(Protocol):
    """What was posted (werkzeug's MultiDict)."""

    def get(self, name: str) -> str | None: ...

    def getlist(self, name: str) -> list[str]: ...

    def __contains__(self, name: object) -> bool: ...

    def __iter__(self) -> Iterator[str]: ...


@dataclass(frozen=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True)
class Field:
    """One field as the template draws it: `widget` names the macro, `texts` stand in it.

    A table has `rows`; the fields in them have a `label` of their own, since none stands beside.
    """

    item: Item
    widget: str
    texts: tuple[str, ...]
    options: tuple[Option, ...] = ()
    problem: str = ""
    url: str = ""
    currency: str = ""
    label: str = ""
    rows: "tuple[RowFields, ...]" = ()

    @property
    def columns(self) -> tuple[Item, ...]:
        return shown_columns(self.item)

    @property
    def text(self) -> str:
        return self.texts[0] if self.texts else ""

    @property
    def wide(self) -> bool:
        return self.item.kind in WIDE or (self.item.kind == "text" and (self.item.max or 0) > 300)


@dataclass(frozen=True)
class RowFields:
    """One row of a table: its fields by column; those of calculated ones show a value."""

    id: str
    number: int
    cells: tuple[Field, ...]
    problem: str = ""


@dataclass(frozen=True)
class Typed:
    """What a page sent: values by item, problems of texts that are no values, and the texts.

    Those of a table stand under `table/row/column`; its own texts are the ids of its rows.
    """

    values: Mapping[str, Any]
    problems: Mapping[str, Message]
    texts: Mapping[str, tuple[str, ...]]


NOTHING = Typed({}, {}, {})


def widget_of(item: Item, options: Sequence[Option]) -> str:
    """The macro that draws an item for editing."""
    if item.kind in ("link", "names"):
        return "picker"
    if item.kind != "keyword":
        return item.kind
    if item.many:
        return "ticks" if options and len(options) <= FEW and not item.open else "words"
    return "suggest" if item.open else "choice"


def editable(form: Form, doc: Mapping[str, Any]) -> list[Item]:
    """Items of the form's sections that people type, as the document stands."""
    named = [form.items[name] for section in form.sections for name in section.items]
    return [item for item in named if not item.readonly(doc) and not item.hidden(doc)]


def texts_of(item: Item, value: Any, time_zone: str) -> tuple[str, ...]:
    """What stands in the field for a value: one text; amount and currency; the texts of a list."""
    if is_empty(value):
        return ()
    if item.kind == "money" and isinstance(value, Mapping):
        return (str(value.get("amount", "")), str(value.get("currency", "")))
    if isinstance(value, list):
        return tuple(for_input(item, one, time_zone=time_zone) for one in value)
    return (for_input(item, value, time_zone=time_zone),)


def all_texts(items: Sequence[Item], doc: Mapping[str, Any], zone: str) -> Texts:
    """What stands in the fields of all items, named as in `Typed`."""
    found: dict[str, tuple[str, ...]] = {}
    for item in items:
        value = doc.get(item.name)
        if item.kind != "table":
            found[item.name] = texts_of(item, value, zone)
            continue
        rows = [row for row in value or () if isinstance(row, Mapping)]
        found[item.name] = tuple(str(row.get("id", "")) for row in rows)
        for row in rows:
            for name, texts in all_texts(typed_columns(item), row, zone).items():
                found[f"{item.name}/{row.get('id', '')}/{name}"] = texts
    return found


def typed_columns(table: Item) -> list[Item]:
    return [column for column in table.columns.values() if not column.computed]


def read(
    items: Sequence[Item], answers: Answers, time_zone: str, currency: str, prefix: str = ""
) -> Typed:
    """Take the answers to `items`; one that was not asked (no field of its name) is left out."""
    values: dict[str, Any] = {}
    problems: dict[str, Message] = {}
    texts: dict[str, tuple[str, ...]] = {}
    for item in items:
        name = prefix + item.name
        if name not in answers and f"{name}.asked" not in answers:
            continue
        if item.kind == "table":
            rows = _read_rows(item, answers, time_zone, currency, name)
            values |= rows.values
            problems |= rows.problems
            texts |= rows.texts
            continue
        given = [one for one in answers.getlist(name) if one.strip() or item.kind == "richtext"]
        if item.kind == "money":
            given = _money(given, answers.get(f"{name}.currency") or currency)
            texts[item.name] = tuple(given[0].rsplit(" ", 1)) if given else ()
        else:
            texts[item.name] = tuple(given)
        try:
            values[item.name] = parse(
                item, _text(item, given), time_zone=time_zone, currency=currency
            )
        except FieldError as error:
            problems[item.name] = error.message
    return Typed(values, problems, texts)


def _read_rows(table: Item, answers: Answers, time_zone: str, currency: str, name: str) -> Typed:
    """The rows in which something was typed. `<table>.rows` says which there are, and in which
    order."""
    rows: list[dict[str, Any]] = []
    problems: dict[str, Message] = {}
    ids = tuple(dict.fromkeys(answers.getlist(f"{name}.rows")))
    texts: dict[str, tuple[str, ...]] = {table.name: ids}
    for one in ids:
        row = read(typed_columns(table), answers, time_zone, currency, f"{name}.{one}.")
        if not any(row.texts.values()):
            continue
        rows.append({"id": one, **row.values})
        path = f"{table.name}/{one}/"
        problems |= {path + column: problem for column, problem in row.problems.items()}
        texts |= {path + column: typed for column, typed in row.texts.items()}
    return Typed({table.name: rows}, problems, texts)


def _money(given: list[str], currency: str) -> list[str]:
    return [f"{given[0].strip()} {currency.strip().upper()}"] if given else []


def _text(item: Item, given: list[str]) -> str | list[str]:
    if not item.many:
        return given[-1] if given else ""
    if item.kind == "keyword" and item.open and len(given) == 1:
        return given[0]
    return given


@dataclass(frozen=True)
class Maker:
    """Makes fields. `options` gives the choices of an item, by the name of its field and with what
    is chosen now; `shown` what stands where something is calculated."""

    texts: Texts
    problems: Mapping[str, str]
    options: Callable[[Item, str, tuple[str, ...]], tuple[Option, ...]]
    url: Callable[[Item], str]
    currency: str
    shown: Mapping[str, str]
    label: Callable[[Item, int], str]

    def fields(self, items: Sequence[Item]) -> dict[str, Field]:
        """The fields by item name."""
        return {
            item.name: self._table(item) if item.kind == "table" else self._field(item, item.name)
            for item in items
        }

    def _field(self, item: Item, path: str, label: str = "") -> Field:
        if item.computed:
            return Field(item, "shown", (self.shown.get(path, ""),))
        chosen = tuple(self.texts.get(path, ()))
        name = path.replace("/", ".")
        chooses = item.kind in ("keyword", "names", "link")
        choices = self.options(item, name, chosen) if chooses else ()
        return Field(
            item=item,
            widget=widget_of(item, choices),
            texts=chosen,
            options=choices,
            problem=self.problems.get(path, ""),
            url=self.url(item) if item.kind in ("names", "link") else "",
            currency=(chosen[1] if len(chosen) > 1 else "") or self.currency,
            label=label,
        )

    def _table(self, item: Item) -> Field:
        ids = self.texts.get(item.name, ())
        rows = tuple(self._row(item, one, number) for number, one in enumerate(ids, 1))
        texts = tuple(self.shown.get(f"{item.name}/{one.name}", "") for one in shown_columns(item))
        return Field(item, "table", texts, problem=self.problems.get(item.name, ""), rows=rows)

    def _row(self, table: Item, one: str, number: int) -> RowFields:
        path = f"{table.name}/{one}"
        cells = tuple(
            self._field(column, f"{path}/{column.name}", self.label(column, number))
            for column in shown_columns(table)
        )
        return RowFields(one, number, cells, self.problems.get(path, ""))
