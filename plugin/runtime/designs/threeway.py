"""Three-way merging of JSON: what two sides made of one base, member by member. Pure.

Objects are merged by their members. So are lists whose members can be told apart: texts, and
objects by the first of `name`, `item`, `value`, `listing`, `title` that they have. Everything else
is taken whole. The order of a list counts, that of an object's members does not.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

Place = tuple[str, ...]
"""Names of members from the outside in; of a list's member what it is told apart by."""

ABSENT: Any = type("Absent", (), {"__repr__": lambda _: "ABSENT", "__bool__": lambda _: False})()
"""What stands where a side has no such member. JSON's null is a value."""

IDENTIFYING = ("name", "item", "value", "listing", "title")
ORDER = "#order"
LONG = 80
"""Characters from which a text is remembered by its digest alone."""


@dataclass(frozen=True)
class Merged:
    """The merge, and where both sides changed the same differently: there `mine` was kept."""

    value: Any
    clashes: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Difference:
    """A smallest part in which two values differ; ABSENT where one has none."""

    place: Place
    mine: Any
    new: Any


def merge(base: Any, mine: Any, new: Any, take: Set[Place] = frozenset()) -> Merged:
    """What `mine` and `new` made of `base`. Any of them may be ABSENT.

    What one side changed, added or removed is taken from it. Where both did, and differently,
    `mine` is kept. At the places in `take` and below, `new` counts whatever the others say. A base
    that went through `remembered` gives the same.
    """
    clashes: list[Place] = []
    value = _merged((), base, mine, new, take=take, clashes=clashes)
    return Merged(value, tuple(clashes))


def remembered(value: Any) -> Any:
    """A copy that serves as a base, with long texts replaced by their digest."""
    if isinstance(value, Mapping):
        return {key: remembered(member) for key, member in value.items()}
    if isinstance(value, list):
        return [remembered(member) for member in value]
    if isinstance(value, str) and len(value) > LONG:
        digest = hashlib.sha256(value.encode("utf-8", "surrogatepass"))
        return f"sha256:{digest.hexdigest()}"
    return value


def differences(mine: Any, new: Any, place: Place = ()) -> Iterator[Difference]:
    """Where two values differ, in the parts that `merge` merges; a list also where its order
    differs (the place then ends in ORDER)."""
    ours, theirs = _members(mine), _members(new)
    if ours is None or theirs is None or isinstance(mine, list) != isinstance(new, list):
        if not same(mine, new):
            yield Difference(place, mine, new)
        return
    for key in _woven(list(ours), list(theirs)):
        yield from differences(ours.get(key, ABSENT), theirs.get(key, ABSENT), (*place, key))
    if isinstance(mine, list):
        order, other = [k for k in ours if k in theirs], [k for k in theirs if k in ours]
        if order != other:
            yield Difference((*place, ORDER), order, other)


def same(one: Any, other: Any) -> bool:
    """Equality as JSON has it: `true` is not `1`."""
    return _text(one) == _text(other)


def under(place: Place, others: Iterable[Place]) -> bool:
    """Whether `place` is one of the others or lies below one."""
    return any(place[: len(other)] == other for other in others)


def touching(one: Place, other: Place) -> bool:
    """Whether one of the two lies within the other."""
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def _merged(
    place: Place, base: Any, mine: Any, new: Any, *, take: Set[Place], clashes: list[Place]
) -> Any:
    if place in take:
        return new
    if same(mine, new):
        return mine
    sides = [_members(side) for side in (base, mine, new)]
    old, ours, theirs = ({} if base is ABSENT else sides[0]), sides[1], sides[2]
    if old is not None and ours is not None and theirs is not None and _alike(base, mine, new):
        members = {}
        names = [list(side) for side in (old, ours, theirs)]
        for key in _woven(names[2], names[1]) if (*place, ORDER) in take else _order(*names):
            three = (side.get(key, ABSENT) for side in (old, ours, theirs))
            members[key] = _merged((*place, key), *three, take=take, clashes=clashes)
        kept = {key: value for key, value in members.items() if value is not ABSENT}
        return list(kept.values()) if isinstance(mine, list) else kept
    return _whole(place, base, mine, new, clashes)


def _whole(place: Place, base: Any, mine: Any, new: Any, clashes: list[Place]) -> Any:
    known = remembered(base)
    if same(known, remembered(mine)):
        return new
    if not same(known, remembered(new)):
        clashes.append(place)
    return mine


def _alike(base: Any, mine: Any, new: Any) -> bool:
    lists = {isinstance(side, list) for side in (base, mine, new) if side is not ABSENT}
    return len(lists) == 1


def _members(value: Any) -> dict[str, Any] | None:
    """The members by name; None for what is taken whole."""
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, list):
        return None
    names = [_name(member) for member in value]
    told = [name for name in names if name is not None]
    return dict(zip(told, value, strict=True)) if len(set(told)) == len(value) else None


def _name(member: Any) -> str | None:
    if isinstance(member, str):
        return str(remembered(member))
    if isinstance(member, Mapping):
        found = (member[key] for key in IDENTIFYING if isinstance(member.get(key), str))
        name = next(found, None)
        return None if name is None else str(remembered(name))
    return None


def _order(base: Sequence[str], mine: Sequence[str], new: Sequence[str]) -> list[str]:
    """Mine's order where mine moved something, else new's; others stand behind whom they followed
    on their own side."""
    shared = set(base) & set(mine) & set(new)
    moved = [key for key in mine if key in shared] != [key for key in base if key in shared]
    return _woven(mine, new) if moved or not base else _woven(new, mine)


def _woven(lead: Sequence[str], follow: Sequence[str]) -> list[str]:
    woven, known = list(lead), set(lead)
    for at, key in enumerate(follow):
        if key not in known:
            woven.insert(woven.index(follow[at - 1]) + 1 if at else 0, key)
            known.add(key)
    return woven


def _text(value: Any) -> str:
    return "" if value is ABSENT else json.dumps(value, sort_keys=True)
