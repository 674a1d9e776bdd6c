"""What a pushed document may say, by its form and by what the office holds of it.

`validate_doc_update` compares with the parent that the push names, which may be a revision of long
ago. Here the current versions are asked too (acl.md, "Replication"): what a form shut stays as it
is, steps that were taken stay, who changes an item says so in his own name, and what the office or
its modules work out is as they would work it out.
"""

import copy
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from acl import VIEW_FORM, authors_of, readers_of
from plugin.runtime.context import Context
from plugin.runtime.errors import DivanError, Invalid
from plugin.runtime.forms.form import Form, Item, is_empty, items_of
from plugin.runtime.forms.form_check import SHUT, shut_items
from plugin.runtime.forms.names import resolve
from plugin.runtime.forms.rows import by_rows
from plugin.runtime.forms.workflow import moved_by_steps
from plugin.runtime.messages import Message
from plugin.runtime.people.directory import EVERYONE
from plugin.runtime.replica.dating import text_of
from plugin.runtime.replica.versions import Versions, lines_of
from store.errors import NotFound
from store.types import Doc

STEPS = Message("The steps that were taken stay in the document.")
MOVED = Message("This changes only by a step of the workflow.")
UNNAMED = Message("Who changes a document says so in it: “{item}” changed without that.")
COMPUTED = Message("“{item}” does not follow from the other items.")
PARENTS = Message("Who reads and edits this follows from the document that it belongs to.")


