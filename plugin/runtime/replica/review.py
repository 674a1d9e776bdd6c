"""Edits that the office did not take, or that lost their document: kept until their person decides.

One file for each version, `review/<database>/<key>.json` in the laptop's data directory. What the
person wishes is noted in it and carried out by the next sync (`deciding`), so that it works offline
and can be taken back until then.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from plugin.runtime.errors import BadInput, NotFound
from plugin.runtime.files import write_private
from store.types import Doc

FOLDER = "review"
REFUSED, TAKEN, OVERRULED = "refused", "taken", "overruled"
SEND, RETRY, DISCARD = "send", "retry", "discard"
WISHES = (SEND, RETRY, DISCARD)
ALWAYS_OWN = ("acl", "_design/")
"""Documents that nobody owns: a change of them cannot be sent to an owner."""


@dataclass(frozen=True)
class Edit:
    """One version of a document that is not at the office.

    `why` is REFUSED (the document is here as it was edited), TAKEN (it had to leave the laptop) or
    OVERRULED (its form lets the other version stand); `reason` is the office's word. `version` has
    `_id`, `_rev` and `_revisions`; `office` is what stood at the office then, as far as the person
    may read it. `wish` is one of WISHES, or nothing yet.
    """

    database: str
    why: str
    reason: str
    at: str
    version: Doc
    title: str = ""
    office: Doc | None = None
    wish: str = ""
    note: str = ""

    @property
    def id(self) -> str:
        return str(self.version["_id"])

    @property
    def rev(self) -> str:
        return str(self.version["_rev"])

    @property
    def key(self) -> str:
        """Names the edit in addresses and commands; the same for the same version."""
        text = json.dumps([self.database, self.id, self.rev])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def sendable(self) -> bool:
        return not self.id.startswith(ALWAYS_OWN)


class ReviewFolder:
    """The kept edits of a laptop."""

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER

    def all(self, database: str | None = None) -> list[Edit]:
        """Those of one database, or all; the oldest first."""
        pattern = "*/*.json" if database is None else f"{_folder_name(database)}/*.json"
        found = [_read(file) for file in self._folder.glob(pattern)]
        return sorted(found, key=lambda edit: (edit.at, edit.key))

    def of(self, database: str, docid: str) -> list[Edit]:
        """The kept versions of one document."""
        return [edit for edit in self.all(database) if edit.id == docid]

    def get(self, key: str) -> Edit:
        """Raises NotFound."""
        for edit in self.all():
            if edit.key == key:
                return edit
        raise NotFound("There is no such edit. Perhaps it was sent meanwhile.")

    def put(self, edit: Edit) -> None:
        """Keep an edit, or replace what is noted of it. Durable on return."""
        text = json.dumps(asdict(edit), ensure_ascii=False, indent=2)
        write_private(self._file(edit), text)

    def drop(self, edit: Edit) -> None:
        self._file(edit).unlink(missing_ok=True)

    def wish(self, key: str, wish: str, note: str = "") -> Edit:
        """Note what is to become of an edit at the next sync; an empty wish takes it back.

        Raises NotFound, and BadInput for what cannot be wished.
        """
        edit = self.get(key)
        if wish and wish not in WISHES:
            raise BadInput("Choose one of: {wishes}.", wishes=", ".join(WISHES))
        if wish == SEND and not edit.sendable:
            raise BadInput("This belongs to no owner who could review it. Export or discard it.")
        wished = replace(edit, wish=wish, note=note.strip())
        self.put(wished)
        return wished

    def _file(self, edit: Edit) -> Path:
        return self._folder / _folder_name(edit.database) / f"{edit.key}.json"


def exported(edit: Edit) -> dict[str, Any]:
    """An edit as a file for people and programs; files are in it, base64."""
    own = {name: value for name, value in edit.version.items() if not name.startswith("_")}
    return {
        "database": edit.database,
        "document": edit.id,
        "why": edit.why,
        "reason": edit.reason,
        "at": edit.at,
        "version": own,
        "files": {
            name: {"content_type": file["content_type"], "data": file.get("data", "")}
            for name, file in (edit.version.get("_attachments") or {}).items()
        },
    }


def _folder_name(database: str) -> str:
    return quote(database, safe="").replace(".", "%2E")


def _read(file: Path) -> Edit:
    fields: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return Edit(**fields)
