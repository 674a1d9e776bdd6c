"""Digests: what is new in the forum, for those who follow it.

Each person's digest has a checkpoint of its own, in a `_local/` document of the forum: the sequence
read up to, the last time it was due, and the documents it told of. The notice's id is made of the
time it was due, so that a digest cut off by a crash is found, not made twice. Titles are not in the
notice: they are read when it is sent, with the person's rights at that moment.
"""

import hashlib
import logging
from datetime import datetime
from typing import Any

from mailbridge.interests import Profile, matches, profile_of, slot
from plugin import (
    Checkpoint,
    NotFound,
    Office,
    Outbox,
    Session,
    all_changes,
    notice_id,
    notify,
    parse_stamp,
    stamp,
)
from store.cancel import Cancel

FORUM = "forum"
KIND = "digest"

log = logging.getLogger(__name__)

State = dict[str, Any]


class Digests:
    """Looks which digests are due. One thread runs it."""

    def __init__(self, office: Office, outbox: Outbox) -> None:
        self._office = office
        self._outbox = outbox
        self._forum = office.server.database(FORUM)
        self._profiles: dict[str, Profile] = {}
        self._seq: Any = 0
        self._read: dict[str, Any] = {}
        """For each profile the sequence that was read up to, saved or not."""
        self._checkpoints: dict[str, Checkpoint] = {}
        self._states: dict[str, State] = {}

    def run_once(self, now: datetime) -> int:
        """Put the digests that are due into the outbox. Returns how many are new."""
        for rows, last in all_changes(self._forum, self._seq):
            for row in rows:
                self._take(row)
            self._seq = last
        return sum(self._run(profile, now) for profile in list(self._profiles.values()))

    def wait(self, timeout: float, cancel: Cancel) -> bool:
        """True as soon as the forum changed, False after `timeout` seconds or when cancelled."""
        return self._forum.wait_for_change(self._seq, timeout, cancel)

    def _take(self, row: dict[str, Any]) -> None:
        doc = row.get("doc")
        profile = None
        if doc is not None and not row.get("deleted") and doc.get("form") == "interest":
            profile = profile_of(doc)
        if profile:
            self._profiles[row["id"]] = profile
        else:
            self._profiles.pop(row["id"], None)

    def _run(self, profile: Profile, now: datetime) -> int:
        zone = self._time_zone(profile.person)
        state = self._state(profile, zone)
        due = slot(profile, now, zone)
        since = self._read.get(profile.id, state["seq"])
        if since == self._seq if due is None else stamp(due) <= state["slot"]:
            return 0
        try:
            session = self._office.session(self._office.directory.identity(profile.person))
        except NotFound:
            return 0  # has left
        documents, until = self._new(profile, session, state, since)
        if not documents:
            self._read[profile.id] = until
            if due is not None:
                self._save(profile, {**state, "slot": stamp(due), "seq": until})
            return 0
        return self._send(profile, state, due, documents, until)

    def _send(
        self,
        profile: Profile,
        state: State,
        due: datetime | None,
        documents: list[dict[str, Any]],
        until: Any,
    ) -> int:
        mark = stamp(due) if due else hashlib.sha256(str(state["seq"]).encode()).hexdigest()[:16]
        key = f"{profile.id.rpartition(':')[2]}.{mark}"
        values = {"documents": documents, "until": until}
        new = notify(self._office, kind=KIND, key=key, to=profile.person, values=values)
        if not new:  # made before a crash: what that one told of counts
            earlier = self._outbox.read(notice_id(KIND, key, profile.person))
            values = earlier["values"] if earlier else values
        seen = [*state["seen"], *(one["id"] for one in values["documents"])]
        self._save(
            profile,
            {
                "slot": stamp(due) if due else state["slot"],
                "seq": values["until"],
                "seen": sorted(set(seen)),
            },
        )
        self._read[profile.id] = values["until"]
        return 1 if new else 0

    def _new(
        self, profile: Profile, session: Session, state: State, since: Any
    ) -> tuple[list[dict[str, Any]], Any]:
        """What matches and may be read since a sequence, and the sequence read up to."""
        documents, seen = {}, set(state["seen"])
        for rows, last in all_changes(self._forum, since):
            for row in rows:
                doc = row.get("doc")
                if row.get("deleted") or doc is None or row["id"] in seen or "form" not in doc:
                    continue
                why = matches(profile, doc)
                if why and _readable(session, row["id"]):
                    documents[row["id"]] = {"id": row["id"], "why": [w.to_json() for w in why]}
            since = last
        return list(documents.values()), since

    def _state(self, profile: Profile, zone: str) -> State:
        """The profile's checkpoint. A new one begins when the profile was made."""
        if profile.id not in self._states:
            name = f"digest-{profile.id.rpartition(':')[2]}"
            checkpoint = self._checkpoints[profile.id] = Checkpoint(self._forum, name)
            first = slot(profile, parse_stamp(profile.since), zone)
            fresh = {"slot": stamp(first) if first else "", "seq": 0, "seen": []}
            self._states[profile.id] = {**fresh, **checkpoint.load()}
        return self._states[profile.id]

    def _save(self, profile: Profile, state: State) -> None:
        self._checkpoints[profile.id].save(state)
        self._states[profile.id] = state

    def _time_zone(self, name: str) -> str:
        person = self._office.directory.person(name)
        zone: str = (person.time_zone if person else "") or self._office.settings.time_zone
        return zone


def _readable(session: Session, docid: str) -> bool:
    try:
        session.database(FORUM).open(docid)
    except NotFound:
        return False
    return True
