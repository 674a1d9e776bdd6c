"""Choosing what a laptop keeps: number and size are shown before anything is copied or let go."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers.response import Response as Answer

from plugin import SETTINGS, BadInput, DivanError, Keep, Replica, Subset, kept, sensible
from views.language import _, current_formats
from views.laptop import own, replica, syncing
from views.laptop_words import database_title, in_units, part_in_words, replica_crumb
from views.shell import shell

blueprint = Blueprint("laptop_choose", __name__)


@dataclass(frozen=True)
class Choice:
    """One database on the page. `had` is what was kept of it until now, in words."""

    name: str
    title: str
    fixed: bool
    chosen: bool
    part: Subset
    may_be_mine: bool
    documents: str
    size: str
    had: str


@blueprint.route("/laptop/choose", methods=("GET", "POST"))
@own
def page() -> Answer | str | tuple[str, int]:
    """Number and size of what is chosen; kept and copied when the person says so."""
    here = replica()
    keep, problem = here.laptop.keep, ""
    if request.method == "POST":
        try:
            keep = read_choice(request.form)
            if request.form.get("do") == "keep":
                here.choose(keep)
                syncing().ask()
                return redirect(url_for("laptop.page"), 303)
        except BadInput as error:
            problem = _(error.message)
    return _show(here, keep, problem)


def _show(here: Replica, keep: Keep | None, problem: str) -> str | tuple[str, int]:
    try:
        sizes = here.remote.sizes(sensible(keep))
    except DivanError as error:
        problem = problem or _(error.message)
        sizes = []
    choices = [_choice(here, keep, entry) for entry in sizes]
    parts = {entry["name"]: kept(sensible(keep), entry["name"]) for entry in sizes}
    wanted = [entry for entry in sizes if parts[entry["name"]] is not None]
    html = render_template(
        "laptop_choose.html",
        title=_("What this laptop keeps"),
        crumbs=[replica_crumb()],
        choices=choices,
        documents=current_formats().number(sum(entry["documents"] for entry in wanted)),
        size=in_units(sum(_size(entry, parts[entry["name"]]) for entry in wanted)),
        goes=_going(here, keep) if request.method == "POST" else [],
        problem=problem,
    )
    return (html, 422) if problem and request.method == "POST" else html


def _choice(here: Replica, keep: Keep | None, entry: dict[str, Any]) -> Choice:
    name = entry["name"]
    part = kept(sensible(keep), name)
    had = kept(here.laptop.keep, name)
    return Choice(
        name,
        database_title(shell().office, name),
        name == SETTINGS,
        part is not None,
        part or Subset(),
        entry["mine"],
        current_formats().number(entry["documents"]),
        in_units(_size(entry, part)),
        part_in_words(had) if had else "",
    )


def _size(entry: dict[str, Any], part: Subset | None) -> int:
    with_files = part is None or part.attachments
    return int(entry["bytes"] + (entry["attachments"] if with_files else 0))


def _going(here: Replica, keep: Keep | None) -> list[str]:
    """Titles of the databases of which something may leave the laptop by this choice."""
    found = []
    for entry in here.status()["databases"]:
        name = entry["name"]
        before, now = kept(here.laptop.keep, name), kept(sensible(keep), name)
        if before is not None and before != now and not (now and now.whole):
            found.append(database_title(shell().office, name))
    return found


def read_choice(form: Any) -> Keep:
    """What the form says. Raises BadInput for a number of months that is none."""
    return {name: _part(form, name) for name in form.getlist("keep")}


def _part(form: Any, name: str) -> Subset:
    months = form.get(f"{name}.months", "").strip()
    if months and not (months.isascii() and months.isdigit()):
        raise BadInput("{text} is no number of months.", text=months)
    value: dict[str, Any] = {"mine": True} if form.get(f"{name}.mine") else {}
    value |= {"months": int(months)} if months else {}
    value |= {} if form.get(f"{name}.attachments") else {"attachments": False}
    return Subset.from_json(value)
