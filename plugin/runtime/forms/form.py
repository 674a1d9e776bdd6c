"""What a form is: items, sections, responses, workflow. Values only; `form_reading` reads them.

A form is JSON in a database's design document, so it replicates and a Designer can change it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from plugin.runtime.forms.workflow import Step, Workflow
from plugin.runtime.messages import Text

KINDS = (
    "text",
    "richtext",
    "number",
    "money",
    "date",
    "datetime",
    "boolean",
    "keyword",
    "names",
    "link",
    "table",
)
"""Kinds of items. `richtext` is Markdown; `names` are stable ids of persons, groups and roles; a
`table` is a list of rows, each with an `id` and the items that are its columns."""
COLUMNS = ("text", "number", "money", "date", "boolean", "keyword", "link")
"""Kinds of items that a table may have as columns."""

META = frozenset(
    (
        "form",
        "readers",
        "authors",
        "public",
        "created",
        "updated",
        "changed",
        "steps",
        "former_readers",
        "imported",
        "provisional",
        "deletions",
        "handovers",
    )
)
"""Keys of a document that are no items: the door writes them, never a person."""


CONFLICTS = ("merge", "create", "merge-only", "none")
"""What becomes of versions that were made apart, as in Notes: different items merge and the same
item waits for a person (the first, where a form says nothing); all waits for a person; different
items merge and the winner's value stands; the winner stands. The winner is the version with more
saves behind it."""


@dataclass(frozen=True)
class Choice:
    """One keyword: the value that is stored and what people see."""

    value: str
    label: Text


@dataclass(frozen=True)
class Condition:
    """Holds when the item named has one of the values (for lists: any of them)."""

    item: str
    values: tuple[Any, ...]

    def holds(self, doc: Mapping[str, Any]) -> bool:
        value = doc.get(self.item)
        if isinstance(value, list):
            return any(one in self.values for one in value)
        return value in self.values


@dataclass(frozen=True)
class Item:
    """One item of a form. Which attributes matter depends on `kind`.

    `brings` maps items of this form to items of the document a link names; `fills` likewise, but
    only where nothing stands yet. `keywords` is the name of a list in the settings database;
    `computed` items are set by code or by their `formula` (see `formulas`), not by people. `min`
    and `max` of a table count its rows; `total` columns are summed below it.
    """

    name: str
    kind: str
    label: Text
    help: Text = ""
    required: bool = False
    computed: bool = False
    many: bool = False
    default: Any = None
    min: float | None = None
    max: float | None = None
    integer: bool = False
    choices: tuple[Choice, ...] = ()
    keywords: str = ""
    open: bool = False
    workflow: bool = False
    types: tuple[str, ...] = ()
    database: str = ""
    form: str = ""
    listing: str = ""
    brings: Mapping[str, str] = field(default_factory=dict)
    fills: Mapping[str, str] = field(default_factory=dict)
    formula: Any = None
    columns: "Mapping[str, Item]" = field(default_factory=dict)
    total: bool = False
    hidden_when: Condition | None = None
    readonly_when: Condition | None = None

    def hidden(self, doc: Mapping[str, Any]) -> bool:
        return self.hidden_when is not None and self.hidden_when.holds(doc)

    def readonly(self, doc: Mapping[str, Any]) -> bool:
        """True where people do not type this item: computed, moved by steps, or by condition."""
        if self.computed or self.workflow:
            return True
        return self.readonly_when is not None and self.readonly_when.holds(doc)


@dataclass(frozen=True)
class Section:
    title: Text
    items: tuple[str, ...]


@dataclass(frozen=True)
class Response:
    """A listing shown on the document's page, with a button that makes a new response.

    `item` is the link item of `form` that names this document.
    """

    listing: str
    title: Text
    form: str
    item: str
    database: str = ""


@dataclass(frozen=True)
class Action:
    """A button whose code stands in the module (`Module.actions["form.name"]`).

    It is there for those in `who`, while `when` holds (empty, None: for all, always)."""

    name: str
    title: Text
    who: tuple[str, ...] = ()
    when: Condition | None = None
    style: str = ""
    asks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Number:
    """The document gets a number by a rule of the settings database."""

    item: str
    rule: str


@dataclass(frozen=True)
class Form:
    """A form as read from the design document.

    `readers` and `authors` map the name of a Readers or Authors item to its rule (see `names`);
    `conflicts` is one of `CONFLICTS`. `public` is True where all documents of the form are public,
    or the item that says of each document whether it is. `attachments` says whether people are
    offered to add files.
    """

    name: str
    title: Text
    plural: Text
    subject: str
    icon: str
    public: bool | str
    sections: tuple[Section, ...]
    items: Mapping[str, Item]
    readers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    authors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    number: Number | None = None
    parent: str = ""
    responses: tuple[Response, ...] = ()
    workflow: Workflow | None = None
    actions: tuple[Action, ...] = ()
    conflicts: str = CONFLICTS[0]
    attachments: bool = False

    def opens(self, doc: Mapping[str, Any]) -> bool:
        """Whether a document of this form is public: open to who may only read public ones."""
        return self.public is True or (bool(self.public) and doc.get(str(self.public)) is True)

    def item(self, path: str) -> Item | None:
        """The item `name`, or the column of `table/row/column`; the table for `table/row`."""
        name, _, cell = path.partition("/")
        found = self.items.get(name)
        column = cell.partition("/")[2]
        return found.columns.get(column) if found and column else found

    @property
    def formulas(self) -> "dict[str, Item]":
        """The items that are calculated from others."""
        return {name: item for name, item in self.items.items() if item.formula is not None}

    def action(self, name: str) -> Action | None:
        return next((action for action in self.actions if action.name == name), None)

    def step(self, name: str) -> Step | None:
        return self.workflow.step(name) if self.workflow else None


def items_of(doc: Mapping[str, Any]) -> dict[str, Any]:
    """The items of a stored document: what is neither CouchDB's nor the door's own."""
    return {k: v for k, v in doc.items() if not k.startswith("_") and k not in META}


def is_empty(value: Any) -> bool:
    """True for what counts as not filled in: nothing, blanks only, an empty list."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip(BLANKS))


BLANKS = " \t\r\n\u00a0\u3000"
"""Blanks as both form checks know them (the last one is the ideographic space)."""
