"""How the value of an item looks on a page, by kind. What a link, a name or a keyword is called is
asked of the functions given, so this needs neither a request nor an office."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from plugin import Item, display, is_empty
from views.formats import Formats
from views.richtext import to_html

NUMERIC = frozenset(("number", "money"))
PLAIN = 10_000
"""Whole numbers below this are written without separators: 1958 may be a year."""


@dataclass(frozen=True)
class Target:
    """Where a link item leads and what stands there. No address: not for this person."""

    href: str
    title: str


@dataclass(frozen=True)
class Renderer:
    """Shows values in one language.

    `name_of` gives the display name of a stable id; `target` the document that a link item names,
    given the item, its value and the document it stands in; `label` the text of a keyword.
    """

    formats: Formats
    name_of: Callable[[str], str]
    target: Callable[[Item, str, Mapping[str, Any]], Target]
    label: Callable[[Item, str], str]

    def html(self, item: Item, value: Any, doc: Mapping[str, Any]) -> Markup:
        """The value as safe HTML; empty where nothing is filled in."""
        if is_empty(value):
            return Markup("")
        if isinstance(value, list):
            return Markup(self._joint()).join(self._one(item, one, doc) for one in value)
        return self._one(item, value, doc)

    def _joint(self) -> str:
        return "、" if self.formats.language.startswith("zh") else ", "

    def _one(self, item: Item, value: Any, doc: Mapping[str, Any]) -> Markup:
        if item.kind == "richtext" and isinstance(value, str):
            return Markup('<div class="rich">{}</div>').format(to_html(value))
        if item.kind == "link" and isinstance(value, str):
            return self._link(self.target(item, value, doc))
        if item.kind == "names" and isinstance(value, str):
            return Markup('<span class="name">{}</span>').format(self.name_of(value))
        if item.kind == "text" and isinstance(value, str):
            return text_html(value)
        return escape(self.text(item, value))

    def _link(self, target: Target) -> Markup:
        if not target.href:
            return escape(target.title)
        return Markup('<a href="{}">{}</a>').format(target.href, target.title)

    def text(self, item: Item, value: Any) -> str:
        """The value as plain text, for titles and comparisons."""
        if is_empty(value):
            return ""
        if isinstance(value, list):
            return self._joint().join(self.text(item, one) for one in value)
        if item.kind == "money":
            return self.formats.money(value)
        if item.kind == "date" and isinstance(value, str):
            return self.formats.date(value)
        if item.kind == "datetime" and isinstance(value, str):
            return self.formats.time(value)
        if item.kind == "number" and item.integer and isinstance(value, int) and abs(value) < PLAIN:
            return str(value)
        if item.kind == "keyword" and isinstance(value, str):
            return self.label(item, value)
        return display(item, value, self.formats.language, name_of=self.name_of)


def text_html(text: str) -> Markup:
    """Plain text; a web address or a mail address alone becomes a link, line ends stay."""
    plain = text.strip()
    if " " not in plain and "\n" not in plain:
        if plain.startswith(("https://", "http://")):
            return Markup('<a href="{}" rel="noopener noreferrer nofollow">{}</a>').format(
                plain, plain
            )
        if plain.count("@") == 1 and "." in plain.partition("@")[2] and not plain.startswith("@"):
            return Markup('<a href="mailto:{}">{}</a>').format(plain, plain)
    return Markup("<br>").join(escape(line) for line in text.splitlines())
