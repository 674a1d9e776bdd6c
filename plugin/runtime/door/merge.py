"""Merging the live branches of a document item by item. Pure, and the same on every machine.

Two machines that merge the same branches write the same document, hence the same revision id, and
do not conflict again. The common ancestor's body is not needed: `changed` says in which generation
an item was changed last, `_revisions` say which generation two branches have in common.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from acl import reader_set
from plugin.runtime.door import apart
from plugin.runtime.forms.calculating import calculate, put
from plugin.runtime.forms.form import Form
from plugin.runtime.forms.form_check import shut_items
from plugin.runtime.forms.rows import BETWEEN, by_rows, is_table, joined
from store import revisions

Doc = dict[str, Any]
Branch = Mapping[str, Any]
Changed = Callable[[Branch, Branch], bool]

ATTACHMENT = "_attachments/"
ENDED_KEEPS = ("_id", "_rev", "form", "readers", "authors", "public", "updated")
_BY_RULE = {
    "created", "updated", "changed", "steps", "handovers", "former_readers", "imported",
    "provisional", apart.ITEM,
}  # fmt: skip
_ABSENT = ("absent",)


@dataclass(frozen=True)
class Merged:
    """`doc` is the merged document, to be written as the child of `doc["_rev"]`, the winner.

    `borrowed` are attachments that the winner does not have, name → revision that has them. They
    are stubs in `doc`: put their data in before writing.
    """

    doc: Doc
    borrowed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Clash:
    """`items` were changed differently on several branches: a person has to choose.

    Beside items there may be `readers`, `authors`, `public` and `_attachments/<name>`. `doc` is
    the merge of all else, with the winner's values of those items.
    """

    items: tuple[str, ...]
    doc: Doc


def merge(
    branches: Sequence[Branch], choices: Mapping[str, str] | None = None, form: Form | None = None
) -> Merged | Clash:
    """Merge live leaves of one document, given with `_rev` and `_revisions`, in any order.

    An item changed on one branch only is taken from there, and so is a row of a table, but for what
    `form` shuts on the winner: that is for a person too. `choices` names the revision whose value
    is taken where a person has decided; what `form` calculates is calculated anew. Raises
    ValueError where there is no branch.
    """
    if not branches:
        raise ValueError("there is no branch to merge")
    whole = sorted(branches, key=_rank, reverse=True)
    ordered = [by_rows(branch) for branch in whole]
    formulas = frozenset(form.formulas) if form else frozenset()
    merger = _Merger(ordered, choices or {}, _common_generations(ordered), formulas)
    doc: Doc = {"_id": ordered[0]["_id"], "_rev": ordered[0]["_rev"]}
    doc |= joined(merger.items(), _by_order(whole))
    files, borrowed = merger.attachments()
    if files:
        doc["_attachments"] = files
    doc |= _by_rule(ordered, doc)
    clashes = tuple(merger.clashes)
    if form:
        shut = [name for name in shut_items(form, doc, whole[0]) if name not in merger.choices]
        for name in shut:
            put(doc, name, whole[0].get(name))
        clashes = (*(one for one in clashes if one.partition(BETWEEN)[0] not in shut), *shut)
        calculate(form, doc)
    return Clash(clashes, doc) if clashes else Merged(doc, borrowed)


def differing(branches: Sequence[Branch]) -> tuple[str, ...]:
    """Items, rows and attachments that are not the same on all branches, named as in `Clash`."""
    branches = [by_rows(branch) for branch in branches]
    items = {key for branch in branches for key in branch if _is_item(key)}
    files = {name for branch in branches for name in _files(branch)}
    found = [item for item in items if _differ(partial(_value, item), branches)]
    found += [ATTACHMENT + name for name in files if _differ(partial(_file, name), branches)]
    return tuple(sorted(found))


def changed_apart(mine: Branch, other: Branch) -> tuple[str, ...]:
    """What `mine` changed since it parted from `other`, as far as it differs there."""
    ordered = [by_rows(mine), by_rows(other)]
    merger = _Merger(ordered, {}, _common_generations(ordered))
    return tuple(name for name in differing(ordered) if merger.changed(name, *ordered))


def overruled(branches: Sequence[Branch], names: Sequence[str], form: Form | None = None) -> Merged:
    """The merge with the winner's values of these items, whatever the others say."""
    winner = str(max(branches, key=_rank)["_rev"])
    merged = merge(branches, dict.fromkeys(names, winner), form)
    assert isinstance(merged, Merged)  # every clash was decided
    return merged


