"""Making a laptop of an office in the browser: address, login, password; then what to keep.

Served under the one-time link that `divan serve` prints for a new directory, and again for a laptop
on which nobody can sign in yet because its beginning was cut.
"""

import platform

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers.response import Response

from plugin import (
    DivanError,
    NotFound,
    Office,
    begin_laptop,
    known_office,
    needs_person,
)
from views.auth import begin
from views.language import _
from views.setup import SetupLink, setup_link
from views.shell import shell

blueprint = Blueprint("beginning", __name__)


@blueprint.route("/setup/<token>/laptop", methods=("GET", "POST"))
def page(token: str) -> Response | str | tuple[str, int]:
    """Sign in at the office once; from then on the same password opens the laptop."""
    link, office = setup_link(), shell().office
    if not link.opens(token) or not (office.kind == "new" or needs_person(office)):
        raise NotFound("This link was used already, or it is too old. Please ask for a new one.")
    url = request.form.get("url", known_office(office.data)).strip()
    login = request.form.get("login", "").strip()
    label = request.form.get("label", platform.node()).strip()
    problem = ""
    if request.method == "POST":
        try:
            begin_laptop(office.data, url, login, request.form.get("password", ""), label)
            return _signed_in(office, link, login)
        except DivanError as error:
            problem = _(error.message)
    html = render_template(
        "laptop_begin.html",
        title=_("A laptop of an office"),
        url=url,
        login=login,
        label=label,
        problem=problem,
        back=url_for("setup.page", token=token) if office.kind == "new" else "",
    )
    return (html, 422) if problem else html


def _signed_in(office: Office, link: SetupLink, login: str) -> Response:
    person = office.directory.by_login(login)
    if person is None:
        raise NotFound("There is no such person at the office.")
    begin(person)
    link.close()
    link.begun()
    return redirect(url_for("laptop_choose.page"), 303)
