"""Carrying out what a person decided about edits that the office did not take.

Every step can be cut and done again: what is sent twice is the same proposal at the office, and an
edit leaves the folder only after all else.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from plugin.runtime.errors import Refused
from plugin.runtime.messages import Message
from plugin.runtime.replica.remote import Remote
from plugin.runtime.replica.returning import NO_DATABASE, Keeper, fetch, leaves_of
from plugin.runtime.replica.review import DISCARD, REFUSED, RETRY, SEND, Edit
from store.api import Database, Server
from store.errors import NotFound, StoreError
from store.types import Doc

MOST_BYTES = 3 * 1024 * 1024
"""The largest proposal, files included; the office takes no longer request."""
TOO_LARGE = Message("This is too large to be sent for review. Export it and send the file.")


class Decider:
    """The laptop's databases and the office's. `remote` asks what CouchDB's protocol has not."""

    def __init__(self, keeper: Keeper, server: Server, office: Server, remote: Remote) -> None:
        self._keeper = keeper
        self._server = server
        self._office = office
        self._remote = remote

    def carry_out(self) -> None:
        """All wishes, in all databases, lost ones too. What cannot be done stays, with the reason.
        Raises Unreachable and Revoked; going on later is safe."""
        for edit in self._keeper.folder.all():
            if edit.wish:
                problem = self._do(edit)
                if problem:
                    self._keeper.folder.put(replace(edit, wish="", reason=problem))
                else:
                    self._keeper.folder.drop(edit)

    def _do(self, edit: Edit) -> str:
        """Why it could not be done, or an empty text."""
        if edit.wish == RETRY:
            return self._retry(edit)
        if edit.wish == SEND and (problem := self._send(edit)):
            return problem
        assert edit.wish in (SEND, DISCARD)
        if edit.why == REFUSED and self._server.exists(edit.database):
            reset(
                self._server.database(edit.database),
                self._office.database(edit.database),
                edit,
            )
        return ""

    def _retry(self, edit: Edit) -> str:
        docs = [whole(self._server, edit).version, *_ended(self._server, edit)]
        try:
            rows = self._office.database(edit.database).bulk_docs(docs, new_edits=False)
        except NotFound:
            return str(NO_DATABASE)
        refused = [row for row in rows if row.get("rev", edit.rev) == edit.rev]
        return str(refused[0].get("reason")) if refused else ""

    def _send(self, edit: Edit) -> str:
        version = dict(whole(self._server, edit).version)
        files = _new_files(version.pop("_attachments", {}), edit.office)
        body: dict[str, Any] = {
            "key": edit.key,
            "database": edit.database,
            "version": version | ({"_attachments": files} if files else {}),
            "title": edit.title,
            "reason": edit.reason,
            "note": edit.note,
        }
        if len(json.dumps(body)) > MOST_BYTES:
            return str(TOO_LARGE)
        try:
            self._remote.propose(body)
        except Refused as error:
            return str(error)
        return ""


def whole(server: Server, edit: Edit) -> Edit:
    """The edit with the data of its files, which a refused document has in its database."""
    if edit.why != REFUSED or not server.exists(edit.database):
        return edit
    try:
        version = server.database(edit.database).get(
            edit.id, rev=edit.rev, revs=True, attachments=True
        )
    except NotFound:
        return edit
    return replace(edit, version=version)


def _ended(server: Server, edit: Edit) -> list[Doc]:
    """The ends of the branches that were merged here: they go with their merge."""
    if not server.exists(edit.database):
        return []
    try:
        found = server.database(edit.database).open_revs(edit.id, "all", with_revs=True)
    except NotFound:
        return []
    return [entry["ok"] for entry in found if entry.get("ok", {}).get("merged")]


def _new_files(files: Mapping[str, Any], office: Doc | None) -> dict[str, Any]:
    """The files that the office does not have in the document."""
    there = (office or {}).get("_attachments") or {}
    return {
        name: file
        for name, file in files.items()
        if file.get("digest") != (there.get(name) or {}).get("digest", "")
    }


def reset(local: Database, office: Database, edit: Edit) -> None:
    """Make a refused document on the laptop what it is at the office. What was written on top of
    the refused version since, or on another branch, stays: the push asks for it anew."""
    leaves = leaves_of(local, edit.id)
    if edit.rev not in {leaf["_rev"] for leaf in leaves}:
        return
    revs = [leaf["_rev"] for leaf in leaves if leaf["_rev"] == edit.rev or leaf.get("merged")]
    try:
        lacking = office.revs_diff({edit.id: revs})
        if edit.id in lacking:
            local.purge({edit.id: lacking[edit.id]["missing"]})
        fetch(local, office, [edit.id])
    except StoreError as error:
        if error.status != 404:
            raise  # else the database is lost, and goes as a whole
