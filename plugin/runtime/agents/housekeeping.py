"""What the office does for every document that replication brought: merge it, give it its number.

Two laptops, or a laptop and somebody at the office, may each hold a branch when neither saw the
other's; the office then merges what a person need not settle, and notes what one has to. New
documents of laptops have a provisional number, because only the office counts.
"""

from typing import TYPE_CHECKING

from plugin.runtime.errors import NotFound
from plugin.runtime.forms.form import is_empty
from plugin.runtime.forms.numbering import provisional
from plugin.runtime.module import Agent, Raw
from plugin.runtime.replica.merging import ask, forms_of, settle
from store.errors import NotFound as Missing

if TYPE_CHECKING:
    from plugin.runtime.session import Session


def housekeeper(database: str) -> Agent:
    """The agent that keeps one database in order."""

    def run(session: "Session", doc: Raw) -> None:
        _merge(session, database, doc["_id"])
        _number(session, database, doc)

    return Agent(f"housekeeping-{database}", database, frozenset(), run)


def _merge(session: "Session", database: str, docid: str) -> None:
    store = session.office.server.database(database)
    try:
        current = store.get(docid, conflicts=True)
        if current.get("_conflicts"):
            settle(store, docid, forms_of(session.office, database))
        ask(store, docid, forms_of(session.office, database))
    except Missing:
        return


def _number(session: "Session", database: str, doc: Raw) -> None:
    documents = session.database(database)
    try:
        rule = documents.form(doc["form"]).number
        given = documents.open(doc["_id"]).items.get(rule.item) if rule else None
        if rule and (is_empty(given) or given == provisional(doc["_id"])):
            documents.refresh(doc["_id"])
    except NotFound:
        return  # deleted meanwhile, or of a form that is gone