def ended(branch: Branch) -> Doc:
    """The end of a losing branch: the same on every machine, and open to no one who did not read
    it. `merged` tells it from the deletion of a document."""
    kept = {key: branch[key] for key in ENDED_KEEPS if key in branch}
    return kept | {"merged": True, "_deleted": True}


def _rank(branch: Branch) -> tuple[int, str]:
    return revisions.sort_key(branch["_rev"])


def _generation(branch: Branch) -> int:
    return revisions.generation(branch["_rev"])


def _by_order(branches: Sequence[Branch]) -> list[Branch]:
    """Whose rows stand first: of who put the rows of a table in another order last."""
    tables = {name for branch in branches for name, value in branch.items() if is_table(value)}
    return sorted(
        branches,
        key=lambda branch: max((_last(_change(branch, name)) for name in tables), default=(0, "")),
        reverse=True,
    )


def _path(branch: Branch) -> dict[int, str]:
    """The revisions of a branch by generation, as far as they are known."""
    path = branch.get("_revisions")
    if not path:
        generation, revid = _rank(branch)
        return {generation: revid}
    return {path["start"] - back: revid for back, revid in enumerate(path["ids"])}


def _common_generations(branches: Sequence[Branch]) -> dict[tuple[str, str], int]:
    """The generation of the last common ancestor of two revisions; 0 where it is not known."""
    paths = {branch["_rev"]: _path(branch) for branch in branches}
    return {
        (one, two): max((gen for gen, rev in first.items() if second.get(gen) == rev), default=0)
        for one, first in paths.items()
        for two, second in paths.items()
    }


@dataclass
class _Merger:
    """`branches` are sorted, the winner first. `clashes` fills while items are taken, but for those
    that are calculated (`formulas`)."""

    branches: Sequence[Branch]
    choices: Mapping[str, str]
    common: Mapping[tuple[str, str], int]
    formulas: frozenset[str] = frozenset()
    clashes: list[str] = field(default_factory=list)

    def items(self) -> Doc:
        """All items with their values, and `changed` for them."""
        doc: Doc = {}
        changed: Doc = {}
        names = {key for branch in self.branches for key in branch if _is_item(key)}
        for item in sorted(names - self.formulas):
            taken = self._take(item, partial(_value, item), item)
            if item in taken:
                doc[item] = taken[item]
            entry = self._entry(item, taken)
            if entry is not None:
                changed[item] = entry
        changed |= self._orders(names)
        return doc | ({"changed": changed} if changed else {})

    def _orders(self, names: Iterable[str]) -> Doc:
        """What `changed` says of the order of rows in tables."""
        tables = {name.partition(BETWEEN)[0] for name in names if BETWEEN in name}
        last = {
            table: max((_change(branch, table) for branch in self.branches), key=_last)
            for table in tables
        }
        return {table: change for table, change in last.items() if change[0]}

    def attachments(self) -> tuple[Doc, dict[str, str]]:
        """The stubs, and those of them that the winner does not have, with their revision."""
        files: Doc = {}
        borrowed: dict[str, str] = {}
        for name in sorted({name for branch in self.branches for name in _files(branch)}):
            taken = self._take(ATTACHMENT + name, partial(_file, name), None)
            if name not in _files(taken):
                continue
            winner = self.branches[0]
            if _file(name, taken) == _file(name, winner):
                taken = winner  # a stub must name the revision in which its parent got the file
            else:
                borrowed[name] = taken["_rev"]
            files[name] = _files(taken)[name]
        return files, borrowed

    def _take(self, key: str, value: Callable[[Branch], Any], item: str | None) -> Branch:
        """The branch whose value counts; the winner where they clash."""
        chosen = self.choices.get(key, self.choices.get(key.partition(BETWEEN)[0]))
        for branch in self.branches:
            if branch["_rev"] == chosen:
                return branch
        newest = [branch for branch in self.branches if not self._superseded(key, branch)]
        if newest and all(value(branch) == value(newest[0]) for branch in newest):
            return max(newest, key=lambda b: _last(_change(b, item))) if item else newest[0]
        self.clashes.append(key)
        return self.branches[0]

    def _superseded(self, key: str, branch: Branch) -> bool:
        """True if another branch changed it since their common ancestor, and this one did not."""
        return any(
            self.changed(key, other, branch) and not self.changed(key, branch, other)
            for other in self.branches
        )

    def changed(self, key: str, branch: Branch, other: Branch) -> bool:
        """Whether `branch` changed the item or attachment since it parted from `other`."""
        since = self.common[branch["_rev"], other["_rev"]]
        if not key.startswith(ATTACHMENT):
            return bool(_change(branch, key)[0] > since)
        name = key.removeprefix(ATTACHMENT)
        if name in _files(branch):
            return bool(_files(branch)[name]["revpos"] > since)
        return name in _files(other) and bool(_files(other)[name]["revpos"] <= since)

    def _entry(self, item: str, taken: Branch) -> list[Any] | None:
        """What `changed` says of the item afterwards. A value that the winner did not have is new
        in the merged revision, and must look so to branches that start from the winner."""
        change = _change(taken, item)
        winner = self.branches[0]
        if _value(item, taken) == _value(item, winner) and item not in self.choices:
            return change if change[0] else None
        updated = taken.get("updated") or {}
        at, by = change[1:] if change[0] else (updated.get("at", ""), updated.get("by", ""))
        return [_generation(winner) + 1, at, by]


