"""A laptop: a data directory that is a replica of an office, for one person.

`replica.json` names the office and the person; the token lies in `secrets/replica_token`.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plugin.runtime.credentials import Credentials
from plugin.runtime.errors import BadInput, OfficeError
from plugin.runtime.files import write_private
from plugin.runtime.office import Office
from plugin.runtime.replica.leaving import drop_lost, empty
from plugin.runtime.replica.remote import PROTOCOL, Ended, Remote, Revoked
from plugin.runtime.replica.sync import STATE_ID, DatabaseSync, Synced, read_state
from plugin.runtime.secret_store import DATABASE as CREDENTIALS
from plugin.runtime.settings import write_settings
from store.api import Database
from store.errors import Unauthorized
from store.opening import open_server
from store.replication import Cancel, Progress
from store.types import BearerAuth

FILE = "replica.json"
TOKEN = "replica_token"

Show = Callable[[str, str, Progress], None]
"""(database, "pull" or "push", how far it is)"""


@dataclass(frozen=True)
class Laptop:
    """What `replica.json` holds. `id` names this replica in the checkpoints on both sides."""

    url: str
    person: str
    office: str
    id: str

    def write(self, data: Path) -> None:
        text = json.dumps(vars(self), indent=2)
        temporary = data / f"{FILE}.new"
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(data / FILE)

    @staticmethod
    def read(data: Path) -> "Laptop":
        """Raises OfficeError where the directory is no replica."""
        try:
            fields = json.loads((data / FILE).read_text(encoding="utf-8"))
            return Laptop(fields["url"], fields["person"], fields["office"], fields["id"])
        except FileNotFoundError:
            raise OfficeError(
                "{data} is no replica. Make one with: divan --data {data} replica clone URL",
                data=str(data),
            ) from None
        except (ValueError, KeyError) as error:
            raise OfficeError("{file} is damaged.", file=str(data / FILE)) from error


def register(data: Path, url: str, login: str, password: str, label: str) -> Laptop:
    """Make `data` a replica of the office at `url` for the person who signs in.

    Nothing is copied yet. On a directory that is a replica of this office for this person
    already, the token is renewed and all else stays. Raises Refused for a wrong password,
    BadInput for a directory that holds something else.
    """
    known = Laptop.read(data) if (data / FILE).exists() else None
    if known is None and data.exists() and any(data.iterdir()):
        raise BadInput("{data} is not empty. Give a new directory for the replica.", data=str(data))
    if known is not None and known.url != url:
        raise BadInput("{data} is a replica of {url}.", data=str(data), url=known.url)
    answer = Remote(url).sign_in(login, password, label)
    if answer.get("protocol") != PROTOCOL:
        raise OfficeError("The office runs another version of Divan. Bring both to the same.")
    if known is not None and (known.person, known.office) != (answer["person"], answer["office"]):
        raise BadInput("{data} belongs to {person}.", data=str(data), person=known.person)
    if known is None:
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
        token = (office.data / "secrets" / TOKEN).read_text(encoding="utf-8").strip()
        self.remote = Remote(self.laptop.url, token)
        self.auth = BearerAuth(token)

    def databases(self) -> list[dict[str, Any]]:
        """`[{"name", "documents"}]`: what the person may replicate and how much it is."""
        answer = self.remote.databases()
        if answer["office"] != self.laptop.office:
            raise OfficeError("At {url} there is another office now.", url=self.laptop.url)
        return list(answer["databases"])

    def sync(self, show: Show = lambda database, step, progress: None) -> list[Synced]:
        """All databases both ways once. Raises Unreachable or Revoked; going on later is safe.

        A database that the office no longer names is dropped. When the office ended this laptop's
        access, everything is, and Revoked says so.
        """
        results = []
        server = open_server(self.remote.store_url, auth=self.auth)
        try:
            names = [entry["name"] for entry in self.databases()]
            dropped = drop_lost(self.office.server, self.office.data, self.laptop.person, names)
            results += [Synced(name, removed=count) for name, count in dropped.items()]
            for name in names:
                results.append(self._sync_one(server.database(name), name, show))
        except Ended as error:
            if error.office != self.laptop.office:
                raise
            empty(self.office.server)
            raise Revoked(
                "The office ended this laptop's access. All documents were removed from {data}.",
                data=str(self.office.data),
            ) from error
        except Unauthorized as error:
            raise OfficeError("The office no longer takes this laptop's token.") from error
        finally:
            server.close()
        return results

    def _sync_one(self, remote: Database, name: str, show: Show) -> Synced:
        server = self.office.server
        if not server.exists(name):
            server.create(name)
        local = server.database(name)
        sync = DatabaseSync(
            local, remote, self.remote, self.laptop.id, self.laptop.person, self.cancel
        )
        done = sync.run(lambda step, progress: show(name, step, progress))
        self.office.apply_acl(name)
        write_synced(local, done)
        return done

    def status(self) -> dict[str, Any]:
        """What the last syncs left: per database when, refused, for review, conflicts."""
        server = self.office.server
        states = {
            name: read_state(server.database(name))
            for name in sorted(server.all_dbs())
            if name != CREDENTIALS
        }
        return {
            "office": self.laptop.url,
            "person": self.laptop.person,
            "databases": [
                {
                    "name": name,
                    "synced_at": state.get("synced_at"),
                    "documents": server.database(name).info()["doc_count"],
                    "conflicts": state.get("conflicts", 0),
                    "refused": state.get("refused", []),
                    "review": state.get("review", []),
                }
                for name, state in states.items()
            ],
        }


def write_synced(local: Database, done: Synced) -> None:
    """Note the time and outcome of a whole sync."""
    state = read_state(local)
    state |= {
        "_id": STATE_ID,
        "synced_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "conflicts": done.conflicts,
    }
    local.put_local(state)
