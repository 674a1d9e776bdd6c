"""A database's design under a new version of Divan: what a Designer customised is kept. Pure.

`base` is what was shipped last into the database, `mine` what stands in it, `new` what is shipped
now: each the content of the design documents by id.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from plugin.runtime.designs.design import (
    ANCHORS_VIEW,
    CONFLICTS_VIEW,
    DESIGN_ID,
    INDEX_ID,
    SAVED_VIEW,
    SETS_VIEW,
)
from plugin.runtime.designs.sense import made_sensible
from plugin.runtime.designs.threeway import (
    ABSENT,
    Difference,
    Place,
    differences,
    merge,
    remembered,
    same,
    under,
)

Doc = dict[str, Any]
Documents = Mapping[str, Doc]

DOCUMENTS = (DESIGN_ID, INDEX_ID)


@dataclass(frozen=True)
class Upgrade:
    """What is to stand in the database, and what somebody should know about it.

    `clashes` are the places that a Designer and the new version changed differently; the
    Designer's stands. `refused` are forms and listings whose merge would make no sense, with the
    reason: there stands what stood before. `put_back` are parts of the program that were changed
    in the database; they are as shipped again.
    """

    documents: Documents
    clashes: tuple[Place, ...] = ()
    refused: Mapping[Place, str] = field(default_factory=dict)
    put_back: tuple[Place, ...] = ()


def upgrade(
    base: Documents, mine: Documents, new: Documents, take: Iterable[Place] = ()
) -> Upgrade:
    """The new design with the Designer's changes. At the places in `take` the shipped one counts.

    Where nothing is known of a base, whatever differs counts as the Designer's.
    """
    taken, program = frozenset(take), _program(new)
    merged: dict[str, Doc] = {}
    clashes: list[Place] = []
    for docid in DOCUMENTS:
        old, ours, theirs = (side.get(docid, ABSENT) for side in (base, mine, new))
        one = merge(old, ours, theirs, taken | program)
        merged[docid] = one.value
        clashes += one.clashes
    put_back = [
        place
        for place in sorted(program)
        if base and not same(remembered(_at(mine, place)), _at(base, place))
    ]
    documents, refused = made_sensible(merged, mine, new)
    told = [place for place in clashes if not under(place, refused)]
    return Upgrade(documents, (*told, *refused), refused, tuple(put_back))


def customised(mine: Documents, new: Documents) -> Iterator[Difference]:
    """Where the design in a database differs from the one that is shipped, but for the program."""
    program = _program(new)
    for docid in DOCUMENTS:
        for one in differences(mine.get(docid, ABSENT), new.get(docid, ABSENT)):
            if not under(one.place, program):
                yield one


def still(clashes: Iterable[Place], mine: Documents, new: Documents) -> list[Place]:
    """Those clashes at which the database still differs from what is shipped."""
    left = [one.place for one in customised(mine, new)]
    return [
        place for place in clashes if any(one[: len(place)] == place[: len(one)] for one in left)
    ]


def written(place: Place) -> str:
    """A place as people type it: `forms/customer/items/name`. Escaped as in JSON Pointer."""
    return "/".join(part.replace("~", "~0").replace("/", "~1") for part in place)


def read(text: str) -> Place:
    """The place that `written` wrote."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/"))


def _program(new: Documents) -> frozenset[Place]:
    """What is not a Designer's: the checks of access and forms, which must decide as this version's
    Python does, and the views that the server itself needs."""
    divan, index = new[DESIGN_ID], new[INDEX_ID]
    lib = [("lib", name) for name in divan["lib"]]
    views = [("views", "lib", name) for name in index["views"]["lib"]]
    own = [("views", name) for name in (SETS_VIEW, CONFLICTS_VIEW, ANCHORS_VIEW, SAVED_VIEW)]
    whole = [("language",), ("validate_doc_update",), ("anchors",)]
    return frozenset([*whole, *lib, *views, *own])


def _at(documents: Documents, place: Place) -> Any:
    value: Any = documents.get(INDEX_ID if place[0] == "views" else DESIGN_ID, {})
    for name in place:
        value = value.get(name, ABSENT) if isinstance(value, Mapping) else ABSENT
    return value