def _is_item(key: str) -> bool:
    return not key.startswith("_") and key not in _BY_RULE


def _change(branch: Branch, item: str) -> list[Any]:
    """`[generation, time, person]` of the last change; generation 0 where there was none."""
    return list((branch.get("changed") or {}).get(item) or [0, "", ""])


def _last(change: list[Any]) -> tuple[int, str]:
    return change[0], _canonical(change)


def _files(branch: Branch) -> Mapping[str, Any]:
    return branch.get("_attachments") or {}


def _value(item: str, branch: Branch) -> Any:
    return branch.get(item, _ABSENT)


def _file(name: str, branch: Branch) -> Any:
    stub = _files(branch).get(name)
    return (stub["digest"], stub["content_type"]) if stub else _ABSENT


def _differ(value: Callable[[Branch], Any], branches: Sequence[Branch]) -> bool:
    return any(value(branch) != value(branches[0]) for branch in branches)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _by_rule(branches: Sequence[Branch], merged: Doc) -> Doc:
    """The bookkeeping: first creation, last update, all steps and handovers, all reader sets left
    behind."""
    found: Doc = {}
    for item, choose in (("created", min), ("updated", max)):
        stamps = [branch[item] for branch in branches if branch.get(item)]
        if stamps:
            found[item] = choose(stamps, key=lambda s: (str(s.get("at")), _canonical(s)))
    for item in ("imported", "provisional"):
        values = [branch[item] for branch in branches if item in branch]
        if values:
            found[item] = values[0]
    deletions = apart.joined(branches)
    if deletions:
        found[apart.ITEM] = deletions
    for item in ("steps", "handovers"):
        lines = _joined([branch.get(item) or [] for branch in branches])
        if lines:
            found[item] = lines
    former = _former_readers(branches, reader_set(merged))
    if former:
        found["former_readers"] = former
    return found


def _joined(histories: Sequence[Sequence[Doc]]) -> list[Doc]:
    """The lines that all share, then the others by time; lines of one second keep their order."""
    shared = 0
    for lines in zip(*histories, strict=False):
        if any(line != lines[0] for line in lines):
            break
        shared += 1
    later = {
        _canonical(line): (str(line.get("at")), place, line)
        for history in reversed(histories)
        for place, line in enumerate(history[shared:])
    }
    ordered = sorted(later.values(), key=lambda one: (one[0], one[1], _canonical(one[2])))
    return [*histories[0][:shared], *(line for _, _, line in ordered)]


def _former_readers(branches: Sequence[Branch], now: str) -> list[str]:
    """Every set that read some branch and does not read the result, so that replicas drop it."""
    sets = {name for branch in branches for name in branch.get("former_readers") or []}
    for branch in branches:
        sets.add(reader_set({k: v for k, v in branch.items() if k != "_conflicts"}))
    return sorted(sets - {now})
