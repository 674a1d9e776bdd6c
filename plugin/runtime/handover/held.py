"""What somebody has in hand, as one identity sees it: by kind, or what hangs on one document."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from plugin.runtime.door.document import Document
from plugin.runtime.door.handing import holders
from plugin.runtime.errors import NotFound
from plugin.runtime.module import Holding
from plugin.runtime.office import Office
from plugin.runtime.session import Session


@dataclass(frozen=True)
class Share:
    """The documents of one kind that go with a handover."""

    holding: Holding
    documents: tuple[Document, ...]


def place(doc: Document) -> str:
    """`database/id`: how a handover names a document."""
    return f"{doc.database}/{doc.id}"


def holding_of(office: Office, doc: Document) -> Holding | None:
    """The kind that a document is of while it is in somebody's hand."""
    for one in office.holdings.values():
        if one.database == doc.database and holders(one, doc.raw):
            return one
    return None


def portfolio(session: Session, person: str) -> list[Share]:
    """All that a person has in hand, by kind; kinds of which there is nothing are left out."""
    shares = [Share(one, tuple(_held(session, one, person))) for one in _kinds(session)]
    return [share for share in shares if share.documents]


def going_with(session: Session, doc: Document, person: str) -> list[Share]:
    """The document, then what hangs on it and is in the same person's hand, by kind."""
    found: dict[str, dict[str, Document]] = {}
    for one in (doc, *_responses(session, doc)):
        holding = holding_of(session.office, one)
        if holding and person in holders(holding, one.raw):
            found.setdefault(holding.name, {})[one.id] = one
    kinds = session.office.holdings.values()
    shares = [Share(one, tuple(found[one.name].values())) for one in kinds if one.name in found]
    return sorted(shares, key=lambda share: doc not in share.documents)


def chosen(shares: Iterable[Share], kinds: Iterable[str], left_out: Iterable[str]) -> list[Share]:
    """The shares of these kinds without the documents (`database/id`) that stay."""
    wanted, without = set(kinds), set(left_out)
    rest = (
        replace(one, documents=tuple(doc for doc in one.documents if place(doc) not in without))
        for one in shares
        if one.holding.name in wanted
    )
    return [one for one in rest if one.documents]


def _kinds(session: Session) -> Iterator[Holding]:
    """The kinds whose database is there."""
    for one in session.office.holdings.values():
        if session.office.server.exists(one.database):
            yield one


def _held(session: Session, holding: Holding, person: str) -> Iterator[Document]:
    for row in session.listing(holding.database, holding.listing).all_rows([person]):
        if person in holders(holding, row.document.raw):
            yield row.document


def _responses(session: Session, doc: Document) -> Iterator[Document]:
    """What the document's page shows below it."""
    form = session.database(doc.database).form(doc.form)
    for one in form.responses:
        try:
            listing = session.listing(one.database or doc.database, one.listing)
        except NotFound:
            continue  # of a module that is not there
        yield from (row.document for row in listing.all_rows([doc.id]))
