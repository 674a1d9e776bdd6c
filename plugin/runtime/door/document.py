"""A document as the door hands it out: a value, with its items apart from CouchDB's own keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plugin.runtime.door.apart import asked

Raw = dict[str, Any]


@dataclass(frozen=True)
class Document:
    """One revision of a document. `raw` is the document as stored; do not change it.

    `title` is the form's subject filled in; `conflict` true where live branches, or deletions made
    apart from the last edit, wait for a person.
    """

    id: str
    rev: str
    form: str
    database: str
    title: str
    items: Mapping[str, Any]
    raw: Raw

    @property
    def conflict(self) -> bool:
        return self.branched or bool(asked(self.raw))

    @property
    def branched(self) -> bool:
        """Whether there is more than one live branch."""
        return bool(self.raw.get("_conflicts"))

    def get(self, item: str, default: Any = None) -> Any:
        return self.items.get(item, default)


@dataclass(frozen=True)
class StoredFile:
    """One attachment with its name. `data` is whole."""

    name: str
    content_type: str
    data: bytes


def filled(subject: str, values: Mapping[str, str]) -> str:
    """A subject like `{number} {name}` with the values put in; missing ones are left out."""
    text = subject
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return " ".join(text.split())
