"""What categories of a listing, and the items of a form, are called."""

from collections.abc import Mapping
from typing import Any

from plugin import Documents, Form, ListingSpec, Message
from views.language import _
from views.renderers import renderer

ATTACHMENT = "_attachments/"
BESIDE = {
    "readers": Message("Readers"),
    "authors": Message("Authors"),
    "public": Message("Public document"),
}


def label_of(form: Form, name: str) -> str:
    """What people call an item, a row or cell of a table, or what else of a document can differ."""
    if name.startswith(ATTACHMENT):
        return _("File {name}", name=name.removeprefix(ATTACHMENT))
    table, _slash, cell = name.partition("/")
    item, column = form.items.get(table), form.item(name)
    if item is None or column is None:
        return _(BESIDE.get(name, name))
    if not cell:
        return _(item.label or name)
    if column is item:
        return _("Row of {table}", table=_(item.label))
    return _("{table}, {column}", table=_(item.label), column=_(column.label))


def problem_texts(form: Form, problems: Mapping[str, Message]) -> str:
    """What is wrong with which items, in one text, where it cannot stand beside them."""
    return " ".join(f"{label_of(form, name)}: {_(text)}" for name, text in problems.items())


class Labels:
    """The texts for category values of one listing."""

    def __init__(self, docs: Documents, spec: ListingSpec) -> None:
        self.spec = spec
        self.form = docs.form(spec.form)
        self.renderer = renderer(docs)

    def of(self, depth: int, value: Any) -> str:
        """What stands for a value of the category at this depth."""
        item = self.form.items.get(self.spec.categories[depth].item)
        if value in (None, ""):
            return _("(none)")
        if item is None:
            return str(value)
        if item.kind == "link" and isinstance(value, str):
            return self.renderer.target(item, value, {}).title
        return self.renderer.text(item, value)
