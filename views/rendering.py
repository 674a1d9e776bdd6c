"""How the value of an item looks on a page, by kind. What a link, a name or a keyword is called is
asked of the functions given, so this needs neither a request nor an office."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from plugin import Item, Text, display, is_empty, totals, translate
from views.formats import Formats
from views.richtext import to_html

NUMERIC = frozenset(("number", "money"))
NAMING = ("name", "title", "subject")
"""Items by which documents are called: brought in, they say what the link says already."""
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
        if item.kind == "table" and isinstance(value, list):
            return self._table(item, value)
        if isinstance(value, list):
            return Markup(self._joint()).join(self._one(item, one, doc) for one in value)
        return self._one(item, value, doc)

    def _table(self, table: Item, value: list[Any]) -> Markup:
        """The rows under the names of their columns, with the totals below; without columns in
        which nothing stands."""
        rows = [row for row in value if isinstance(row, Mapping)]
        filled = {name for row in rows for name in row if not is_empty(row[name])}
        columns = [one for one in shown_columns(table) if one.name in filled]
        sums = totals(table, rows)
        head = self._line("th", columns, {one.name: self._say(one.label) for one in columns})
        lines = (self._line("td", columns, self._cells(columns, row)) for row in rows)
        foot = Markup("<tfoot>{}</tfoot>").format(
            self._line("td", columns, self._cells(columns, sums))
        )
        return Markup('<table class="inner"><thead>{}</thead><tbody>{}</tbody>{}</table>').format(
            head, Markup("").join(lines), foot if sums else ""
        )

    def _cells(self, columns: Iterable[Item], row: Mapping[str, Any]) -> dict[str, Markup]:
        return {one.name: self.cell(one, row) for one in columns}

    def _line(self, tag: str, columns: Iterable[Item], cells: Mapping[str, Markup | str]) -> Markup:
        """One line; on a narrow screen each cell says itself what it is."""
        found = [
            Markup('<{0} class="{1}" data-label="{2}">{3}</{0}>').format(
                tag,
                "numeric" if one.kind in NUMERIC else "",
                self._say(one.label),
                cells[one.name],
            )
            for one in columns
        ]
        return Markup("<tr>{}</tr>").format(Markup("").join(found))

    def cell(self, column: Item, row: Mapping[str, Any]) -> Markup:
        """What stands in one cell of a table."""
        return self.html(column, row.get(column.name), row)

    def _say(self, text: Text) -> str:
        return translate(text, self.formats.language)

    def row(self, table: Item, row: Mapping[str, Any]) -> Markup:
        """One row of a table in one line."""
        shown = [self.cell(one, row) for one in shown_columns(table)]
        return Markup(" · ").join(one for one in shown if one)

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


def shown_columns(table: Item) -> tuple[Item, ...]:
    """The columns of a table, without what a link beside it says already."""
    said = {
        here
        for column in table.columns.values()
        for here, there in column.brings.items()
        if there in NAMING
    }
    return tuple(column for name, column in table.columns.items() if name not in said)


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
