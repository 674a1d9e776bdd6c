"""Rules for names in forms, as in Readers items and `who`: `@owner`, `@owner.leaders`, `[Leaders]`.

- `@item`: the name or names in that item; `@item.leaders`: all managers above them
- `@me`: who is acting; `@created`: who made the document
- `@parent`: the readers (or authors) of the document that the parent item names
- anything else stands for itself: a person, a group, a role in brackets, `*` for everyone
"""

from collections.abc import Iterable, Mapping
from typing import Any

SUFFIXES = ("", "leaders")
LEADERS = "leaders-of:"
"""Prefix of the automatic groups: `leaders-of:anna.snelling` is every manager above her."""


def resolve(
    rule: Iterable[str],
    doc: Mapping[str, Any],
    me: str | None,
    parent: Iterable[str] | None = None,
) -> list[str]:
    """The names that a rule gives for a document, sorted, without doubles.

    `parent` are the names to put for `@parent`; None where there is no parent.
    """
    names: set[str] = set()
    for token in rule:
        if token == "@parent":
            names.update(parent or ())
        elif token == "@me":
            names.update((me,) if me else ())
        elif token == "@created":
            names.update(_listed((doc.get("created") or {}).get("by")))
        elif token.startswith("@"):
            item, _, suffix = token[1:].partition(".")
            values = _listed(doc.get(item))
            names.update(f"{LEADERS}{one}" if suffix else one for one in values)
        else:
            names.add(token)
    return sorted(names)


def _listed(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str) and one]
