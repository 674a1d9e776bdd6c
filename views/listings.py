"""Pages of listings: folded by category with counts and sums, or all rows; paged by key."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for

from plugin import Listing, ListingSpec, Page
from views import narrowing
from views.labels import Labels
from views.language import _, current_formats
from views.navigator import crumbs, new_buttons
from views.renderers import renderer
from views.shell import Crumb, documents, session
from views.tables import Drawer, Line, Pager, Table

blueprint = Blueprint("listings", __name__)

LIMIT = 50
Answer = tuple[str, int]


@dataclass(frozen=True)
class Request:
    """What the address asks for. `opened` is the path of categories that are unfolded."""

    given: Mapping[str, str]
    opened: tuple[Any, ...]
    contains: str
    flat: bool
    after: str | None
    before: str | None


def read_request(spec: ListingSpec) -> Request:
    """The question in the address; what makes no sense in it counts as not there."""
    try:
        opened = json.loads(request.args.get("in", "[]"))
    except (ValueError, RecursionError):
        opened = []
    return Request(
        given={item: request.args.get(item, "") for item in spec.key},
        opened=tuple(opened) if isinstance(opened, list) else (),
        contains=request.args.get("contains", "").strip(),
        flat=request.args.get("flat") == "1",
        after=request.args.get("after"),
        before=request.args.get("before"),
    )


class Folder:
    """Draws one listing page with categories that fold."""

    def __init__(
        self,
        database: str,
        listing: Listing,
        drawer: Drawer,
        asked: Request,
        columns: Sequence[tuple[str, str]],
    ) -> None:
        self.database = database
        self.listing = listing
        self.spec = listing.spec
        self.drawer = drawer
        self.asked = asked
        self.labels = Labels(documents(database), self.spec)
        self.columns = dict(columns)
        self.start = [asked.given[item] for item in self.spec.key]

    def url(self, **more: str | None) -> str:
        """The address of this listing with other parameters; the page within it is forgotten."""
        values: dict[str, Any] = {**self.asked.given, **self.columns, **more}
        return url_for("listings.page", database=self.database, listing=self.spec.name, **values)

    def opened(self, path: Sequence[Any]) -> str | None:
        return json.dumps(path, ensure_ascii=False) if path else None

    def lines(self) -> tuple[list[Line], int, list[float]]:
        """All lines, and the count and sums of the whole."""
        top = self.listing.categories(prefix=self.start)
        lines = self._categories([])
        sums = [sum(values) for values in zip(*(list(one.sums) for one in top), strict=True)]
        return lines, sum(one.count for one in top), sums

    def _categories(self, path: list[Any]) -> list[Line]:
        depth = len(path)
        wanted = self.asked.opened[depth] if len(self.asked.opened) > depth else None
        lines: list[Line] = []
        for one in self.listing.categories(prefix=[*self.start, *path]):
            is_open = len(self.asked.opened) > depth and one.value == wanted
            inner = [*path, one.value]
            target = self.opened(path if is_open else inner)
            lines.append(
                Line(
                    "category",
                    depth=depth,
                    href=self.url(**{"in": target}) + "#open",
                    label=self.labels.of(depth, one.value),
                    count=one.count,
                    cells=self.drawer.sums(one.sums),
                    open=is_open,
                    anchor="open" if is_open and depth + 1 == len(self.asked.opened) else "",
                )
            )
            if is_open:
                lines += self._inside(inner)
        return lines

    def _inside(self, path: list[Any]) -> list[Line]:
        if len(path) < len(self.spec.categories):
            return self._categories(path)
        page = self.listing.page(
            prefix=[*self.start, *path],
            after=self.asked.after,
            before=self.asked.before,
            limit=LIMIT,
        )
        lines = [self.drawer.row(row, len(path)) for row in page.rows]
        pager = self.pager(page, **{"in": self.opened(path)})
        return lines + ([Line("pager", pager=pager)] if pager else [])

    def flat(self) -> tuple[list[Line], Page]:
        """One page of rows, whatever their category."""
        page = self.listing.page(
            prefix=self.start,
            after=self.asked.after,
            before=self.asked.before,
            contains=self.asked.contains,
            limit=LIMIT,
        )
        return [self.drawer.row(row) for row in page.rows], page

    def pager(self, page: Page, **more: str | None) -> Pager | None:
        """Where to turn the pages to; None where all is shown."""
        if not page.next and not page.previous:
            return None
        shown, total = (
            current_formats().number(len(page.rows)),
            current_formats().number(page.total),
        )
        return Pager(
            _("{shown} of {total}", shown=shown, total=total),
            self.url(before=page.previous, **more) if page.previous else "",
            self.url(after=page.next, **more) if page.next else "",
        )


@blueprint.get("/<database>/listing/<listing>")
def page(database: str, listing: str) -> Answer:
    """One page of a listing, or of its rows that meet what the address asks for."""
    docs = documents(database)
    source = session().listing(database, listing)
    wanted = narrowing.asked(docs, source.spec)
    if wanted.query.narrows or wanted.problems:
        return narrowing.page(docs, source, wanted)
    spec = narrowing.with_columns(source.spec, wanted.query)
    asked = read_request(spec)
    flat = asked.flat or bool(asked.contains) or not spec.categories
    drawer = Drawer(database, spec, docs.form(spec.form), renderer(docs), folded=not flat)
    folder = Folder(
        database, source, drawer, asked, [*narrowing.kept(wanted), *wanted.query.pairs()]
    )
    pager = None
    if flat:
        lines, rows = folder.flat()
        total, sums = rows.total, list(rows.sums)
        kept: dict[str, str | None] = {"contains": asked.contains or None}
        pager = folder.pager(rows, flat="1" if asked.flat else None, **kept)
    else:
        lines, total, sums = folder.lines()
    has_sums = any(column.sum for column in drawer.shown)
    empty = _("Nothing here that contains “{text}”.", text=asked.contains)
    return render_template(
        "listing.html",
        title=narrowing.title(spec, wanted),
        crumbs=crumbs(database),
        table=Table(
            narrowing.headings(docs, source.spec, wanted, drawer),
            tuple(lines),
            drawer.lead,
            drawer.sums(sums) if has_sums else (),
            total,
        ),
        page=pager,
        contains=asked.contains,
        can_filter=True,
        kept=[*narrowing.kept(wanted), *wanted.query.pairs()],
        switch=_switch(folder, flat) if spec.categories else None,
        buttons=new_buttons(docs, spec.new),
        empty=empty if asked.contains else _("Nothing here yet."),
        narrowing=narrowing.tools(docs, source.spec, wanted),
    ), 200


def _switch(folder: Folder, flat: bool) -> Crumb:
    if flat:
        return Crumb(_("By category"), folder.url(), "list-nested")
    return Crumb(_("All rows"), folder.url(flat="1"), "list-ul")
