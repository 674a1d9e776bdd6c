"""What a replica has to forget and to fetch because rights changed, not documents.

The office tells it against a state that it signed itself at the last sync: the groups of readers
that the person could read then, and how far the changes were told. So nothing is kept at the office
for each laptop, nothing can be forged, and the cost is what changed for the person.

Lost are documents that the person could read then and may not read now: those in a group that was
lost, and those that moved out of a readable group since. Their ids are told hashed: who does not
have the document learns nothing. Gained are documents in groups that became readable; changed ones
come with the changes anyway.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from plugin.runtime.errors import BadInput
from plugin.runtime.listings.reader_changes import ReaderChanges, has_news
from plugin.runtime.replica.sync import hashed
from store.lite.groups import ChangesByGroup
from store.types import Seq


@dataclass(frozen=True)
class Told:
    """What a replica knew after its last sync. `file` is the count of changes that `seq` is of: it
    begins anew where the office's database was moved or made anew."""

    person: str
    database: str
    groups: frozenset[str]
    seq: Seq
    file: str

    def signed(self, key: bytes) -> str:
        fields = {"p": self.person, "d": self.database, "s": sorted(self.groups), "q": self.seq}
        fields["f"] = self.file
        text = base64.urlsafe_b64encode(json.dumps(fields, separators=(",", ":")).encode())
        return f"{text.decode()}.{_signature(key, text)}"

    @staticmethod
    def read(signed: str, key: bytes) -> "Told":
        """Raises BadInput where this office did not write it."""
        text, _, signature = signed.partition(".")
        given = signature.encode("utf-8", "surrogatepass")
        wanted = _signature(key, text.encode("utf-8", "surrogatepass"))
        if not hmac.compare_digest(given, wanted.encode()):
            raise BadInput("This replica's state is not from this office. Clone it anew.")
        fields = json.loads(base64.urlsafe_b64decode(text))
        groups = frozenset(fields["s"])
        return Told(fields["p"], fields["d"], groups, fields["q"], fields["f"])

    def number(self, changes: ChangesByGroup) -> int:
        """The place up to which the changes were told; the beginning where the count is another."""
        return changes.number(self.seq) or 0 if self.file == changes.file else 0


@dataclass(frozen=True)
class Rights:
    """One person's rights to one database; `key` signs what a replica is told of them."""

    changes: ReaderChanges
    readable: frozenset[str]
    person: str
    database: str
    key: bytes

    def since(self, state: str | None) -> dict[str, Any]:
        """The answer `{"state", "lost", "gained"}` to the state of the last sync.

        Raises BadInput for a state that this office did not sign, or signed for another.
        """
        changes = self.changes.level()
        now = Told(self.person, self.database, self.readable, changes.last_seq(), changes.file)
        lost: set[str] = set()
        gained: set[str] = set()
        if state is not None:
            told = self._read(state)
            lost = changes.inside(told.groups - self.readable)
            lost |= changes.left(told.groups, told.number(changes))
            here = changes.group_of(lost)
            lost = {docid for docid in lost if here.get(docid) not in self.readable}
            gained = changes.inside(self.readable - told.groups)
        return {
            "state": now.signed(self.key),
            "lost": sorted(map(hashed, lost)),
            "gained": sorted(gained),
        }

    def changed_since(self, state: str) -> bool:
        """Whether a replica with this state has anything to forget or to fetch. Raises BadInput."""
        told = self._read(state)
        changes = self.changes.level()
        number = told.number(changes)
        return (
            told.groups != self.readable
            or told.file != changes.file
            or has_news(changes, told.groups, number)
        )

    def _read(self, state: str) -> Told:
        told = Told.read(state, self.key)
        if (told.person, told.database) != (self.person, self.database):
            raise BadInput("This replica's state belongs to another person or database.")
        return told


def _signature(key: bytes, text: bytes) -> str:
    return hmac.new(key, text, hashlib.sha256).hexdigest()