class Content:
    """One document as it was pushed, beside what the office holds of it."""

    def __init__(self, context: Context, form: Form, new: Doc, versions: Versions) -> None:
        self._context = context
        self._form = form
        self._new = new
        self._versions = versions
        self._base = versions.base(new)

    def problem(self) -> Message | None:
        """Why the document cannot be taken, or None."""
        if self._versions.living and not self._follows_winner():
            found = self._shut() or self._steps()
            if found:
                return found
        return self._unnamed() or self._computed() or self._parents()

    def _follows_winner(self) -> bool:
        return self._versions.follows(self._new, self._versions.living[0])

    def _shut(self) -> Message | None:
        """An edit of an earlier version may hold what stood there then, as long as it does not say
        that it is the one in which the form shut it."""
        winner = self._versions.living[0]
        for name in shut_items(self._form, self._new, winner):
            shut = self._form.items[name].readonly_when
            kept = self._base is not None and self._base.get(name) == self._new.get(name)
            if not kept or shut is None or shut.holds(self._new):
                return Message(SHUT)
        return None

    def _steps(self) -> Message | None:
        """Who brings steps of others along that his version did not have, merged: then all are
        there, and the state is what came of them."""
        before = [text_of(line) for line in lines_of(self._base)]
        came = [line for line in lines_of(self._new) if text_of(line) not in before]
        if all(_by(line) == self._context.by for line in came):
            return None
        mine = set(map(text_of, lines_of(self._new)))
        living = self._versions.living
        if not all(text_of(line) in mine for leaf in living for line in lines_of(leaf)):
            return STEPS
        flow = self._form.workflow
        return MOVED if flow and not moved_by_steps(flow, living[0], self._new) else None

    def _unnamed(self) -> Message | None:
        """Items that are other than in any version of the office changed here: by whom, they say.
        Who brought branches together needs no name for what stood in them."""
        if self._base is None:
            return None
        before, told = self._base.get("changed") or {}, self._new.get("changed") or {}
        for name in self._own_items:
            entry = told.get(name)
            if not _is_by(entry, self._context.by) or entry == before.get(name):
                return Message(UNNAMED.text, {"item": self._label(name)})
        return None

    @cached_property
    def _own_items(self) -> list[str]:
        """Names of items, and of rows, whose values the office has in no version."""
        new = by_rows(items_of(self._new))
        base = by_rows(items_of(self._base or {}))
        other = [name for name in sorted({*new, *base}) if new.get(name) != base.get(name)]
        for one in self._versions.known() if other else ():
            known = by_rows(items_of(one))
            other = [name for name in other if new.get(name) != known.get(name)]
        return other

    def _computed(self) -> Message | None:
        """Items that nobody types: as the office has them, or as its module works them out. A new
        document may bring what an action put into it."""
        if self._base is None or self._form.name == VIEW_FORM:
            return None
        names = [name for name in self._worked_out() if name in self._own_items]
        if not names:
            return None
        try:
            made = self._by_module()
        except Invalid as error:
            return next(iter(error.problems.values()))
        except DivanError as error:
            return error.message
        for name in names:
            told, worked_out = self._new.get(name), made.get(name)
            if told != worked_out and not (is_empty(told) and is_empty(worked_out)):
                return Message(COMPUTED.text, {"item": self._label(name)})
        return None

    def _worked_out(self) -> Iterator[str]:
        """Computed items that come neither from a link nor by a step, and have a rule nowhere but
        in the code of a module. Those that a state shuts, an action asks for until then."""
        form = self._form
        flow = form.workflow
        by_steps = {name for step in flow.steps for name in step.sets} if flow else set()
        linked = {
            name for item in form.items.values() for name in (*item.brings, *item.fills)
        }  # fmt: skip
        numbered = {form.number.item} if form.number else set()
        for name, item in form.items.items():
            told = item.formula or item.default or item.workflow or item.readonly_when
            if item.computed and not told and name not in by_steps | linked | numbered:
                yield name

    def _by_module(self) -> Mapping[str, Any]:
        code = self._context.office.form_code(self._context.name, self._form.name)
        made = copy.deepcopy(dict(self._new))
        if code and code.before_save:
            documents = self._context.session.documents(self._context)
            code.before_save(documents, made, self._base)
        else:
            made |= {name: (self._base or {}).get(name) for name in self._worked_out()}
        return made

    def _parents(self) -> Message | None:
        """Readers and Authors that follow from a parent are those of one of its versions, or stay
        as they were below it."""
        form = self._form
        for kind, rules in (("readers", form.readers), ("authors", form.authors)):
            for name, rule in rules.items():
                if "@parent" in rule and not self._follows_parent(kind, name, rule):
                    return PARENTS
        return None

    def _follows_parent(self, kind: str, name: str, rule: tuple[str, ...]) -> bool:
        told, item = _names(self._new, kind, name), self._form.parent
        if any(
            _names(one, kind, name) == told and one.get(item) == self._new.get(item)
            for one in self._versions.known()
        ):
            return True
        return told in self._given(kind, rule, self._form.items.get(item))

    def _given(self, kind: str, rule: tuple[str, ...], link: Item | None) -> Iterator[set[str]]:
        """What the rule gives under each version of the parent."""
        me = self._context.identity.name
        target = self._new.get(link.name) if link else None
        parents = self._parent_versions(link, target) if link and isinstance(target, str) else []
        if not parents:
            yield set(resolve(rule, self._new, me))
        for parent in parents:
            names = authors_of(parent) if kind == "authors" else readers_of(parent)
            given = names or (frozenset() if kind == "authors" else frozenset([EVERYONE]))
            yield set(resolve(rule, self._new, me, given))

    def _parent_versions(self, link: Item, target: str) -> list[Doc]:
        try:
            inner = self._context.session.as_server().context(link.database).reading
            found = inner.open_revs(target, "all")
        except (NotFound, DivanError):
            return []
        leaves = [one["ok"] for one in found if "ok" in one]
        return list(Versions(inner, target, leaves).known())

    def _label(self, name: str) -> Message | str:
        item = self._form.item(name)
        return Message(item.label) if item and item.label else name


def unfit(context: Context, new: Doc, versions: Versions) -> str:
    """Why what the document says cannot be taken from who pushes it, or an empty text."""
    form = context.design.forms.get(str(new.get("form")))
    if form is None:
        return ""
    return str(Content(context, form, new, versions).problem() or "")


def ends_well(context: Context, ended: Doc, others: list[Doc]) -> bool:
    """Whether a branch may end beside others that live on: one of them keeps its steps, and what
    the form shut in it."""
    form = context.design.forms.get(str(ended.get("form")))
    if form is None:
        return True
    lines = set(map(text_of, lines_of(ended)))
    return any(
        lines <= set(map(text_of, lines_of(other))) and not shut_items(form, other, ended)
        for other in others
    )


def _by(line: Any) -> Any:
    return line.get("by") if isinstance(line, Mapping) else None


def _is_by(entry: Any, me: str) -> bool:
    return isinstance(entry, list) and len(entry) == 3 and entry[2] == me


def _names(doc: Mapping[str, Any], kind: str, name: str) -> set[str]:
    held = doc.get(kind)
    found = held.get(name) if isinstance(held, Mapping) else None
    return {one for one in found if isinstance(one, str)} if isinstance(found, list) else set()
