"""What categories of a listing are called."""

from typing import Any

from plugin import Documents, ListingSpec
from views.language import _
from views.renderers import renderer


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
