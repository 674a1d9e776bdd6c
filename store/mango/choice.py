"""Which index serves a query: CouchDB's rules of usability and preference, and why not another."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from store.errors import BadQuery
from store.mango.indexes import DESIGN, JSON, Index, design_id
from store.mango.options import Query
from store.mango.ranges import Range, conditions, indexable, of_field
from store.mango.selector import Selector, fields

EMPTY_LISTS = ("$and", "$or")


@dataclass(frozen=True)
class Fit:
    """A usable index: how many indexable fields it leaves to look at document by document, and
    the ranges of its leading fields."""

    index: Index
    left: int
    ranges: tuple[Range, ...]


@dataclass(frozen=True)
class Choice:
    """`best` is None where no index is usable. `fits` are the indexes that were compared, best
    first; `excluded` those that were usable but not asked for, `unfavored` those of another kind,
    `unusable` the others with CouchDB's word for the reason, `partial` those never considered."""

    query: Query
    best: Fit | None
    fits: tuple[Fit, ...]
    unfavored: tuple[Index, ...]
    excluded: tuple[Index, ...]
    unusable: tuple[tuple[Index, str], ...]
    partial: tuple[Index, ...]

    @property
    def nothing(self) -> bool:
        """Whether the selector cannot be met, so that nothing is read: an empty list alone, or
        conditions on the index's field that exclude each other."""
        best = self.best
        return reads_nothing(self.query.selector) or (
            best is not None and best.index.kind == JSON and any(r.empty for r in best.ranges)
        )

    @property
    def covering(self) -> bool:
        """Whether the index holds all that the answer and the selector need of a document."""
        return self.best is not None and bool(self.query.fields) and covers(
            self.best.index, {*self.query.fields, *fields(self.query.selector)}
        )  # fmt: skip


def covers(index: Index, wanted: Iterable[str]) -> bool:
    return index.kind == JSON and {*wanted}.issubset({"_id", *index.fields})


def choose(indexes: Sequence[Index], query: Query, *, explain: bool = False) -> Choice:
    """The choice among all indexes of a database.

    Raises BadQuery "no_usable_index" where a sort has no index (not for `_explain`), and
    "invalid_index" where the index asked for is of no use and no other may take its place.
    """
    whole = [one for one in indexes if not one.partial or is_asked_for(one, query)]
    reasons = [(one, unusable(one, query)) for one in whole]
    usable = [one for one, reason in reasons if reason is None]
    if not usable and not explain:
        reason = "No index exists for this sort, try indexing by the sort fields."
        raise BadQuery("no_usable_index", reason)
    asked = [one for one in usable if is_asked_for(one, query)]
    if not asked and not (query.allow_fallback or (not query.use_index and len(usable) > 1)):
        raise _no_fallback(query)
    candidates = asked or usable
    json = [one for one in candidates if one.kind == JSON]
    fits = _best_first(json or candidates, query.selector)
    return Choice(
        query,
        fits[0] if fits else None,
        tuple(fits),
        unfavored=tuple(one for one in candidates if json and one not in json),
        excluded=tuple(one for one in usable if one not in candidates),
        unusable=tuple((one, reason) for one, reason in reasons if reason is not None),
        partial=tuple(one for one in indexes if one not in whole),
    )


def is_asked_for(index: Index, query: Query) -> bool:
    if not query.use_index or index.ddoc != design_id(query.use_index[0]):
        return False
    return len(query.use_index) == 1 or index.name == query.use_index[1]


def unusable(index: Index, query: Query) -> str | None:
    """CouchDB's word for why the index cannot serve, None where it can: documents that lack one
    of its fields are not in it, so the selector or the sort must ask for each."""
    sort = [field for field, _ in query.sort]
    if index.kind != JSON:
        if sort and "_id" not in indexable(query.selector):
            return "field_mismatch"
        return "sort_order_mismatch" if sort and sort != ["_id"] else None
    needed = {*index.fields} - {*sort, "_id", "_rev"}
    if not (reads_nothing(query.selector) or needed <= required(query.selector, needed)):
        return "field_mismatch"
    return None if _sorts(index.fields, sort, query.selector) else "sort_order_mismatch"


def reads_nothing(selector: Selector) -> bool:
    """Whether CouchDB takes it for one that no document meets: an empty list that stands alone."""
    ((name, argument),) = selector.items() or (("", None),)
    return name in EMPTY_LISTS and not argument


def required(selector: Selector, among: set[str]) -> set[str]:
    """Those of the fields that every matching document has: all, where there can be none."""
    found: set[str] = set()
    for name, value in selector.items():
        if name == "$and":
            found |= {field for part in value for field in required(part, among)}
        elif name == "$or":
            parts = [required(part, among) for part in value]
            found |= set.intersection(*parts) if parts else set()
        elif value == {"$in": []}:
            return among
        elif name in among and value != {"$exists": False}:
            found.add(name)
    return found


def _sorts(columns: Sequence[str], sort: Sequence[str], selector: Selector) -> bool:
    """Whether the rows come in that order: the columns begin with the sort, after any that are
    the same in all rows."""
    for at, column in enumerate(columns):
        if not sort or column == sort[0]:
            return list(columns[at : at + len(sort)]) == list(sort)
        if not _constant(selector, column):
            return False
    return not sort


def _constant(selector: Selector, field: str) -> bool:
    return any((name, operator) == (field, "$eq") for name, operator, _ in conditions(selector))


def _best_first(indexes: Iterable[Index], selector: Selector) -> list[Fit]:
    """By the fewest fields left over, the fewest columns, then by name."""
    fields = indexable(selector)
    fits = [_fit(one, fields, selector) for one in indexes]
    return sorted(fits, key=lambda fit: (fit.left, len(fit.index.columns), fit.index.place))


def _fit(index: Index, fields: Sequence[str], selector: Selector) -> Fit:
    leading = []
    for field in index.fields:
        if field not in fields:
            break
        leading.append(field)
    ranges = tuple(of_field(selector, field) for field in leading)
    return Fit(index, len(fields) - len(leading), ranges)


def _no_fallback(query: Query) -> BadQuery:
    if not query.use_index:
        reason = "You must specify an index with the `use_index` parameter."
        return BadQuery("invalid_index", reason)
    why = "specified by `use_index` could not be found or it is not suitable."
    return BadQuery("invalid_index", f"{asked_for(query)} {why}")


def asked_for(query: Query) -> str:
    """The index asked for, as CouchDB writes it."""
    ddoc, *name = query.use_index
    return ", ".join([DESIGN + ddoc.removeprefix(DESIGN), *name])
