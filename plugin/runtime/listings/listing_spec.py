"""What a listing is: which index it reads and what it shows. JSON in the design document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plugin.runtime.errors import OfficeError
from plugin.runtime.messages import Text

KEYS = frozenset(
    (
        "title", "form", "view", "categories", "columns", "order", "navigator", "start", "mine",
        "key", "new", "public", "index",
    )
)  # fmt: skip
PART_KEYS = frozenset(("item", "label", "sum"))


@dataclass(frozen=True)
class Column:
    """One column. `sum` is the place of its total in the index's values, 0 for none."""

    item: str
    label: Text = ""
    sum: int = 0


@dataclass(frozen=True)
class ListingSpec:
    """A listing. Keys of its view start with `mine` (if any), then `key`, then `categories`.

    `mine` restricts the listing to the signed-in person; `key` are items whose values the caller
    gives (as for a list of responses); the first value of the view is the count. `navigator` and
    `start` say whether it stands in the navigator and on the start page, `public` whether it is
    there for who may only read public documents.

    `index` are the items whose values are the first parts of the keys (nothing filled in is an
    empty text or null), where the view holds each document of the form exactly once. Filters and
    sorting then use it for all listings of the form that are as complete.
    """

    name: str
    title: Text
    form: str
    view: str
    categories: tuple[Column, ...] = ()
    columns: tuple[Column, ...] = ()
    order: int = 100
    navigator: bool = True
    start: bool = False
    mine: str = ""
    key: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    public: bool = False
    index: tuple[str, ...] = ()


def read_listing(name: str, data: Mapping[str, Any]) -> ListingSpec:
    """The listing `name` from its JSON. Raises OfficeError that says what is wrong."""
    _known(name, data, KEYS)
    for key in ("title", "form", "view"):
        if not data.get(key):
            raise _wrong(name, f"{key!r} is missing")
    key_items = tuple(data.get("key", ()))
    return ListingSpec(
        name=name,
        title=data["title"],
        form=data["form"],
        view=data["view"],
        categories=tuple(_column(name, one) for one in data.get("categories", ())),
        columns=tuple(_column(name, one) for one in data.get("columns", ())),
        order=int(data.get("order", 100)),
        navigator=bool(data.get("navigator", not key_items)),
        start=bool(data.get("start", False)),
        mine=data.get("mine", ""),
        key=key_items,
        new=tuple(data.get("new", ())),
        public=bool(data.get("public", False)),
        index=tuple(data.get("index", ())),
    )


def _column(name: str, data: Any) -> Column:
    if isinstance(data, str):
        return Column(data)
    _known(name, data, PART_KEYS)
    if "item" not in data:
        raise _wrong(name, "a column or category needs 'item'")
    return Column(data["item"], data.get("label", ""), int(data.get("sum", 0)))


def _known(name: str, data: Any, keys: frozenset[str]) -> None:
    if not isinstance(data, Mapping):
        raise _wrong(name, "this must be an object")
    unknown = sorted(set(data) - keys)
    if unknown:
        raise _wrong(name, f"unknown key {unknown[0]!r}; known: {', '.join(sorted(keys))}")


def _wrong(name: str, why: str) -> OfficeError:
    return OfficeError("Listing {place}: {why}", place=name, why=why)
