"""What a handover does to one document, and what taking it back does. Pure but for the writing.

Each handover leaves a line in the document (`handovers`): which one, from whom to whom, by whom and
when, and what stood in the items that it changed. So a run that was cut finds what it did, and
taking back finds whether anybody changed these items since.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from plugin.runtime.context import Context
from plugin.runtime.door.document import Raw
from plugin.runtime.door.many import Results, rewrite_many
from plugin.runtime.door.saving import applied
from plugin.runtime.errors import Refused
from plugin.runtime.module import Holding

ITEM = "handovers"


class Overtaken(Refused):
    """Somebody changed meanwhile whose document it is."""

    def __init__(self) -> None:
        super().__init__("Somebody else changed meanwhile whose document this is.")


@dataclass(frozen=True)
class Handing:
    """One handover: its document's id, the former owner and the new one."""

    id: str
    former: str
    new: str

    def back(self) -> "Handing":
        """The other way round."""
        return replace(self, former=self.new, new=self.former)


def holders(holding: Holding, doc: Mapping[str, Any]) -> list[str]:
    """Whose document it is, in the order of the items that say so; nobody's where it is not of
    this kind or no longer in hand."""
    if doc.get("form") != holding.form or (holding.when and not holding.when.holds(doc)):
        return []
    found = [doc.get(item) for item in holding.items]
    return list(dict.fromkeys(one for one in found if isinstance(one, str) and one))


def hand_over(ctx: Context, ids: Iterable[str], holding: Holding, act: Handing) -> Results:
    """Make the documents the new owner's, under the name of the context's person."""
    return rewrite_many(ctx, ids, lambda raw: given(raw, holding, act), sealed)


def take_back(ctx: Context, ids: Iterable[str], act: Handing) -> Results:
    """Make documents the former owner's again, as far as the handover moved them and nobody
    changed since what it changed."""
    return rewrite_many(ctx, ids, lambda raw: returned(raw, act), sealed)


def given(raw: Raw, holding: Holding, act: Handing) -> Raw:
    """The document with the new owner; as it is where this handover moved it already.

    Raises Overtaken where it is not the former owner's any more.
    """
    if moved_by(raw, act):
        return applied(raw, {})
    if act.former not in holders(holding, raw):
        raise Overtaken
    concerned = [item for item in (*holding.items, *holding.also) if _names(raw, item, act.former)]
    before = {item: raw[item] for item in concerned}
    after = {item: _replaced(value, act) for item, value in before.items()}
    return _noted(raw, after, act, {"before": before})


def returned(raw: Raw, act: Handing) -> Raw:
    """The document as it was before this handover; as it is where that was done already.

    Raises Overtaken where one of the items was changed since, or another handover came after.
    """
    line = last_line(raw)
    if line.get("handover") != act.id:
        raise Overtaken
    if line.get("undone"):
        return applied(raw, {})
    if any(_changed_since(raw, line, item, act) for item in line["before"]):
        raise Overtaken
    return _noted(raw, line["before"], act.back(), {"undone": True})


def moved_by(raw: Mapping[str, Any], act: Handing) -> bool:
    """Whether this handover moved the document, be it taken back or not."""
    return any(line.get("handover") == act.id for line in raw.get(ITEM) or ())


def last_line(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the last handover left in the document; nothing where there was none."""
    lines: list[Mapping[str, Any]] = raw.get(ITEM) or [{}]
    return lines[-1]


def sealed(new: Raw) -> None:
    """Give a new line the time and name under which its items were changed."""
    if new.get(ITEM) and "at" not in new[ITEM][-1]:
        new[ITEM][-1] |= new["updated"]


def _noted(raw: Raw, items: Mapping[str, Any], act: Handing, more: Mapping[str, Any]) -> Raw:
    line = {"handover": act.id, "from": act.former, "to": act.new, **more}
    return {**applied(raw, items), ITEM: [*(raw.get(ITEM) or ()), line]}


def _changed_since(raw: Raw, line: Mapping[str, Any], item: str, act: Handing) -> bool:
    """Whether somebody gave the item another value than the handover did, or the same anew."""
    change = (raw.get("changed") or {}).get(item) or [0, "", ""]
    return bool(
        raw.get(item) != _replaced(line["before"][item], act)
        or change[1:] != [line["at"], line["by"]]
    )


def _names(raw: Mapping[str, Any], item: str, name: str) -> bool:
    value = raw.get(item)
    return name in value if isinstance(value, list) else value == name


def _replaced(value: Any, act: Handing) -> Any:
    if not isinstance(value, list):
        return act.new
    return list(dict.fromkeys(act.new if one == act.former else one for one in value))
