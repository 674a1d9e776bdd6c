"""Listings narrowed to what somebody asks for: conditions, columns, order. All of it stands in the
address, so that a page can be kept and sent to a colleague, who sees what he may see."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers.response import Response

from plugin import (
    Column,
    Documents,
    Filtered,
    Listing,
    ListingSpec,
    Matches,
    Message,
    NotFound,
    Query,
    SavedView,
    read_query,
    read_rows,
)
from views.filter_panel import UNSORTED, Panel, panel, said
from views.labels import label_of
from views.language import _, current_formats
from views.navigator import crumbs, new_buttons
from views.renderers import renderer
from views.saving import Saving, parameters, saving
from views.shell import Crumb, documents, session
from views.tables import Drawer, Heading, Pager, Table

blueprint = Blueprint("narrowing", __name__)

MOST_ROWS = 50
"""Conditions that a page may send."""
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Wanted:
    """What the address asks for; `problems` say what of it makes no sense."""

    given: Mapping[str, str]
    query: Query
    problems: Mapping[str, Message]
    view: SavedView | None = None
    """The saved view that it came from."""

    @property
    def changed(self) -> bool:
        """Whether it is not what the saved view says (any more)."""
        return self.view is not None and self.view.text != self.query.text()


@dataclass(frozen=True)
class Tools:
    """The panel of a listing's page with its address, and the conditions as they stand, each with
    the address without it; `clear` is that without any, `here` that with all."""

    panel: Panel
    here: str
    action: str
    kept: Pairs
    chips: tuple[Crumb, ...]
    clear: str
    problems: tuple[str, ...]
    saving: Saving | None


def asked(docs: Documents, spec: ListingSpec) -> Wanted:
    """The question in the address of this request."""
    found = read_query(docs.form(spec.form), request.args.items(multi=True))
    given = {item: request.args.get(item, "") for item in spec.key}
    return Wanted(given, found.query, found.problems, _view(docs, spec))


def _view(docs: Documents, spec: ListingSpec) -> SavedView | None:
    """A view that is gone, or not for this person, leaves the conditions in the address."""
    try:
        view = docs.view(request.args.get("view", ""))
    except NotFound:
        return None
    return view if view.listing == spec.name else None


def title(spec: ListingSpec, wanted: Wanted) -> str:
    """The heading: that of the saved view, as long as the page shows it."""
    return wanted.view.name if wanted.view and not wanted.changed else _(spec.title)


def with_columns(spec: ListingSpec, query: Query) -> ListingSpec:
    """The listing with the columns that were chosen."""
    if not query.columns:
        return spec
    known = {column.item: column for column in spec.columns}
    columns = tuple(known.get(name, Column(name)) for name in query.columns)
    return replace(spec, columns=columns)


def address(docs: Documents, spec: ListingSpec, wanted: Wanted, pairs: Pairs) -> str:
    """The listing's page with these parameters."""
    values = parameters([*kept(wanted), *pairs])
    return url_for("listings.page", database=docs.name, listing=spec.name, **values)


def kept(wanted: Wanted) -> list[tuple[str, str]]:
    """What stays in all addresses of this page: values that the listing needs, the saved view."""
    given = [(name, value) for name, value in wanted.given.items() if value]
    return [*given, ("view", wanted.view.id)] if wanted.view else given


def tools(docs: Documents, spec: ListingSpec, wanted: Wanted) -> Tools:
    """What stands above the rows."""
    form, query = docs.form(spec.form), wanted.query
    rest = replace(query, criteria=())
    chips = tuple(
        Crumb(
            said(docs, form, one),
            address(docs, spec, wanted, _without(query, place).pairs()),
        )
        for place, one in enumerate(query.criteria)
    )
    problems = tuple(_problem(docs, spec, name, text) for name, text in wanted.problems.items())
    pairs = [*kept(wanted), *query.pairs()]
    return Tools(
        panel=panel(docs, spec, query, open=bool(wanted.problems)),
        here=address(docs, spec, wanted, query.pairs()),
        action=url_for("narrowing.narrow", database=docs.name, listing=spec.name),
        kept=kept(wanted),
        chips=chips,
        clear=address(docs, spec, wanted, rest.pairs()),
        problems=problems,
        saving=None if problems else saving(docs, spec, wanted, pairs),
    )


def _without(query: Query, place: int) -> Query:
    return replace(query, criteria=query.criteria[:place] + query.criteria[place + 1 :])


def _problem(docs: Documents, spec: ListingSpec, parameter: str, text: Message) -> str:
    """A message with the item that it is about, where there is one."""
    form, name = docs.form(spec.form), parameter.partition(".")[0]
    return f"{label_of(form, name)}: {_(text)}" if name in form.items else _(text)


