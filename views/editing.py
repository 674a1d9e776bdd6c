"""Fields of an edit page: what stands in them, and what the answer means. Plain data in and out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from plugin import FieldError, Form, Item, Message, for_input, is_empty, parse

FEW = 12
"""So many keywords are shown as ticks; more as a list."""
WIDE = frozenset(("richtext",))


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
    """One field as the template draws it: `widget` names the macro, `texts` stand in it."""

    item: Item
    widget: str
    texts: tuple[str, ...]
    options: tuple[Option, ...] = ()
    problem: str = ""
    url: str = ""
    currency: str = ""

    @property
    def text(self) -> str:
        return self.texts[0] if self.texts else ""

    @property
    def wide(self) -> bool:
        return self.item.kind in WIDE or (self.item.kind == "text" and (self.item.max or 0) > 300)


@dataclass(frozen=True)
class Typed:
    """What a page sent: values by item, problems of texts that are no values, and the texts."""

    values: Mapping[str, Any]
    problems: Mapping[str, Message]
    texts: Mapping[str, tuple[str, ...]]


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


def _money(given: list[str], currency: str) -> list[str]:
    return [f"{given[0].strip()} {currency.strip().upper()}"] if given else []


def _text(item: Item, given: list[str]) -> str | list[str]:
    if not item.many:
        return given[-1] if given else ""
    if item.kind == "keyword" and item.open and len(given) == 1:
        return given[0]
    return given


def make_fields(
    items: Sequence[Item],
    texts: Mapping[str, tuple[str, ...]],
    problems: Mapping[str, str],
    options: Callable[[Item, tuple[str, ...]], tuple[Option, ...]],
    url: Callable[[Item], str],
    currency: str,
) -> dict[str, Field]:
    """The fields by item name. `options` gives the choices of an item (with what is chosen now)."""
    fields = {}
    for item in items:
        chosen = tuple(texts.get(item.name, ()))
        choices = options(item, chosen) if item.kind in ("keyword", "names", "link") else ()
        fields[item.name] = Field(
            item=item,
            widget=widget_of(item, choices),
            texts=chosen,
            options=choices,
            problem=problems.get(item.name, ""),
            url=url(item) if item.kind in ("names", "link") else "",
            currency=(chosen[1] if len(chosen) > 1 else "") or currency,
        )
    return fields
