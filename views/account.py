"""What a person does with the own account: a new password, an end to a laptop that was lost."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers.response import Response

from plugin import SHORTEST_PASSWORD, NotFound, TooManyTries
from views.auth import begin, leave
from views.language import _, current_formats
from views.passwords import read_password
from views.shell import User, shell, user

blueprint = Blueprint("account", __name__)
Answer = Response | tuple[str, int]


@dataclass(frozen=True)
class Laptop:
    """A laptop's token as its owner sees it."""

    id: str
    label: str
    since: str
    used: str
    revoked: str


def _who() -> User:
    who = user()
    if who is None:
        raise NotFound()
    return who


@blueprint.get("/account")
def page() -> Answer:
    """The password and the laptops of the signed-in person."""
    return _show("", 200)


def _show(problem: str, status: int) -> tuple[str, int]:
    times = current_formats()
    laptops = [
        Laptop(
            one.id,
            one.label or one.kind,
            times.time(one.issued_at),
            times.time(one.used_at) if one.used_at else "",
            times.time(one.revoked_at) if one.revoked_at else "",
        )
        for one in shell().credentials.tokens(_who().name)
    ]
    html = render_template(
        "account.html",
        title=_("Password and laptops"),
        problem=problem,
        laptops=laptops,
        shortest=SHORTEST_PASSWORD,
        at_office=shell().office.kind == "office",
    )
    return html, status


@blueprint.post("/account/password")
def password() -> Answer:
    """Replace the password; other sessions of the person end."""
    who = _who()
    try:
        right = shell().credentials.check(who.name, request.form.get("old", ""))
    except TooManyTries as error:
        return _show(_(error.message), error.status)
    if not right:
        return _show(_("The old password is not right."), 422)
    new, problem = read_password(request.form)
    if problem:
        return _show(problem, 422)
    shell().credentials.set_password(who.name, new)
    begin(who.person)
    flash(_("Your password is changed."), "success")
    return redirect(url_for(".page"), 303)


@blueprint.post("/account/sign-out")
def sign_out_everywhere() -> Response:
    """End all sessions of the person, in this browser and in others; laptops go on."""
    shell().credentials.end_sessions(_who().name)
    return leave()


@blueprint.post("/account/laptop/<token>/revoke")
def revoke(token: str) -> Answer:
    """End the token of an own laptop; at its next contact the laptop empties itself."""
    credentials = shell().credentials
    if token not in {one.id for one in credentials.tokens(_who().name)}:
        raise NotFound("There is no such laptop.")
    credentials.revoke(token)
    flash(
        _("This laptop cannot sign in any more. It empties itself at its next contact."), "success"
    )
    return redirect(url_for(".page"), 303)
