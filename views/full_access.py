"""Full access of administrators: turned on with a reason, shown on every page while it is on."""

from collections.abc import Iterable
from itertools import groupby

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as cookie
from werkzeug.wrappers.response import Response

from plugin import BadInput, Logged, Message, NotFound, Refused, may_have_full_access
from views.language import _, current_formats
from views.paging import sheet
from views.renderers import name_of
from views.shell import FULL_ACCESS, Crumb, full_access, shell, user

blueprint = Blueprint("full_access", __name__)
Answer = Response | tuple[str, int]
WHAT = {
    "started": Message("Full access began"),
    "ended": Message("Full access ended"),
    "listed": Message("Listing looked at"),
    "searched": Message("Searched"),
    "opened": Message("Document opened"),
    "changed": Message("Document changed"),
    "deleted": Message("Document deleted"),
}


def offered() -> bool:
    """Whether the person may turn it on and read the log."""
    who = user()
    return who is not None and may_have_full_access(shell().office, who.identity)


def entries() -> list[Crumb]:
    """Its entry in the menu of an administrator."""
    return [Crumb(_("Full access"), url_for("full_access.page"), "unlock")] if offered() else []


@blueprint.get("/full-access")
def page() -> Answer:
    """The reason to be given, or the button that ends it; below, the log."""
    return _show("", 200)


@blueprint.post("/full-access/start")
def start() -> Answer:
    """Turn it on for this session of the browser alone."""
    who = user()
    if who is None or not offered():
        raise NotFound()
    _end()
    try:
        grant = shell().office.full_access.start(who.identity, request.form.get("reason", ""))
    except (BadInput, Refused) as error:
        return _show(_(error.message), error.status)
    cookie[FULL_ACCESS] = grant.id
    flash(_("Full access is on. What you open and change is logged."), "success")
    return redirect(url_for(".page"), 303)


@blueprint.post("/full-access/end")
def end() -> Response:
    """Turn it off."""
    if not offered():
        raise NotFound()
    _end()
    return redirect(url_for(".page"), 303)


def _end() -> None:
    who, grant_id = user(), cookie.pop(FULL_ACCESS, None)
    if who is not None and grant_id:
        shell().office.full_access.end(str(grant_id), who.identity)


def banner() -> str:
    """What every page says while it is on; empty while it is off."""
    grant = full_access()
    if grant is None:
        return ""
    until = current_formats().time(grant.until.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return _("Full access is on until {time}: {reason}", time=until, reason=grant.reason)


def _grouped(lines: Iterable[Logged]) -> list[tuple[Logged, str]]:
    """A line with all that it is about. What was looked through in the same minute is one: a page
    may show several listings."""

    def together(line: Logged) -> tuple[object, ...]:
        looked = line.what in ("listed", "searched")
        return (line.what, line.person, line.reason, line.at[:16] if looked else id(line))

    groups = [list(some) for _same, some in groupby(lines, together)]
    return [
        (some[0], ", ".join(f"{line.database} {line.about}".strip() for line in reversed(some)))
        for some in groups
    ]


def _show(problem: str, status: int) -> tuple[str, int]:
    if not offered():
        raise NotFound()
    office, times = shell().office, current_formats()
    lines = _grouped(office.full_access.log())
    shown = sheet(lines, lambda page: url_for(".page", page=page))
    html = render_template(
        "full_access.html",
        title=_("Full access"),
        problem=problem,
        reason=request.form.get("reason", ""),
        on=full_access() is not None,
        minutes=office.settings.full_access_minutes,
        lines=[
            (
                times.time(line.at),
                name_of(line.person),
                _(WHAT[line.what]),
                about,
                line.reason,
            )
            for line, about in shown.lines
        ],
        count=len(lines),
        sheet=shown,
    )
    return html, status
