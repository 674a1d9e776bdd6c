"""The dialog of an access control list: its entries, roles and settings; saved after a look at
what it changes."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers.response import Response

from acl import Acl
from plugin import SESSIONS_ID, Documents, Invalid, NotFound, Refused, SaveConflict
from views.acl_changes import changes_page, choices, clash_page
from views.acl_dialog import dialog, filter_options, level_options, tabs, type_options
from views.acl_reading import Typed, read_acl
from views.language import _
from views.navigator import crumbs, info
from views.people_names import entry_type, name_options, stable_id
from views.renderers import address
from views.shell import documents, shell

blueprint = Blueprint("acl", __name__)
Answer = Response | tuple[str, int]


@blueprint.get("/<database>/acl")
def page(database: str) -> Answer:
    """The list as it stands."""
    docs = documents(database)
    info(database)
    return _dialog(docs, Typed(docs.acl()), str(docs.acl_document()["_rev"]))


@blueprint.post("/<database>/acl")
def save(database: str) -> Answer:
    """What a button of the dialog says in `do`: `check` what saving would change, `save`, `merge`
    with what somebody else saved meanwhile; anything else shows the dialog again as it was typed.
    """
    docs = documents(database)
    info(database)
    typed = read_acl(request.form, stable_id, entry_type)
    act, rev = request.form.get("do", ""), request.form.get("rev", "")
    if act not in ("check", "save", "merge"):
        return _dialog(docs, typed, rev)
    try:
        if act == "save":
            docs.save_acl(typed.acl, rev)
            flash(_("Saved. It is in force at once."), "success")
            return redirect(_after(database), 303)
        if act == "merge":
            return _merged(docs, typed, rev)
        return _checked(docs, typed.acl, rev)
    except SaveConflict:
        return clash_page(docs, docs.meet_acl(typed.acl, rev), typed.acl, rev)
    except Invalid as error:
        problems = [_(text) for text in error.problems.values()]
        return _dialog(docs, typed, rev, error.status, problems)
    except Refused as error:
        return _dialog(docs, typed, rev, error.status, [_(error.message)])


def _checked(docs: Documents, acl: Acl, rev: str) -> Answer:
    """What saving would change. Raises SaveConflict where somebody else saved meanwhile."""
    stored = docs.acl_document()
    if rev and stored["_rev"] != rev:
        raise SaveConflict({}, stored, ())
    return changes_page(docs, docs.acl_effects(acl), acl, str(stored["_rev"]))


def _merged(docs: Documents, typed: Typed, rev: str) -> Answer:
    """The changes of both in one list, and what saving that would change."""
    met = docs.meet_acl(typed.acl, rev, choices(request.form))
    if met.clashes:
        return clash_page(docs, met, typed.acl, rev)
    try:
        return _checked(docs, met.acl, met.rev)
    except Invalid as error:
        problems = [_(text) for text in error.problems.values()]
        return _dialog(docs, Typed(met.acl), met.rev, error.status, problems)


def _after(database: str) -> str:
    """Back to the list, or to the start page for one who just shut the door behind himself."""
    try:
        documents(database)
        info(database)
    except NotFound:
        return url_for("start.page")
    return url_for(".page", database=database)


def _dialog(
    docs: Documents, typed: Typed, rev: str, status: int = 200, problems: list[str] | None = None
) -> Answer:
    posted = request.form
    shown = posted.get(f"{posted.get('shown')}.name", "") if "shown" in posted else ""
    warnings = docs.acl_warnings(typed.acl)
    html = render_template(
        "acl.html",
        title=_("Access control"),
        crumbs=crumbs(docs.name),
        tabs=tabs(docs.name),
        action=url_for(".save", database=docs.name),
        cancel=url_for("navigator.page", database=docs.name),
        rev=rev,
        can_manage=bool(docs.may("manage")),
        dialog=dialog(
            typed.acl,
            selected=typed.added or stable_id(shown),
            filter_=posted.get("filter", ""),
            tab=posted.get("tab", ""),
            warnings={name: _(text) for name, text in warnings.items()},
        ),
        types=type_options(),
        levels=level_options(),
        filters=filter_options(),
        names=name_options(entries=True),
        problems=problems or [],
        sessions=_sessions(),
        sessions_url=_sessions_url(),
    )
    return html, status


def _sessions() -> list[tuple[str, str]]:
    """Kind of session and the highest level that it may have."""
    titles = {
        "password": _("Signed in by password"),
        "laptop": _("On a laptop"),
        "portal": _("Person from outside"),
    }
    levels = shell().office.directory.people(fresh=True).highest_levels()
    return [(titles[kind.value], _(level.title)) for kind, level in levels.items()]


def _sessions_url() -> str:
    """Where these are changed; empty for who does not see it."""
    try:
        settings = documents("settings")
        found = settings.open(SESSIONS_ID)
    except NotFound:
        return ""
    return address("settings", found.id)
