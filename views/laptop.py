"""The replica of this laptop, for people who use no terminal: state, sync, timetable, removal.

Every page works without a script; `progress.js` only follows a sync that runs.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import logout_user
from werkzeug.wrappers.response import Response as Answer

from plugin import (
    NEVER,
    BadInput,
    DivanError,
    NotFound,
    Replica,
    Syncing,
    Timetable,
    all_unsent,
    at_hours,
    every,
    is_replica,
    remove_replica,
    whole_at,
)
from views.language import _, current_formats
from views.laptop_words import entries, happening, replica_crumb, state_in_words, when
from views.shell import shell, user

blueprint = Blueprint("laptop", __name__, url_prefix="/laptop")

EXTENSION = "divan.syncing"
Page = Callable[..., Any]


def syncing() -> Syncing:
    """The syncs of the laptop that this application serves."""
    found: Syncing = current_app.extensions[EXTENSION]
    return found


def replica() -> Replica:
    """This laptop as a replica. Raises NotFound at an office."""
    if not is_replica(shell().office):
        raise NotFound()
    return Replica(shell().office)


def is_own() -> bool:
    """Whether this is a laptop and its own person is signed in."""
    office, who = shell().office, user()
    return is_replica(office) and who is not None and who.name == replica().laptop.person


def header_state() -> str:
    """What the top of every page says on a laptop: how old its copy is, whether it is offline."""
    return state_in_words(syncing().now, whole_at(shell().office))


def own(page: Page) -> Page:
    """For the laptop's own person alone: whoever else may sign in does not move his documents."""

    @wraps(page)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if not is_own():
            raise NotFound()
        return page(*args, **kwargs)

    return checked


@blueprint.get("")
@own
def page() -> str:
    """State by database, and what can be done."""
    return _show("", "")


def _show(problem: str, hours: str) -> str:
    here = replica()
    facts = here.status()
    return render_template(
        "laptop.html",
        title=_("Replica"),
        office=facts["office"],
        entries=entries(shell().office, facts),
        now=syncing().now,
        happening=happening(syncing().now),
        last=current_formats().time(facts["whole_at"]) if facts["whole_at"] else "",
        next=when(syncing().now.due),
        timetable=here.laptop.timetable,
        hours=hours or ", ".join(here.laptop.timetable.at),
        problem=problem,
    )


@blueprint.post("/sync")
@own
def sync() -> Answer:
    syncing().ask()
    return redirect(url_for(".page"), 303)


@blueprint.post("/cancel")
@own
def cancel() -> Answer:
    """End the sync after the step in work; what came stays."""
    syncing().cancel()
    return redirect(url_for(".page"), 303)


@blueprint.get("/progress")
@own
def progress() -> dict[str, Any]:
    """For the script: whether a sync runs, and the line that says how far it is."""
    now = syncing().now
    return {"running": now.running, "text": happening(now)}


@blueprint.post("/timetable")
@own
def timetable() -> Answer | tuple[str, int]:
    """Keep when the laptop synchronises by itself."""
    try:
        chosen = _timetable()
    except BadInput as error:
        return _show(_(error.message), request.form.get("hours", "")), 422
    replica().keep_timetable(chosen)
    syncing().look_again()
    flash(_("Saved."), "success")
    return redirect(url_for(".page"), 303)


def _timetable() -> Timetable:
    kind = request.form.get("when", "")
    if kind == "every":
        return every(request.form.get("every", ""))
    return at_hours(request.form.get("hours", "")) if kind == "at" else NEVER


@blueprint.get("/unsent.json")
@own
def unsent() -> Response:
    """What stands here alone, as a file to keep."""
    here = replica()
    edits = [edit.to_json() for edit in all_unsent(here.office.server, here.keeper)]
    text = json.dumps(edits, ensure_ascii=False, indent=2)
    answer = Response(text, mimetype="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="unsent.json"'
    return answer


@blueprint.route("/remove", methods=("GET", "POST"))
@own
def remove() -> Answer | str | tuple[str, int]:
    """Ask, show what would be lost, and empty the laptop."""
    here = replica()
    edits = all_unsent(here.office.server, here.keeper)
    problem = ""
    if request.method == "POST":
        try:
            told = remove_replica(here, discard=request.form.get("discard") == "yes")
        except DivanError as error:
            problem = _(error.message)
        else:
            logout_user()
            return render_template("laptop_removed.html", title=_("Removed"), told=told)
    html = render_template(
        "laptop_remove.html",
        title=_("Remove the replica"),
        edits=edits,
        problem=problem,
        crumbs=[replica_crumb()],
    )
    return (html, 409) if problem else html
