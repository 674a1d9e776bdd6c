"""What saving a list would change, shown before it is saved; and two saves that met."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import render_template, url_for

from acl import Acl, Entry, Privilege
from plugin import AclMeeting, Documents, Effect, Effects
from views.acl_reading import as_fields
from views.editing import Answers
from views.language import _, current_formats
from views.navigator import crumbs
from views.people_names import entry_title
from views.renderers import name_of
from views.shell import Crumb

FEW = 6
"""So many names stand there at once; the others on demand."""
CHOICE = "choice."


@dataclass(frozen=True)
class Line:
    """One person; counts as people read them, empty for none."""

    title: str
    gains: str
    loses: str
    laptops: str


@dataclass(frozen=True)
class Group:
    """Persons for whom the same changes. `style` is that of a gain, a loss, or both."""

    before: str
    after: str
    style: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    gains: str
    loses: str
    people: tuple[Line, ...]

    @property
    def first(self) -> str:
        return _(", ").join(one.title for one in self.people[:FEW])


def changes_page(docs: Documents, effects: Effects, acl: Acl, rev: str) -> tuple[str, int]:
    """The page that asks: save, or back to editing."""
    html = render_template(
        "acl_changes.html",
        **_common(docs, _("What this changes")),
        fields=[*as_fields(acl), ("rev", rev)],
        changes=[_(text) for text in effects.changes],
        warnings=[*(_(text) for text in effects.warnings), *_role_warnings(effects)],
        groups=groups(effects.people),
        few=FEW,
        count=len(effects.people),
        laptops=effects.laptops,
        laptop_documents=effects.laptop_documents,
    )
    return html, 200


def _common(docs: Documents, title: str) -> dict[str, Any]:
    there = url_for("acl.page", database=docs.name)
    return {
        "title": title,
        "crumbs": crumbs(docs.name, Crumb(_("Access control"), there)),
        "action": url_for("acl.save", database=docs.name),
        "cancel": there,
    }


def _role_warnings(effects: Effects) -> Iterable[str]:
    for use in effects.roles:
        if use.documents:
            yield _(
                "{count} documents name the role {role} among their readers. Nobody comes to them"
                " by it any more.",
                count=current_formats().number(use.documents),
                role=use.role,
            )
        if use.forms:
            forms = _(", ").join(_(form) for form in use.forms)
            yield _(
                "These forms give documents to the role {role}: {forms}.",
                role=use.role,
                forms=forms,
            )


def groups(people: Iterable[Effect]) -> list[Group]:
    """The effects, those together for whom the same changes; who loses first."""
    found: dict[Any, list[Effect]] = {}
    for one in people:
        sides = ((a.level, a.privileges, a.roles) for a in (one.before, one.after))
        found.setdefault(tuple(sides), []).append(one)
    ordered = sorted(found.values(), key=lambda all_: (all_[0].after.level, -len(all_)))
    return [_group(all_) for all_ in ordered]


def _group(people: list[Effect]) -> Group:
    before, after = people[0].before, people[0].after
    gained = (*_labels(after.privileges - before.privileges), *sorted(after.roles - before.roles))
    lost = (*_labels(before.privileges - after.privileges), *sorted(before.roles - after.roles))
    gains = after.level > before.level or (after.level == before.level and not lost)
    loses = after.level < before.level or (after.level == before.level and not gained)
    return Group(
        before=_(before.level.title),
        after=_(after.level.title),
        style="success" if gains else "danger" if loses else "warning",
        gained=gained,
        lost=lost,
        gains=_range([one.gains for one in people]),
        loses=_range([one.loses for one in people]),
        people=tuple(map(_line, people)),
    )


def _labels(privileges: frozenset[Privilege]) -> tuple[str, ...]:
    return tuple(_(one.label) for one in Privilege if one in privileges)


def _range(counts: list[int]) -> str:
    """`12`, or `3–12` where it is not the same for all; empty for none."""
    number = current_formats().number
    low, high = min(counts), max(counts)
    return "" if not high else number(high) if low == high else f"{number(low)}–{number(high)}"


def _line(one: Effect) -> Line:
    number = current_formats().number
    title = name_of(one.name) if one.name else _("Not signed in")
    gains, loses = (number(count) if count else "" for count in (one.gains, one.loses))
    laptops = number(one.laptops) if one.laptops and one.laptop_loses else ""
    return Line(title, gains, loses, laptops)


@dataclass(frozen=True)
class Clash:
    """An entry that both changed."""

    field: str
    title: str
    mine: str
    theirs: str


def clash_page(docs: Documents, met: AclMeeting, acl: Acl, rev: str) -> tuple[str, int]:
    """Both saves, with a choice where they clash. Nothing of either is lost."""
    times = current_formats()
    html = render_template(
        "acl_clash.html",
        **_common(docs, _("Somebody else changed the list meanwhile")),
        fields=[*as_fields(acl), ("rev", rev)],
        mine=[_(text) for text in met.mine],
        theirs=[
            (name_of(one.by), times.time(one.at), [_(text) for text in one.texts])
            for one in met.theirs
        ],
        clashes=[
            Clash(CHOICE + one.name, entry_title(one.name), words(one.mine), words(one.theirs))
            for one in met.clashes
        ],
    )
    return html, 409


def choices(posted: Answers) -> dict[str, str]:
    """What was chosen on that page, by name of the entry."""
    names = [name for name in posted if name.startswith(CHOICE)]
    return {name.removeprefix(CHOICE): posted.get(name) or "" for name in names}


def words(entry: Entry | None) -> str:
    """An entry in one line; for one that was removed it says so."""
    if entry is None:
        return _("removed")
    marks = (*_labels(entry.privileges), *sorted(entry.roles))
    return _(", ").join([_(entry.level.title), _(entry.type.label), *marks])
