"""Settling conflicts that need no person: branches that changed different items, or of a form that
wants no conflicts. What needs one is noted in the document where the store would not show it.

The result is a function of the branches alone, so that two machines that merge the same branches
write the same revision and do not conflict again.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from plugin.runtime.designs.design import CONFLICTS_VIEW, INDEX
from plugin.runtime.door.apart import asked, known, with_question
from plugin.runtime.door.conflicts import with_files
from plugin.runtime.door.merge import Branch, Clash, Merged, differing, ended, merge, overruled
from plugin.runtime.errors import NotFound as NoDatabase
from plugin.runtime.forms.form import CONFLICTS, Form
from store.api import Database
from store.errors import NotFound
from store.types import ChangesOptions, Doc, ViewOptions

if TYPE_CHECKING:
    from plugin.runtime.office import Office

PAGE = 500

Forms = Callable[[str], Form | None]
"""The form of a name, as far as it is known: it says what it wants of conflicts, and calculates."""


Overruled = Callable[[Database, str, Sequence[Doc]], object]
"""Told of the branches of a document that its form lets go, before they end."""
OVERRULING = ("merge-only", "none")


def unknown(form: str) -> Form | None:
    """Where no form is known, conflicts are merged as where a form says nothing."""
    return None


def forms_of(office: "Office", database: str) -> Forms:
    """As they stand in the database now."""

    def find(form: str) -> Form | None:
        try:
            return office.state(database).design.forms.get(form)
        except NoDatabase:
            return unknown(form)

    return find


def _wish(form: Form | None) -> str:
    return form.conflicts if form else CONFLICTS[0]


def conflicted(database: Database) -> Iterator[str]:
    """Ids of the documents that wait to be settled; costs what there are of these."""
    skip = 0
    while True:
        options = ViewOptions(reduce=False, skip=skip, limit=PAGE)
        rows = database.view(INDEX, CONFLICTS_VIEW, options)["rows"]
        yield from (row["id"] for row in rows)
        if len(rows) < PAGE:
            return
        skip += PAGE


def conflicted_unindexed(database: Database) -> Iterator[str]:
    """The same by looking at all documents: quicker where no index is built yet."""
    for page in database.changes_pages(ChangesOptions(style="all_docs")):
        for row in page["results"]:
            live = live_branches(database, row["id"]) if len(row["changes"]) > 1 else []
            if len(live) > 1 or any(map(asked, live)):
                yield row["id"]


def settle(
    database: Database,
    docid: str,
    forms: Forms = unknown,
    overruled: Overruled = lambda database, docid, losers: None,
) -> bool:
    """Merge the live branches of a document if its form lets no person decide; True if it did.

    `database` is the server's own handle: whoever made the branches had the right to.
    """
    branches = live_branches(database, docid)
    if len(branches) < 2:
        return False
    winner, *losers = branches
    form = forms(str(winner.get("form")))
    merged = without_person(branches, form)
    if merged is None:
        return False
    if _wish(form) in OVERRULING:
        overruled(database, docid, losers)
    doc = with_files(database, merged.doc, merged.borrowed)
    rows = database.bulk_docs([{**doc, "_id": docid, "_rev": winner["_rev"]}, *map(ended, losers)])
    return not rows[0].get("error")


def ask(database: Database, docid: str, forms: Forms = unknown) -> bool:
    """Note in a document which deletions were made apart from its last edit, if its form lets a
    person decide; True if one is new. The same on every machine, as merging is."""
    winner = database.get(docid, deleted_conflicts=True)
    ends = [rev for rev in winner.pop("_deleted_conflicts", ()) if rev not in known(winner)]
    if not ends or _wish(forms(str(winner.get("form")))) in OVERRULING:
        return False
    answers = database.open_revs(docid, ends)
    noted = with_question(winner, [answer["ok"] for answer in answers if "ok" in answer])
    if noted is None:
        return False
    return not database.bulk_docs([noted])[0].get("error")


def without_person(branches: Sequence[Branch], form: Form | None) -> Merged | None:
    """What the branches come to by the wish of their form; None where a person has to decide."""
    wish = _wish(form)
    if wish == "create":
        return None
    if wish == "none":
        return overruled(branches, differing(branches), form)
    merged = merge(branches, form=form)
    if isinstance(merged, Clash):
        return overruled(branches, merged.items, form) if wish == "merge-only" else None
    return merged


def settle_all(
    database: Database,
    forms: Forms = unknown,
    overruled: Overruled = lambda database, docid, losers: None,
    *,
    indexed: bool = True,
) -> tuple[int, int]:
    """Merge what can be merged. Returns how many were merged and how many wait for a person."""
    merged = waiting = 0
    for docid in list((conflicted if indexed else conflicted_unindexed)(database)):
        if settle(database, docid, forms, overruled):
            merged += 1
        else:
            waiting += 1
    return merged, waiting


def live_branches(database: Database, docid: str) -> list[Doc]:
    """The live leaves with `_revisions`, the winner first."""
    try:
        winner = database.get(docid)["_rev"]
        found = database.open_revs(docid, "all", with_revs=True)
    except NotFound:
        return []
    live = [entry["ok"] for entry in found if "ok" in entry and not entry["ok"].get("_deleted")]
    return sorted(live, key=lambda doc: (doc["_rev"] != winner, doc["_rev"]))
