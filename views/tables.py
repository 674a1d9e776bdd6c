"""A listing as a table: columns, category lines, rows, sums. Plain values for the template."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup, escape

from plugin import Column, Form, Item, ListingSpec, Row
from views.language import _, current_formats
from views.renderers import address
from views.rendering import NUMERIC, Renderer


@dataclass(frozen=True)
class Cell:
    """`label` is the column's, for narrow screens where each row is a card."""

    html: Markup
    label: str
    numeric: bool = False
    short: bool = False


@dataclass(frozen=True)
class Heading:
    """`url` sorts by the column; `order` says how it is sorted now: ascending, descending."""

    name: str
    label: str
    numeric: bool
    url: str = ""
    order: str = ""


@dataclass(frozen=True)
class Pager:
    """Where to turn the pages to. `first` leads to the beginning where one cannot turn back,
    `onward` on through rows that were not looked at yet."""

    text: str
    previous: str = ""
    next: str = ""
    first: str = ""
    onward: str = ""


@dataclass(frozen=True)
class Line:
    """`kind` is category, row or pager. Cells of a category are those from the first sum on; the
    cell `main` of a row leads to the document."""

    kind: str
    depth: int = 0
    href: str = ""
    cells: tuple[Cell, ...] = ()
    label: str = ""
    count: int = 0
    open: bool = False
    anchor: str = ""
    main: int = 0
    conflict: bool = False
    pager: Pager | None = None


@dataclass(frozen=True)
class Table:
    """`lead` columns stand before the first sum; a category's or the total's name spans them."""

    columns: tuple[Heading, ...]
    lines: tuple[Line, ...]
    lead: int
    totals: tuple[Cell, ...] = ()
    total: int = 0


SHORT = frozenset(("date", "datetime"))
SUBJECT = re.compile(r"\{(\w+)\}")


class Drawer:
    """Draws rows and sums of one listing."""

    def __init__(
        self,
        database: str,
        spec: ListingSpec,
        form: Form,
        renderer: Renderer,
        *,
        folded: bool,
    ) -> None:
        self.database = database
        self.spec = spec
        self.form = form
        self.renderer = replace(renderer, formats=replace(renderer.formats, compact=True))
        # What a category line says need not stand in each of its rows again.
        said = {column.item for column in spec.categories} if folded else set()
        first, rest = spec.columns[:1], spec.columns[1:]
        self.shown = (*first, *(column for column in rest if column.item not in said))
        shown = [column.item for column in self.shown]
        subject = [name for name in SUBJECT.findall(form.subject) if name in shown]
        self.main = shown.index(subject[0]) if subject else 0
        sums = [place for place, column in enumerate(self.shown) if column.sum]
        self.lead = sums[0] if sums else len(self.shown)

    def label(self, column: Column) -> str:
        item = self.form.items.get(column.item)
        return _(column.label or (item.label if item else column.item.capitalize()))

    def headings(self) -> tuple[Heading, ...]:
        return tuple(
            Heading(column.item, self.label(column), self._numeric(column)) for column in self.shown
        )

    def _item(self, column: Column) -> Item | None:
        return self.form.items.get(column.item)

    def _numeric(self, column: Column) -> bool:
        item = self._item(column)
        return item is not None and item.kind in NUMERIC

    def row(self, row: Row, depth: int = 0) -> Line:
        """One document as a line."""
        cells = [self._cell(column, row.items) for column in self.shown]
        if cells and not cells[self.main].html:
            label = cells[self.main].label
            cells[self.main] = Cell(escape(row.document.title), label)
        return Line(
            "row",
            depth=depth,
            href=address(self.database, row.id),
            cells=tuple(cells),
            main=self.main,
            conflict=row.conflict,
        )

    def hint(self, row: Row, many: int) -> str:
        """The first texts of the row that its title does not say, to tell it from its like."""
        texts = (
            self.renderer.text(item, row.items.get(item.name))
            for column in self.spec.columns
            if (item := self._item(column)) and item.kind in ("text", "keyword", "names")
        )
        return " · ".join([one for one in texts if one and one != row.document.title][:many])

    def _cell(self, column: Column, items: Mapping[str, Any]) -> Cell:
        item = self._item(column)
        value = items.get(column.item)
        if item is None:
            html = escape("" if value is None else str(value))
        elif item.kind in ("link", "text", "richtext"):
            html = escape(self._short(item, value, items))
        else:
            html = self.renderer.html(item, value, items)
        short = item is not None and item.kind in SHORT
        return Cell(html, self.label(column), self._numeric(column), short)

    def _short(self, item: Item, value: Any, items: Mapping[str, Any]) -> str:
        if item.kind == "link" and isinstance(value, str) and value:
            return self.renderer.target(item, value, items).title
        text = " ".join(self.renderer.text(item, value).split())
        return text if len(text) <= 120 else text[:119] + "…"

    def table(self, rows: Sequence[Row], most: int) -> Table:
        """Some rows by themselves: columns in which none has anything are left out."""
        lines = [self.row(row) for row in rows]
        filled = [
            place
            for place in range(len(self.shown))
            if place == self.main or any(line.cells[place].html for line in lines)
        ][:most]
        main = filled.index(self.main) if self.main in filled else 0
        kept = (
            replace(line, cells=tuple(line.cells[place] for place in filled), main=main)
            for line in lines
        )
        headings = self.headings()
        return Table(tuple(headings[place] for place in filled), tuple(kept), len(filled))

    def sums(self, values: Sequence[float]) -> tuple[Cell, ...]:
        """Cells from the first sum column on, for a category or the whole."""
        return tuple(
            Cell(
                escape(self._sum(values, column.sum)) if column.sum else Markup(""),
                self.label(column),
                True,
            )
            for column in self.shown[self.lead :]
        )

    def totals(self, sums: Mapping[str, float]) -> tuple[Cell, ...]:
        """The same for sums by item, of rows that were picked out."""
        return tuple(
            Cell(
                escape(current_formats().number(round(sums[column.item], 2)))
                if column.sum
                else Markup(""),
                self.label(column),
                True,
            )
            for column in self.shown[self.lead :]
        )

    @staticmethod
    def _sum(values: Sequence[float], place: int) -> str:
        if place >= len(values):
            return ""
        return current_formats().number(round(values[place], 2))
