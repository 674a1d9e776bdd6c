"""A laptop: a data directory that is a replica of an office, for one person.

`replica.json` names the office and the person; the token lies in `secrets/replica_token`.
"""

import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from plugin.runtime import datadir
from plugin.runtime.clock import stamp
from plugin.runtime.door.document import StoredFile
from plugin.runtime.errors import BadInput, DivanError, NotFound, OfficeError, Refused, Stopped
from plugin.runtime.files import write_private
from plugin.runtime.office import Office
from plugin.runtime.people.credentials import Credentials
from plugin.runtime.people.directory import SETTINGS
from plugin.runtime.people.secret_store import DATABASE as CREDENTIALS
from plugin.runtime.replica.alone import alone
from plugin.runtime.replica.deciding import Decider
from plugin.runtime.replica.keeping import first_day
from plugin.runtime.replica.leaving import drop_lost, drop_sent, empty
from plugin.runtime.replica.merging import forms_of
from plugin.runtime.replica.part import is_settled, read_subset
from plugin.runtime.replica.receipts import Receipts
from plugin.runtime.replica.remote import PROTOCOL, Ended, Remote, Revoked, Unreachable
from plugin.runtime.replica.reporting import clock_skew, note_clock, report_of
from plugin.runtime.replica.returning import Keeper
from plugin.runtime.replica.review import REFUSED, ReviewFolder
from plugin.runtime.replica.subset import Keep, Subset, keep_to_json, kept, read_keep, sensible
from plugin.runtime.replica.sync import (
    STATE_ID,
    DatabaseSync,
    Synced,
    at_rest,
    read_state,
    states_of,
)
from plugin.runtime.replica.timetable import NEVER, Timetable, read_timetable
from plugin.runtime.replica.unsent import unsent
from plugin.runtime.search.following import forget_gone
from plugin.runtime.settings import secret, write_settings
from store.api import Database, Server
from store.errors import NotFound as Missing
from store.errors import Unauthorized, Unavailable
from store.opening import open_server
from store.replication import Cancel, Progress
from store.types import BearerAuth, Doc

FILE = "replica.json"
TOKEN = "replica_token"

Show = Callable[[str, str, Progress], None]
"""(database, "pull" or "push", how far it is)"""


@dataclass(frozen=True)
class Laptop:
    """What `replica.json` holds. `id` names this replica in the checkpoints on both sides; `keep`
    is what its person chose, None for everything; `timetable` when it is synchronised by itself."""

    url: str
    person: str
    office: str
    id: str
    keep: Keep | None = None
    timetable: Timetable = NEVER

    def write(self, data: Path) -> None:
        named = {"url": self.url, "person": self.person, "office": self.office, "id": self.id}
        chosen = {"keep": keep_to_json(self.keep), "timetable": self.timetable.to_json()}
        write_private(data / FILE, json.dumps({**named, **chosen}, indent=2))

    @staticmethod
    def read(data: Path) -> "Laptop":
        """Raises OfficeError where the directory is no replica."""
        try:
            fields = json.loads((data / FILE).read_text(encoding="utf-8"))
            named = (fields["url"], fields["person"], fields["office"], fields["id"])
            timetable = read_timetable(fields.get("timetable"))
            return Laptop(*named, read_keep(fields.get("keep")), timetable)
        except FileNotFoundError:
            raise OfficeError(
                "{data} is no replica. Make one with: divan --data {data} replica clone URL",
                data=str(data),
            ) from None
        except (ValueError, KeyError, BadInput) as error:
            raise OfficeError("{file} is damaged.", file=str(data / FILE)) from error


def register(data: Path, url: str, login: str, password: str, label: str) -> Laptop:
    """Make `data` a replica of the office at `url` for the person who signs in.

    Nothing is copied yet. On a directory that is a replica of this office for this person
    already, the token is renewed and all else stays. Raises Refused for a wrong password,
    BadInput for a directory that holds something else.
    """
    known = Laptop.read(data) if (data / FILE).exists() else None
    begun = (data / datadir.FILE).exists()
    if not begun and not datadir.is_empty(data):
        raise BadInput("{data} is not empty. Give a new directory for the replica.", data=str(data))
    if known is None and begun and datadir.read(data).kind not in ("laptop", datadir.NEW):
        raise BadInput("{data} is an office. Give a new directory for the replica.", data=str(data))
    if known is not None and known.url != url:
        raise BadInput("{data} is a replica of {url}.", data=str(data), url=known.url)
    answer = Remote(url).sign_in(login, password, label)
    if answer.get("protocol") != PROTOCOL:
        raise OfficeError("The office runs another version of Divan. Bring both to the same.")
    if known is not None and (known.person, known.office) != (answer["person"], answer["office"]):
        raise BadInput("{data} belongs to {person}.", data=str(data), person=known.person)
    if known is None:
        if begun:
            datadir.decide(data, "laptop")
        else:
            Office.create(data, kind="laptop").close()
        write_settings(data, answer.get("settings", {}))
    laptop = known or Laptop(url, answer["person"], answer["office"], os.urandom(8).hex())
    write_private(data / "secrets" / TOKEN, answer["token"])
    laptop.write(data)
    with Office.open(data) as office:
        Credentials(office.server).set_password(laptop.person, password)
    return laptop


