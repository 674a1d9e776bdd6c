"""Puts no form or listing into use that makes no sense. Pure; used on merged designs.

For each: the merge, else what stood in the database, else what is shipped. What stands already and
made no less sense before is left alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from plugin.runtime.designs.design import DESIGN_ID, INDEX_ID, REQUIRED
from plugin.runtime.designs.threeway import ABSENT, Place, same
from plugin.runtime.errors import OfficeError
from plugin.runtime.forms.form import Form
from plugin.runtime.forms.form_reading import read_form
from plugin.runtime.listings.listing_spec import read_listing

Doc = dict[str, Any]
Documents = Mapping[str, Doc]
Members = Mapping[str, Any]
Check = Callable[[str, Any], str | None]
"""Gives what is wrong with a form or listing, None for nothing."""

NONSENSE = (AttributeError, KeyError, TypeError, ValueError, OfficeError)
"""What reading something may raise that a program of somebody's wrote."""


def made_sensible(
    merged: Documents, mine: Documents, new: Documents
) -> tuple[Documents, dict[Place, str]]:
    """The merged documents with nonsense replaced, and where that was, with the reason."""
    divan, views = dict(merged[DESIGN_ID]), _views(merged)
    standing, shipped = _Side.of("forms", mine), _Side.of("forms", new)
    refused: dict[Place, str] = {}
    divan["forms"] = _chosen("forms", divan, standing, shipped, _form_problem, refused)
    views = _views_kept(divan, views, _views(mine))
    standing, shipped = _Side.of("listings", mine), _Side.of("listings", new)
    check = _listing_check(divan["forms"], views)
    divan["listings"] = _chosen("listings", divan, standing, shipped, check, refused)
    return {DESIGN_ID: divan, INDEX_ID: {**merged[INDEX_ID], "views": views}}, refused


@dataclass(frozen=True)
class _Side:
    """Forms or listings of one side, and what is wrong with them there."""

    members: Members
    check: Check

    @classmethod
    def of(cls, kind: str, documents: Documents) -> "_Side":
        divan = documents.get(DESIGN_ID, {})
        if kind == "forms":
            return cls(_object(divan, kind), _form_problem)
        return cls(_object(divan, kind), _listing_check(_object(divan, "forms"), _views(documents)))

    def allows(self, name: str, data: Any) -> bool:
        """Whether the same stands here and made no more sense here."""
        there = self.members.get(name, ABSENT)
        return there is not ABSENT and same(there, data) and self.check(name, data) is not None


def _chosen(
    kind: str,
    divan: Doc,
    standing: _Side,
    shipped: _Side,
    check: Check,
    refused: dict[Place, str],
) -> Doc:
    """The forms or listings of `divan`, with those replaced that make no sense."""
    chosen: Doc = {}
    for name, data in _object(divan, kind).items():
        why = check(name, data)
        if why is not None and kind == "listings":
            # It does not shut the database, so what was so before is nobody's business here.
            why = None if standing.allows(name, data) or shipped.allows(name, data) else why
        value = data if why is None else _instead(name, standing.members, shipped.members, check)
        if value is ABSENT and kind == "listings":
            value = standing.members.get(name, ABSENT)
        if value is not ABSENT:
            chosen[name] = value
        if why is not None:
            refused[(kind, name)] = why
    return chosen


def _instead(name: str, standing: Members, shipped: Members, check: Check) -> Any:
    if name not in standing:
        return ABSENT  # new, and of no use here
    sides = (side[name] for side in (standing, shipped) if name in side)
    return next((value for value in sides if check(name, value) is None), ABSENT)


def _form_problem(name: str, data: Any) -> str | None:
    try:
        read_form(name, data)
    except NONSENSE as error:
        return str(error)
    return None


def _listing_check(forms: Members, views: Members) -> Check:
    read = {name: read_form(name, data) for name, data in forms.items() if _readable(name, data)}

    def problem(name: str, data: Any) -> str | None:
        try:
            return _gone(name, data, read, views)
        except NONSENSE as error:
            return str(error)

    return problem


def _readable(name: str, data: Any) -> bool:
    return _form_problem(name, data) is None


def _gone(name: str, data: Any, forms: Mapping[str, Form], views: Members) -> str | None:
    spec = read_listing(name, data)
    form = forms.get(spec.form)
    if form is None:
        return f"there is no form {spec.form}"
    if spec.view not in views:
        return f"there is no view {spec.view}"
    columns = [column.item for column in (*spec.categories, *spec.columns)]
    named = (*columns, *spec.key, *((spec.mine,) if spec.mine else ()))
    gone = [item for item in named if item not in form.items]
    return f"the form {form.name} has no item {gone[0]}" if gone else None


def _views_kept(divan: Doc, views: Members, standing: Members) -> dict[str, Any]:
    """The views, with those that a Designer's listing reads though they are no longer shipped, and
    with all library files that they require."""
    kept = dict(views)
    for listing in _object(divan, "listings").values():
        view = listing.get("view") if isinstance(listing, Mapping) else None
        if isinstance(view, str) and view not in kept and view in standing:
            kept[view] = standing[view]
    lib, have = _object(divan, "lib"), dict(_object(kept, "lib"))
    waiting = [str(_object(kept, name).get("map", "")) for name in kept if name != "lib"]
    while waiting:
        for name in REQUIRED.findall(waiting.pop()):
            if name in lib and name not in have:
                have[name] = lib[name]
                waiting.append(str(lib[name]))
    return {**kept, "lib": have}


def _views(documents: Documents) -> Members:
    return _object(documents.get(INDEX_ID, {}), "views")


def _object(doc: Mapping[str, Any], name: str) -> Members:
    value = doc.get(name)
    return value if isinstance(value, Mapping) else {}
