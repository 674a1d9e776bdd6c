"""The last changes of a document, item by item and row by row: who, when, and what stands there."""

from dataclasses import dataclass

from markupsafe import Markup

from plugin import Document, Form
from views.comparing import version_value
from views.labels import label_of
from views.language import _, current_formats
from views.renderers import name_of
from views.rendering import Renderer

MOST = 50


@dataclass(frozen=True)
class Change:
    """One item or row. `html` is its value now, empty where it was taken away."""

    label: str
    html: Markup | str
    by: str
    at: str


def last_changes(form: Form, doc: Document, draw: Renderer) -> list[Change]:
    """The changes that people made since the document was made, the last first. What is calculated
    or copied follows from these."""
    changed = doc.raw.get("changed") or {}
    typed = [path for path in changed if (item := form.item(path)) and not item.computed]
    latest = sorted(typed, key=lambda path: (changed[path][1], changed[path][0]), reverse=True)
    times = current_formats()
    return [
        Change(
            label_of(form, path),
            version_value(draw, form, path, doc) or _("taken away"),
            name_of(str(changed[path][2])),
            times.time(str(changed[path][1])),
        )
        for path in latest[:MOST]
    ]