def headings(
    docs: Documents, spec: ListingSpec, wanted: Wanted, drawer: Drawer
) -> tuple[Heading, ...]:
    """The headings with addresses that sort by them; once more, and it is the other way round."""
    form, query = docs.form(spec.form), wanted.query
    return tuple(
        one
        if one.name not in form.items or form.items[one.name].kind in UNSORTED
        else replace(one, url=_sorting(docs, spec, wanted, one.name), order=_order(query, one))
        for one in drawer.headings()
    )


def _sorting(docs: Documents, spec: ListingSpec, wanted: Wanted, name: str) -> str:
    query = wanted.query
    turned = query.sort == name and not query.descending
    return address(docs, spec, wanted, replace(query, sort=name, descending=turned).pairs())


def _order(query: Query, heading: Heading) -> str:
    if query.sort != heading.name:
        return ""
    return "descending" if query.descending else "ascending"


def page(docs: Documents, source: Listing, wanted: Wanted) -> tuple[str, int]:
    """The rows that meet the question; only the question with what is wrong, where something is."""
    spec = with_columns(source.spec, wanted.query)
    drawer = Drawer(docs.name, spec, docs.form(spec.form), renderer(docs), folded=False)
    found = None
    if not wanted.problems:
        filtered = Filtered(source, wanted.query, wanted.given)
        found = filtered.page(after=request.args.get("after"))
    lines = [drawer.row(row) for row in found.rows] if found else []
    whole = found is not None and found.total is not None
    sums = drawer.totals(found.sums) if found and found.sums and whole else ()
    html = render_template(
        "listing.html",
        title=title(spec, wanted),
        crumbs=crumbs(docs.name),
        table=Table(
            headings(docs, source.spec, wanted, drawer),
            tuple(lines),
            drawer.lead,
            sums,
            (found.total or 0) if found else 0,
        ),
        page=_pager(docs, spec, wanted, found) if found else None,
        contains="",
        can_filter=False,
        kept=[],
        switch=None,
        buttons=new_buttons(docs, spec.new),
        empty="" if wanted.problems else _("Nothing here meets these conditions."),
        notice=_unsorted(docs, spec, wanted, found) if found else "",
        narrowing=tools(docs, source.spec, wanted),
    )
    return html, 422 if wanted.problems else 200


def _unsorted(docs: Documents, spec: ListingSpec, wanted: Wanted, found: Matches) -> str:
    if not found.unsorted:
        return ""
    form = docs.form(spec.form)
    return _(
        "{rows} rows are too many to sort by “{item}”. Add conditions first.",
        rows=current_formats().number(found.of),
        item=label_of(form, wanted.query.sort),
    )


def _pager(docs: Documents, spec: ListingSpec, wanted: Wanted, found: Matches) -> Pager | None:
    """How much is shown, and where it goes on."""
    after = request.args.get("after")
    number = current_formats().number
    shown = number(len(found.rows))
    pairs = wanted.query.pairs()
    on = address(docs, spec, wanted, [*pairs, ("after", found.next)]) if found.next else ""
    first = address(docs, spec, wanted, pairs) if after else ""
    if found.total is not None:
        text = _("{shown} of {total}", shown=shown, total=number(found.total))
        return Pager(text, next=on, first=first) if found.total else None
    rows = {"looked": number(found.looked), "rows": number(found.of)}
    text = _("{shown} found in {looked} of {rows} rows", shown=shown, **rows)
    return Pager(text, onward=on, first=first)


@blueprint.get("/<database>/listing/<listing>/narrow")
def narrow(database: str, listing: str) -> Response:
    """What was filled in becomes the address of the listing."""
    docs = documents(database)
    spec = session().listing(database, listing).spec
    form, args = docs.form(spec.form), request.args
    rows = read_rows(form, args.get, args.getlist, MOST_ROWS)
    pairs = [pair for row in rows for pair in row.pairs]
    chosen = [name for name in args.getlist("column") if name in form.items]
    if chosen and tuple(chosen) != tuple(column.item for column in spec.columns):
        pairs.append(("columns", ",".join(chosen)))
    if args.get("by") in form.items:
        pairs.append(("sort", ("-" if args.get("down") else "") + args["by"]))
    waiting = [row.item.name for row in rows if not row.pairs] if args.get("add") else []
    more = [*waiting, *args.getlist("add")]
    pairs += [("with", name) for name in _once(more) if name in form.items]
    return redirect(address(docs, spec, asked(docs, spec), pairs), 303)


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
