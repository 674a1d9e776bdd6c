"""What is customised in the design of a database, and what of it clashes with this version."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plugin.runtime.designs.customising import customised, written
from plugin.runtime.designs.design import build
from plugin.runtime.designs.shipped import SHIPPED_ID
from plugin.runtime.designs.threeway import Difference, Place, touching
from plugin.runtime.designs.upgrading import Standing, design_of
from plugin.runtime.errors import NotFound

if TYPE_CHECKING:
    from plugin.runtime.office import Office


@dataclass(frozen=True)
class DesignState:
    """`release` deployed last, `newer` is the part of it that is newer than this Divan.

    `customised` are the places where the database differs from what this version ships; at those
    in `clashes` the shipped one changed as well, and nobody has decided yet.
    """

    name: str
    release: Mapping[str, str]
    newer: str | None
    customised: tuple[Difference, ...]
    clashes: Mapping[Place, str]

    def at(self, place: Place) -> tuple[Difference, ...]:
        """What differs at a place, below or above it. Raises NotFound where nothing does."""
        found = tuple(one for one in self.customised if touching(one.place, place))
        if not found:
            raise NotFound(
                "Nothing is customised at {place} in {database}.",
                place=written(place),
                database=self.name,
            )
        return found


def design_state(office: "Office", database: str) -> DesignState:
    """Raises NotFound for a database that is none of a module's."""
    return _state(office, database)[0]


def keep(office: "Office", database: str, places: Iterable[Place]) -> list[Place]:
    """Take the clashes at these places as decided: the customised ones stay. Returns them.

    Raises NotFound where there is no clash, `store.errors.Conflict` where somebody deploys at the
    same moment.
    """
    state, standing = _state(office, database)
    decided: list[Place] = []
    for place in places:
        found = [one for one in state.clashes if touching(one, place)]
        if not found:
            raise NotFound(
                "Nothing clashes at {place} in {database}.", place=written(place), database=database
            )
        decided += found
    left = {one: why for one, why in state.clashes.items() if one not in decided}
    record = replace(standing.shipped, clashes=left).to_document()
    office.server.database(database).put(record | {"_rev": standing.revs[SHIPPED_ID]})
    return sorted(set(decided))


def _state(office: "Office", database: str) -> tuple[DesignState, Standing]:
    target = office.target(database)
    new = {doc["_id"]: design_of(doc) for doc in build(target.spec.design)}
    standing = Standing.of(office.server.database(database))
    shipped = standing.shipped
    state = DesignState(
        database,
        shipped.release,
        shipped.newer_than(target.release),
        tuple(customised(standing.documents, new)),
        shipped.clashes,
    )
    return state, standing
