"""What a replica has to forget and to fetch because rights changed, not documents.

The office tells it against a state that it sealed itself at the last sync: the groups of readers
that the person could read then, and how far the changes were told. So nothing is kept at the office
for each laptop, nothing can be forged, and the cost is what changed for the person.

Lost are documents that the person could read then and may not read now: those in a group that was
lost, and those that moved out of a readable group since. Their ids are told hashed: who does not
have the document learns nothing. Gained are documents in groups that became readable; changed ones
come with the changes anyway.
"""

import json
from dataclasses import dataclass
from typing import Any

from plugin.runtime.errors import BadInput
from plugin.runtime.listings.reader_changes import ReaderChanges, has_news
from plugin.runtime.replica.sealing import Seals
from plugin.runtime.replica.sync import hashed
from store.lite.groups import ChangesByGroup


@dataclass(frozen=True)
class Told:
    """What a replica knew after its last sync: the groups that could be read, and the `place` up to
    which what concerned them was told. `file` is the count of changes that the place is of: it
    begins anew where the office's database was moved or made anew."""

    groups: frozenset[str]
    place: int
    file: str

    def sealed(self, seals: Seals) -> str:
        return seals.sealed(json.dumps([sorted(self.groups), self.place, self.file]))

    @staticmethod
    def read(told: str, seals: Seals) -> "Told":
        """Raises BadInput where it was not told to this person of this database."""
        text = seals.opened(told)
        if text is None:
            raise BadInput("This replica's state is not from this office. Clone it anew.")
        groups, place, file = json.loads(text)
        return Told(frozenset(groups), place, file)

    def number(self, changes: ChangesByGroup) -> int:
        """The place up to which the changes were told; the beginning where the count is another."""
        return self.place if self.file == changes.file else 0


@dataclass(frozen=True)
class Rights:
    """One person's rights to one database; `seals` are for what a replica is told of them."""

    changes: ReaderChanges
    readable: frozenset[str]
    seals: Seals

    def since(self, state: str | None) -> dict[str, Any]:
        """The answer `{"state", "lost", "gained"}` to the state of the last sync.

        Raises BadInput for a state that this office did not give, or gave to another.
        """
        changes = self.changes.level()
        now = Told(self.readable, changes.last_place(self.readable), changes.file)
        lost: set[str] = set()
        gained: set[str] = set()
        if state is not None:
            told = Told.read(state, self.seals)
            lost = changes.inside(told.groups - self.readable)
            lost |= changes.left(told.groups, told.number(changes))
            here = changes.group_of(lost)
            lost = {docid for docid in lost if here.get(docid) not in self.readable}
            gained = changes.inside(self.readable - told.groups)
        return {
            "state": now.sealed(self.seals),
            "lost": sorted(map(hashed, lost)),
            "gained": sorted(gained),
        }

    def changed_since(self, state: str) -> bool:
        """Whether a replica with this state has anything to forget or to fetch. Raises BadInput."""
        told = Told.read(state, self.seals)
        changes = self.changes.level()
        number = told.number(changes)
        return (
            told.groups != self.readable
            or told.file != changes.file
            or has_news(changes, told.groups, number)
        )
