"""What a document hangs on: people and other documents. The twin of `lib/anchors.js`.

Each database says it in `anchors.json` of its design, by form: `people` are the items that name
those whose document it is, `links` the items that name the documents it hangs on. So a laptop can
keep "my customers": what names its person, and what hangs on a document that does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugin.runtime.errors import OfficeError

PERSON, DOCUMENT = "p:", "d:"
EVERY, LOOSE = "", "-"
"""Anchors of the index: of every document, and of those that hang on nothing."""

Anchors = Mapping[str, "Hanging"]
"""By form."""


@dataclass(frozen=True)
class Hanging:
    """The items through which documents of one form hang on people and on other documents."""

    people: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


def read_anchors(data: Mapping[str, Any]) -> Anchors:
    """The content of `anchors.json`. Raises OfficeError."""
    return {form: _hanging(form, value) for form, value in data.items()}


def _hanging(form: str, value: Any) -> Hanging:
    if not isinstance(value, Mapping) or not set(value) <= {"people", "links"}:
        raise OfficeError("The anchors of the form {form} make no sense.", form=form)
    return Hanging(tuple(value.get("people", ())), tuple(value.get("links", ())))


def anchors_of(table: Anchors, doc: Mapping[str, Any]) -> list[str]:
    """What the document hangs on; `LOOSE` alone where its form hangs on nothing."""
    hanging = table.get(str(doc.get("form")))
    if hanging is None:
        return [LOOSE]
    return [*_named(doc, hanging.people, PERSON), *_named(doc, hanging.links, DOCUMENT)]


def day_of(doc: Mapping[str, Any]) -> str:
    """The day of the last change, as in `2026-11-22`; empty where the document does not say."""
    updated = doc.get("updated")
    at = updated.get("at") if isinstance(updated, Mapping) else None
    return at[:10] if isinstance(at, str) else ""


def _named(doc: Mapping[str, Any], items: Sequence[str], prefix: str) -> Iterator[str]:
    for item in items:
        value = doc.get(item)
        for name in value if isinstance(value, list) else [value]:
            if isinstance(name, str) and name:
                yield prefix + name
