"""The office as a laptop meets it: the databases of one person, and what his rights did to them."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from acl import Identity
from plugin.runtime.access.managers import guarded_push
from plugin.runtime.clock import stamp
from plugin.runtime.context import Context
from plugin.runtime.errors import BadInput, NotFound
from plugin.runtime.listings.reader_changes import BARE, has_news
from plugin.runtime.office import Office
from plugin.runtime.replica.choosing import answer_kept, keeping_of, size_of
from plugin.runtime.replica.filtered import FilteredDatabase, may_replicate
from plugin.runtime.replica.remote import PROTOCOL
from plugin.runtime.replica.rights import Rights
from plugin.runtime.replica.sealing import places_of, seals_of
from plugin.runtime.replica.subset import WHOLE, kept, read_keep
from plugin.runtime.replica.visibility import Visibility
from plugin.runtime.session import Session
from store.cancel import Cancel
from store.errors import Forbidden
from store.errors import NotFound as StoreNotFound
from store.lite.groups import stored_seq
from store.types import ADMIN, Seq, UserContext

SHARED_SETTINGS = ("company_name", "language", "time_zone", "currency")
"""Settings that a laptop takes over when it is cloned."""


class FilteredServer:
    """Implements `store.api.Server` for one identity: what it may replicate, and nothing else."""

    def __init__(self, session: Session, again: Callable[[], Session] | None = None) -> None:
        """`again` gives the session as it would be now to who waits long, or raises what a new
        request would be answered."""
        self._session = session
        self._again = again or (lambda: session)

    def all_dbs(self) -> list[str]:
        return replicable(self._session)

    def exists(self, name: str) -> bool:
        return name in self.all_dbs()

    def create(self, name: str) -> None:
        raise Forbidden("Databases are made at the office.")

    def delete(self, name: str, *, at: Seq | None = None) -> None:
        raise Forbidden("Databases are deleted at the office.")

    def database(self, name: str, user: UserContext = ADMIN) -> FilteredDatabase:
        context = _demanded(self._session, name)
        office = self._session.office
        return FilteredDatabase(
            context,
            lambda: office.apply_acl(name),
            partial(guarded_push, office, name),
            partial(keeping_of, context),
            lambda: _demanded(self._again(), name),
        )

    def wait_for_changes(
        self, since: Mapping[str, Seq], timeout: float, cancel: Cancel | None = None
    ) -> frozenset[str]:
        """Those with something new for this identity: what others may read wakes nobody."""
        asked = {name: since[name] for name in self.all_dbs() if name in since}
        if hidden := frozenset(since) - asked.keys():
            return hidden  # they do not exist for this identity
        end = time.monotonic() + timeout
        while True:
            reached: dict[str, Seq] = {}
            news = {name for name, seq in asked.items() if self._is_news(name, seq, reached)}
            left = end - time.monotonic()
            if news or left <= 0:
                return frozenset(news)
            if not self._session.office.server.wait_for_changes(reached, left, cancel):
                return frozenset()

    def _is_news(self, name: str, seq: Seq, reached: dict[str, Seq]) -> bool:
        """Whether something changed since; `reached` is told how far that was looked at."""
        context = _demanded(self._session, name)
        visibility = Visibility(context)
        changes = visibility.changes.level()
        reached[name] = stored_seq(changes.last_seq())
        number = changes.number(places_of(context).meant(seq))
        return number is None or has_news(changes, visibility.groups(), number)

    def standings(self, databases: Sequence[str]) -> dict[str, str]:
        shown = set(self.all_dbs())
        mine = [name for name in databases if name in shown]
        return self._session.office.server.standings(mine)

    def close(self) -> None:
        """Nothing of its own to close."""


def replicable(session: Session) -> list[str]:
    """Names of the databases that this identity may have a replica of."""
    return sorted(
        info.name for info in session.databases() if may_replicate(info.access, session.identity)
    )


def databases_for(office: Office, identity: Identity) -> dict[str, Any]:
    """`{"office", "person", "protocol", "settings", "databases": [{"name", "documents"}]}`."""
    session = office.session(identity)
    return {
        "office": office.id,
        "person": identity.name,
        "protocol": PROTOCOL,
        "settings": {name: office.settings[name] for name in SHARED_SETTINGS},
        "databases": [
            {"name": name, "documents": _readable_count(session.context(name))}
            for name in replicable(session)
        ],
    }


def rights_for(
    office: Office, identity: Identity, database: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    """The answer to a laptop that tells the state it was given last; see `Rights`.

    Raises NotFound for a database that the person may not replicate, BadInput for a bad state.
    """
    context = _context(office.session(identity), database)
    if context is None:
        raise NotFound("There is no such database.")
    state = body.get("state")
    if state is not None and not isinstance(state, str):
        raise BadInput("The state of a replica is a text.")
    return _rights(context).since(state)


def news_for(office: Office, identity: Identity, body: Mapping[str, Any]) -> dict[str, Any]:
    """What an idle sync asks: `{"office", "person", "now", "databases": [names], "news": [names]}`;
    `now` is the office's time.

    `body` is `{"states": {database: state}}`; `news` are the databases that hold something new for
    a replica with this state: all that it tells no state of. Raises BadInput for a bad state.
    """
    session = office.session(identity)
    names = replicable(session)
    states = body.get("states")
    if not isinstance(states, dict) or not all(isinstance(one, str) for one in states.values()):
        raise BadInput("The states of a replica are texts by database.")
    news = [
        name
        for name in names
        if name not in states or _rights(session.context(name)).changed_since(states[name])
    ]
    about = {"office": office.id, "person": identity.name, "now": stamp(office.clock())}
    return {**about, "databases": names, "news": news}


def _demanded(session: Session, name: str) -> Context:
    context = _context(session, name)
    if context is None:
        raise StoreNotFound("Database does not exist.")
    return context


def _rights(context: Context) -> Rights:
    visibility = Visibility(context)
    visibility.changes.level()
    return Rights(
        visibility.changes,
        visibility.groups(),
        seals_of(context, "rights"),
    )


def kept_for(
    office: Office, identity: Identity, database: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    """The answer to a laptop that keeps a part of a database; see `answer_kept`. Raises NotFound,
    BadInput."""
    session = office.session(identity)
    context = _context(session, database)
    if context is None:
        raise NotFound("There is no such database.")
    return answer_kept(context, FilteredServer(session).database(database), body)


def sizes_for(office: Office, identity: Identity, body: Mapping[str, Any]) -> dict[str, Any]:
    """`{"databases": [{"name", "documents", "bytes", "attachments", "mine"}]}`: how much the choice
    `keep` is (`attachments` in bytes, counted whether they are kept or not), and whether "mine" can
    be chosen. Raises BadInput."""
    session = office.session(identity)
    keep = read_keep(body.get("keep"))
    found = []
    for name in replicable(session):
        context = session.context(name)
        documents, size, attached = size_of(context, kept(keep, name) or WHOLE)
        entry = {"documents": documents, "bytes": size, "attachments": attached}
        found.append({"name": name, **entry, "mine": bool(context.design.anchors)})
    return {"databases": found}


def _context(session: Session, name: str) -> Context | None:
    try:
        context = session.context(name)
    except NotFound:
        return None
    return context if may_replicate(context.access, session.identity) else None


def _readable_count(context: Context) -> int:
    visibility = Visibility(context)
    changes = visibility.changes.level()
    return changes.count(visibility.groups() - {BARE})
