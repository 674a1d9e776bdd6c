"""An office and its laptops that live through a random day; the same day for the same seed.

What was acknowledged is written down as it is acknowledged, and what arrives is checked as it
arrives. `check` says at the end what does not hold.
"""

import random
import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flask import Flask

from acl import Level
from plugin import AgentRunner, Clock, Credentials, DivanError, Document, Documents, Module, Office
from plugin import NotFound as Lost
from plugin.runtime.files import write_private
from plugin.runtime.replica import laptop as laptop_module
from plugin.runtime.replica.laptop import TOKEN, Laptop, Replica
from plugin.runtime.replica.remote import Revoked, Unreachable
from plugin.runtime.replica.review import DISCARD, RETRY, Edit, ReviewFolder
from plugin.runtime.replica.sync import Synced, ids_of
from plugin.runtime.replica.versions import line_of
from store.errors import NotFound
from store.types import ViewOptions
from tests.plugin.kit import NOW, Kit
from tests.plugin.replica_acl import acl
from tests.plugin.replica_oracle import Oracle
from tests.plugin.replica_wire import (
    Faults,
    Killed,
    Line,
    Proxy,
    cut,
    documents_in,
    mortal,
    remote,
)
from views.replication import mount

WORK = "work"
SKEWS = {
    "anna": timedelta(),
    "ben": timedelta(hours=5),
    "dan": timedelta(days=-4000),
    "eve": timedelta(days=4000),
    "rita": timedelta(minutes=-7),
}
"""Those with a laptop, and how wrong its clock is. Carl is at the office, as is everybody now and
then."""
AT_OFFICE = ("anna", "ben", "carl", "dan", "eve")
MARK = re.compile(r"secret\d{4}x")
TYPED = ("name", "why", "text")


class Machine:
    """A laptop: its directory, and its process while it lives."""

    def __init__(
        self, path: Path, person: str, modules: list[Module], office: Office, clock: Clock
    ) -> None:
        self.path, self.person, self.modules, self.clock = path, person, modules, clock
        Office.create(path, kind="laptop", modules=modules).close()
        Laptop("http://office", person, office.id, f"replica-of-{person}").write(path)
        self.token = office.credentials.issue_token(person, label="test")
        write_private(path / "secrets" / TOKEN, self.token)
        self.office = Office.open(path, modules=modules, clock=clock)
        self.emptied = False

    def restart(self) -> None:
        self.office.close()
        self.office = Office.open(self.path, modules=self.modules, clock=self.clock)

    def has_work(self) -> bool:
        """Whether the database is there with its list: one that came back to a laptop may have been
        cut before that."""
        server = self.office.server
        return server.exists(WORK) and "acl" in ids_of(server.database(WORK))

    def door(self) -> Documents:
        identity = self.office.directory.identity(self.person)
        return self.office.session(identity).database(WORK)


