"""How many documents somebody reads, summed over reader sets: no document is opened for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from acl import Access, Identity, Level, Privilege, can_read_all, names_of
from acl.readers import OPEN_SET
from plugin.runtime.context import Context
from plugin.runtime.designs.design import INDEX, PUBLIC, SETS_VIEW
from plugin.runtime.listings.readersets import Sets
from store.types import ViewOptions


@dataclass(frozen=True)
class Counts:
    """The reader sets of a database and how many documents each holds; public ones once more under
    `p:<set>`, as in the indexes."""

    sets: Sets
    documents: Mapping[str, int]

    def readable(self, identity: Identity, access: Access) -> dict[str, int]:
        """How many documents of each reader set this identity reads with this access.

        Costs what the identity reads, not what there is.
        """
        if access.level < Level.READER and not access.has(Privilege.READ_PUBLIC):
            return {}
        names = names_of(identity, access)
        found = {name for one in names for name in self._naming.get(one, ())} | {OPEN_SET}
        found |= {name for name, all_ in self.sets.conflicts.items() if can_read_all(names, all_)}
        prefix = "" if access.level >= Level.READER else PUBLIC
        counted = {name: self.documents.get(prefix + name, 0) for name in found}
        return {name: count for name, count in counted.items() if count}

    def naming(self, name: str) -> int:
        """How many documents with readers name this one among them."""
        sets = self._naming.get(name, [])
        conflicts = (
            conflict
            for conflict, branches in self.sets.conflicts.items()
            if any(name in readers for readers in branches)
        )
        return sum(self.documents.get(one, 0) for one in (*sets, *conflicts))

    @cached_property
    def _naming(self) -> dict[str, list[str]]:
        """For each name the reader sets that list it."""
        found: dict[str, list[str]] = {}
        for name, readers in self.sets.readers.items():
            for reader in readers:
                found.setdefault(reader, []).append(name)
        return found


def read_counts(ctx: Context) -> Counts:
    """The counts as of now; costs what there are of reader sets."""
    rows = ctx.reading.view(INDEX, SETS_VIEW, ViewOptions(group=True))["rows"]
    documents = {str(row["key"][0]): int(row["value"][0]) for row in rows}
    return Counts(ctx.office.reader_sets(ctx.name).sets(), documents)
