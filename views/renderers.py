"""The renderer of a request: asks the office what names, links and keywords are called."""

from collections.abc import Mapping
from typing import Any

from flask import g, url_for

from plugin import SERVER_NAME, Choice, Documents, Item, NotFound
from views.language import _, current_formats, current_language
from views.rendering import Renderer, Target
from views.shell import documents, shell


def name_of(name: str) -> str:
    """What people see for a person, group or role."""
    if name == "*":
        return _("Everybody")
    if name == SERVER_NAME:
        return "Divan"
    return shell().office.directory.name_of(name, current_language())


def choices(docs: Documents, item: Item) -> tuple[Choice, ...]:
    """The keywords of an item, looked up once in a request."""
    known: dict[tuple[str, str], tuple[Choice, ...]] = g.setdefault("choices", {})
    key = (docs.name, item.keywords or repr(item.choices))
    if key not in known:
        known[key] = docs.choices(item)
    return known[key]


def renderer(docs: Documents) -> Renderer:
    """Shows items of the documents of one database."""

    def label(item: Item, value: str) -> str:
        found = next((one.label for one in choices(docs, item) if one.value == value), value)
        return _(found) if value else ""

    return Renderer(current_formats(), name_of, target, label)


def target(item: Item, docid: str, doc: Mapping[str, Any]) -> Target:
    """The document that a link names; its brought-in name where the person may not open it."""
    known: dict[tuple[str, str], Target] = g.setdefault("targets", {})
    key = (item.database, docid)
    if key not in known:
        try:
            found = documents(item.database).open(docid)
            known[key] = Target(address(item.database, docid), found.title)
        except NotFound:
            known[key] = Target("", "")
    if known[key].href:
        return known[key]
    brought = [doc.get(here) for here, there in item.brings.items() if there in ("name", "title")]
    return Target("", next((str(one) for one in brought if one), _("not open to you")))


def address(database: str, docid: str) -> str:
    """The page of a document."""
    return url_for("documents.view", database=database, docid=docid)