class Replica:
    """An open laptop and its office. `office` is the laptop's own `Office`."""

    def __init__(self, office: Office, cancel: Cancel | None = None) -> None:
        self.office = office
        self.cancel = cancel
        self.laptop = Laptop.read(office.data)
        token = secret(office.data, TOKEN) or ""  # a removal that was cut took it first
        self.remote = Remote(self.laptop.url, token)
        self.auth = BearerAuth(token)
        self.receipts = Receipts(office.data)
        self.keeper = Keeper(
            ReviewFolder(office.data),
            self.laptop.person,
            lambda: stamp(office.clock()),
            self._title,
        )

    def databases(self) -> list[dict[str, Any]]:
        """`[{"name", "documents"}]`: what the person may replicate and how much it is."""
        return list(self._known(self.remote.databases())["databases"])

    def _known(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer, if it is of this laptop's office. Raises OfficeError."""
        if answer["office"] != self.laptop.office:
            raise OfficeError("At {url} there is another office now.", url=self.laptop.url)
        return answer

    def choose(self, keep: Keep | None) -> None:
        """Keep these databases from now on; the next sync carries it out."""
        self.laptop = replace(self.laptop, keep=sensible(keep))
        self.laptop.write(self.office.data)

    def keep_timetable(self, timetable: Timetable) -> None:
        """Synchronise by it from now on, as long as the laptop is served."""
        self.laptop = replace(self.laptop, timetable=timetable)
        self.laptop.write(self.office.data)

    def sync(
        self,
        show: Show = lambda database, step, progress: None,
        only: Collection[str] | None = None,
    ) -> list[Synced]:
        """All databases both ways once, or `only` some. Raises Unreachable or Revoked, Busy where
        another sync of this directory runs, Stopped where it was cancelled; going on later is safe.
        Raises Refused where the person may not replicate what every laptop needs.

        A database that the office no longer names is dropped, one that is not kept any more as soon
        as nothing waits in it. When the office ended this laptop's access, everything is, and
        Revoked says so.
        """
        with alone(self.office.data):
            server = open_server(self.remote.store_url, auth=self.auth)
            try:
                kept = self.keeper.folder.all()
                done = list(self._sync_all(server, show, only))
                if any(one.removed for one in done):
                    forget_gone(self.office, self.office.texts)
                if any(one.moved for one in done) or self.keeper.folder.all() != kept:
                    self.report()
                return done
            except Ended as error:
                if error.office != self.laptop.office:
                    raise
                empty(self.office)
                raise Revoked(
                    "The office ended this laptop's access. All documents were removed from"
                    " {data}.",
                    data=str(self.office.data),
                ) from error
            except Unauthorized as error:
                raise OfficeError("The office no longer takes this laptop's token.") from error
            finally:
                server.close()

    def _sync_all(
        self, server: Server, show: Show, only: Collection[str] | None
    ) -> Iterator[Synced]:
        report = self._report()
        news = self._known(self.remote.news(states_of(self.office.server), report))
        note_clock(self.office.data, self.office.clock(), news["now"])
        self.receipts.sent(report["receipts"])
        names, new = news["databases"], frozenset(news["news"])
        dropped = drop_lost(self.office.server, self.keeper, names, self.receipts)
        Decider(self.keeper, self.office.server, server, self.remote).carry_out()
        yield from (Synced(name, removed=count) for name, count in dropped.items())
        for name in names if only is None else [name for name in names if name in only]:
            subset = kept(self.laptop.keep, name)
            if subset is not None:
                resting = None if name in new else self._at_rest(name, subset, not new)
                yield resting or self._sync_one(server.database(name), name, news["now"], show)
            elif self.office.server.exists(name):
                done = self._sync_one(server.database(name), name, news["now"], show)
                done.removed += drop_sent(self.office.server, name, self.keeper)
                yield done
        if SETTINGS not in names:
            raise _nothing_to_replicate(names)
        if only is None:
            write_whole(self.office)

    def _at_rest(self, name: str, subset: Subset, calm: bool) -> Synced | None:
        """The outcome where a database needs no question of its own."""
        local, now = self.office.server.database(name), self.office.clock()
        part = read_state(local).get("kept", {})
        if not is_settled(part, subset, first_day(now, subset.months), calm):
            return None
        done = at_rest(local, self.keeper)
        if done is not None:
            write_synced(local, done, stamp(now))
        return done

    def report(self) -> None:
        """Tell the office how this laptop is now. Raises Unreachable, Revoked."""
        told = self._report()
        self.remote.report(told)
        self.receipts.sent(told["receipts"])

    def _report(self) -> dict[str, Any]:
        receipts = self.receipts.signed(self.remote.token or "")
        return report_of(self.status(), self.office.clock(), receipts)

    def _sync_one(self, remote: Database, name: str, now: str, show: Show) -> Synced:
        server = self.office.server
        if self.cancel is not None and self.cancel.is_set():
            raise Stopped()
        if not server.exists(name):
            server.create(name)
        local = server.database(name)
        sync = DatabaseSync(
            local,
            remote,
            self.remote,
            self.laptop.id,
            self.keeper,
            self.receipts,
            now,
            self.cancel,
            forms_of(self.office, name),
            kept(self.laptop.keep, name) or read_subset(read_state(local).get("kept", {})),
        )
        done = sync.run(lambda step, progress: show(name, step, progress))
        self.office.apply_acl(name)
        write_synced(local, done, stamp(self.office.clock()))
        return done

    def attachment(self, database: str, docid: str, name: str) -> StoredFile:
        """A file that this laptop left at the office, read from there; it is not kept here. Raises
        NotFound, Unreachable."""
        server = open_server(self.remote.store_url, auth=self.auth)
        try:
            found = server.database(database).get_attachment(docid, name)
            return StoredFile(name, found.content_type, found.data)
        except Missing as error:
            raise NotFound("There is no such attachment.") from error
        except Unavailable as error:
            raise Unreachable(self.laptop.url, error.reason) from error
        finally:
            server.close()

    def status(self) -> dict[str, Any]:
        """What the last syncs left: per database when, waiting, refused, for review, conflicts.
        Asks nobody."""
        names = sorted(name for name in self.office.server.all_dbs() if name != CREDENTIALS)
        return {
            "office": self.laptop.url,
            "person": self.laptop.person,
            "keep": keep_to_json(self.laptop.keep),
            "whole_at": whole_at(self.office),
            "clock_ahead": clock_skew(self.office.data),
            "databases": [self._status_of(name) for name in names],
        }

    def _status_of(self, name: str) -> dict[str, Any]:
        database = self.office.server.database(name)
        state, info = read_state(database), database.info()
        kept = unsent(database, self.keeper)
        return {
            "name": name,
            "synced_at": state.get("synced_at"),
            "documents": info["doc_count"],
            "bytes": info["sizes"]["file"],
            "waiting": [edit.id for edit in kept if edit.why == "waiting"],
            "conflicts": state.get("conflicts", 0),
            "refused": [
                {"id": edit.id, "reason": edit.reason}
                for edit in self.keeper.folder.all(name)
                if edit.why == REFUSED
            ],
            "review": sorted({edit.id for edit in kept if edit.why == "review"}),
        }

    def _title(self, database: str, doc: Doc) -> str:
        try:
            return self.office.system().context(database).title(doc)
        except NotFound:
            return str(doc["_id"])


def _nothing_to_replicate(names: Collection[str]) -> DivanError:
    """What a person is told whom the office gives no people, without which no laptop works."""
    if not names:
        return Refused(
            "There is nothing to replicate: you may replicate no database of this office. Ask its"
            " administrator for that right."
        )
    return Refused(
        "You may not replicate {name}, and without it no laptop works. Ask the office's"
        " administrator for that right.",
        name=SETTINGS,
    )


def is_replica(office: Office) -> bool:
    """Whether the office is a laptop that belongs to somebody."""
    return (office.data / FILE).exists()


def write_whole(office: Office) -> None:
    """Note that everything which is kept has come."""
    local = office.server.database(SETTINGS)
    local.put_local({**read_state(local), "_id": STATE_ID, "whole_at": stamp(office.clock())})


def whole_at(office: Office) -> str:
    """When everything was synchronised last; empty before the first time."""
    if not office.server.exists(SETTINGS):
        return ""
    return str(read_state(office.server.database(SETTINGS)).get("whole_at", ""))


def write_synced(local: Database, done: Synced, at: str) -> None:
    """Note the time and outcome of a whole sync."""
    state = read_state(local)
    state |= {"_id": STATE_ID, "synced_at": at, "conflicts": done.conflicts}
    local.put_local(state)