class World:
    """The office, the laptops, and what they promised."""

    def __init__(self, template: Kit, path: Path, seed: str) -> None:
        self.chance = random.Random(seed)
        self.seed = seed
        shutil.copytree(template.path, path / "office")
        self.modules = template.modules
        self.now = NOW
        self.office = Office.open(path / "office", modules=self.modules, clock=self.tick)
        self.app = Flask("office")
        mount(self.app, self.office, Credentials(self.office.server))
        self.oracle = Oracle(self.office.server)
        self.machines = [
            Machine(path / person, person, self.modules, self.office, self._clock(skew))
            for person, skew in SKEWS.items()
        ]
        self.syncs = 0
        self.made = 0
        self.promised: list[tuple[Machine | None, str, str, tuple[str, ...], dict[str, Any]]] = []
        self.let_go: list[Edit] = []
        self.seen: dict[str, set[str]] = {person: set() for person in SKEWS}
        self.wrong: list[str] = []

    def close(self) -> None:
        for machine in self.machines:
            machine.office.close()
        self.office.close()

    def tick(self) -> datetime:
        """The office's clock: each look takes a second."""
        self.now += timedelta(seconds=1)
        return self.now

    def _clock(self, skew: timedelta) -> Clock:
        return lambda: self.tick() + skew

    # what people do

    def work(self, door: Documents, machine: Machine | None) -> None:
        """One thing that a person does at a door; what is refused is no promise."""
        try:
            done = self._work(door)
        except DivanError:
            return
        if done is not None:
            doc, items = done
            raw = door.context.reading.get(doc.id, rev=doc.rev, revs=True)
            line = tuple(line_of(raw))
            self.promised.append((machine, doc.id, doc.rev, line, items))

    def _work(self, door: Documents) -> tuple[Document, dict[str, Any]] | None:
        kind = self.chance.choice(("create", "edit", "edit", "edit", "edit", "owner", "team", "del",
                                   "attach", "settle", "note"))  # fmt: skip
        ids = [row["id"] for row in door.context.reading.all_docs(ViewOptions())["rows"]]
        jobs = [docid for docid in ids if docid.startswith("job:")]
        if kind == "create" or not jobs:
            self.made += 1
            items = {"name": f"secret{self.made:04}x first"}
            return door.create("job", items, id=f"job:{self.made}"), items
        doc = door.open(self.chance.choice(jobs))
        if kind == "edit":
            items = self._typed(doc)
        elif kind == "owner":
            items = {"owner": self.chance.choice(("anna", "ben", "dan", "carl"))}
        elif kind == "team":
            items = {"team": self.chance.sample(("anna", "dan", "rita", "eve"), 2)}
        elif kind == "note":
            self.made += 1
            items = {"job": doc.id, "text": f"{mark_of(doc)} note"}
            return door.create("note", items, id=f"note:{self.made}"), items
        elif kind == "del":
            if self.chance.random() < 0.3:
                door.delete(doc.id, doc.rev)
            return None
        elif kind == "settle":
            return self._settle(door, doc)
        else:
            return door.attach(doc.id, doc.rev, "a.txt", mark_of(doc).encode(), "text/plain"), {}
        return door.save(doc.id, doc.rev, items), items

    def _typed(self, doc: Document) -> dict[str, Any]:
        self.made += 1
        names = self.chance.sample(TYPED, self.chance.choice((1, 1, 2)))
        return {name: f"{mark_of(doc)} {self.made}" for name in names}

    def _settle(self, door: Documents, doc: Document) -> tuple[Document, dict[str, Any]] | None:
        branches = door.conflicts(doc.id)
        if not branches:
            return None
        choices = {item: self.chance.choice(branches) for item in door.clashes(doc.id)}
        settled = door.settle(doc.id, {item: one.rev for item, one in choices.items()})
        return settled, {item: one.items.get(item) for item, one in choices.items()}

    def at_office(self) -> None:
        """Something happens at the office."""
        kind = self.chance.choice(("work",) * 6 + ("acl", "group", "manager", "agents"))
        settings = self.office.system().database("settings")
        if kind == "work":
            name = self.chance.choice(AT_OFFICE)
            session = self.office.session(self.office.directory.identity(name))
            self.work(session.database(WORK), None)
        elif kind == "acl":
            levels = {
                "eve": self.chance.choice((Level.EDITOR, Level.READER)),
                "rita": self.chance.choice((Level.READER, Level.NO_ACCESS)),
            }
            shared = self.chance.random() < 0.8
            self.office.system().database(WORK).save_acl(acl(**levels, shared=shared))
        elif kind == "group":
            group = settings.open("group:chiefs")
            members = self.chance.choice((["carl"], ["carl", "dan"], ["carl", "ben"]))
            settings.save(group.id, group.rev, {"members": members})
        elif kind == "manager":
            anna = settings.open("person:anna")
            settings.save(anna.id, anna.rev, {"manager": self.chance.choice(("ben", "dan", "eve"))})
        else:
            AgentRunner(self.office).run_once()
        self._note_readers()

    def decide(self, machine: Machine) -> None:
        """The person looks at what came back."""
        folder = ReviewFolder(machine.path)
        for edit in folder.all():
            if self.chance.random() < 0.3:
                folder.wish(edit.key, self.chance.choice((RETRY, DISCARD)))

    # synchronising

    def sync(self, machine: Machine, *, faults: bool) -> list[Synced]:
        """One sync, perhaps cut or killed. Whatever ends it is a day like others."""
        self.syncs += 1
        seed = f"{self.seed}.{self.syncs}"
        often = self.chance.choice((0, 10, 40)) if faults else 0
        line = Line(
            self.office,
            machine.person,
            Faults(f"{seed}.line", often, cut),
            self._delivered,
            self._between if faults else lambda: None,
        )
        dying = Faults(f"{seed}.kill", often // 4, Killed)
        replica = Replica(machine.office)
        replica.remote = remote(self.app, line, machine.token)
        server = machine.office.server
        machine.office.server = Proxy(lambda: server, mortal(dying))
        wished = {edit.key: edit for edit in ReviewFolder(machine.path).all() if edit.wish}
        try:
            with patch.object(laptop_module, "open_server", lambda url, auth: line.server()):
                return replica.sync()
        except (Unreachable, NotFound, Lost):
            return []  # cut, or the right to the database went meanwhile
        except Killed:
            machine.office.server = server
            machine.restart()
            return []
        except Revoked:
            machine.emptied = True
            return []
        finally:
            if isinstance(machine.office.server, Proxy):
                machine.office.server = server
            left = {edit.key for edit in ReviewFolder(machine.path).all()}
            for key, edit in wished.items():
                if key not in left and edit.wish == DISCARD:
                    self.let_go.append(edit)
            self._note_readers()

    def _between(self) -> None:
        """The office does not stand still while a laptop synchronises."""
        if self.chance.random() < 0.02:
            self.at_office()

    def _delivered(self, person: str, database: str, answer: Any) -> None:
        if database != WORK:
            return
        self._note_readers()
        for doc in documents_in(answer):
            if doc.get("form") and not self.oracle.shows(database, person, doc):
                self.wrong.append(f"{person} was given {doc['_id']} {doc['_rev']}")

    def _note_readers(self) -> None:
        """What each may read now. Whatever a laptop holds must have been readable once."""
        for person in SKEWS:
            for docid in self.oracle.readable(WORK, person):
                self.seen[person].update(MARK.findall(str(self._everything(docid))))

    # what must hold

    def quiet(self) -> None:
        """Let everything settle: no faults, until a round moves nothing."""
        for _ in range(10):
            AgentRunner(self.office).run_once()
            moved = 0
            for machine in self.machines:
                if not machine.emptied:
                    for done in self.sync(machine, faults=False):
                        moved += done.pulled + done.pushed + done.removed + done.merged
            if not moved:
                return
        self.wrong.append("the laptops and the office do not come to rest")

    def check(self) -> list[str]:
        """What does not hold."""
        for machine in self.machines:
            if machine.emptied:
                if machine.office.server.all_dbs():
                    self.wrong.append(f"{machine.person}'s laptop is not empty")
                continue
            self._agrees(machine)
            self._holds_nothing_forbidden(machine)
        self._kept_promises()
        self._kept_values()
        return self.wrong

    def _agrees(self, machine: Machine) -> None:
        wanted = self.oracle.readable(WORK, machine.person)
        held = live_leaves(machine.office) if machine.office.server.exists(WORK) else {}
        returned = {edit.id for edit in ReviewFolder(machine.path).all() if edit.why == "refused"}
        for docid in sorted(wanted.keys() | held.keys()):
            if docid not in returned and wanted.get(docid) != held.get(docid):
                self.wrong.append(
                    f"{machine.person} holds {docid} {held.get(docid)}, not {wanted.get(docid)}"
                )

    def _holds_nothing_forbidden(self, machine: Machine) -> None:
        own = {
            mark
            for by, _, _, _, items in self.promised
            if by is machine
            for mark in MARK.findall(str(items))
        }
        files = (path for path in (machine.path / "store").rglob("*") if path.is_file())
        held = {mark.decode() for path in files for mark in
                re.findall(rb"secret\d{4}x", path.read_bytes())}  # fmt: skip
        if strange := held - self.seen[machine.person] - own:
            self.wrong.append(f"{machine.person}'s laptop holds {sorted(strange)}")

    def _everything(self, docid: str) -> list[dict[str, Any]]:
        try:
            found = self.office.server.database(WORK).open_revs(docid, "all")
        except NotFound:
            return []
        return [entry["ok"] for entry in found]

    def _kept_promises(self) -> None:
        """Each acknowledged save is in the office's history, or kept for review, or let go."""
        db = self.office.server.database(WORK)
        for machine, docid, rev, _, items in self.promised:
            if machine is not None and machine.emptied:
                continue
            if not db.revs_diff({docid: [rev]}):
                continue
            kept = ReviewFolder(machine.path).of(WORK, docid) if machine else []
            gone = [edit for edit in self.let_go if edit.id == docid]
            versions = [*(edit.version for edit in (*kept, *gone)), *self._everything(docid)]
            if not any(_holds(version, rev, items) for version in versions):
                who = machine.person if machine else "the office"
                self.wrong.append(f"{who} lost {docid} {rev}")

    def _kept_values(self) -> None:
        """Of the saves of an item that no later one followed, one is the value at the end."""
        db = self.office.server.database(WORK)
        for docid in {docid for _, docid, _, _, _ in self.promised}:
            branches = self._everything(docid)
            live = [one for one in branches if not one.get("_deleted")]
            deleted = [one for one in branches if one.get("_deleted") and not one.get("merged")]
            if len(live) != 1 or deleted:
                continue
            saves = [(rev, line, items) for _, one, rev, line, items in self.promised
                     if one == docid and not db.revs_diff({docid: [rev]})]  # fmt: skip
            for item in TYPED:
                own = [(rev, line, items[item]) for rev, line, items in saves if item in items]
                later = {old for _, line, _ in own for old in line[1:]}
                last = [value for rev, _, value in own if rev not in later]
                if last and live[0].get(item) not in last:
                    self.wrong.append(f"{docid}.{item} is {live[0].get(item)}, not of {last}")


def _holds(version: dict[str, Any], rev: str, items: dict[str, Any]) -> bool:
    """Whether a save is in this version, perhaps merged with somebody else's."""
    wanted = items or {"_attachments": version.get("_attachments", "none")}
    same = all(version.get(item) == value for item, value in wanted.items())
    return same or rev in line_of(version)


def mark_of(doc: Document) -> str:
    """The word that stands in every text of the document."""
    found = MARK.search(str(doc.items.get("name")) + str(doc.items.get("text")))
    assert found, doc
    return found[0]


def live_leaves(office: Office) -> dict[str, list[str]]:
    """The documents of the database on one machine, with the revisions of their live leaves."""
    db = office.server.database(WORK)
    found = {}
    for row in db.all_docs(ViewOptions())["rows"]:
        if row["id"].startswith("_design/") or row["id"] == "acl":
            continue
        leaves = [entry["ok"] for entry in db.open_revs(row["id"], "all")]
        found[row["id"]] = sorted(leaf["_rev"] for leaf in leaves if not leaf.get("_deleted"))
    return found
