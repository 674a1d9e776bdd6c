"""The first administrator of a new office, by the one-time link that `divan serve` prints."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers.response import Response

from plugin import (
    ADMINISTRATORS,
    SHORTEST_PASSWORD,
    BadInput,
    Credentials,
    Invalid,
    NotFound,
    Office,
    add_person,
    make_administrator,
)
from views.auth import begin
from views.language import _
from views.passwords import read_password
from views.shell import Crumb, shell

blueprint = Blueprint("setup", __name__)

EXTENSION = "divan.setup"
LOGIN = re.compile(r"[a-z][a-z0-9]*([.-][a-z0-9]+)*")


def setup_link() -> "SetupLink":
    """The link of the application that answers this request."""
    found: SetupLink = current_app.extensions[EXTENSION]
    return found


@dataclass
class SetupLink:
    """The link of this run of the server; only its hash is kept, and it works once."""

    _hash: str = ""
    _used: bool = field(default=False)
    begun: Callable[[], None] = field(default=lambda: None)
    """Called when the directory was decided to be an office or a laptop."""

    def make(self) -> str:
        """A new secret; the one before stops working."""
        token = secrets.token_urlsafe(32)
        self._hash, self._used = _hashed(token), False
        return token

    def opens(self, token: str) -> bool:
        if self._used or not self._hash:
            return False
        return hmac.compare_digest(self._hash, _hashed(token))

    def close(self) -> None:
        self._used = True


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def needs_administrator(office: Office, credentials: Credentials) -> bool:
    """True while nobody of the administrators could sign in."""
    if office.kind == "laptop":
        return False
    people = office.directory.people(fresh=True)
    return not any(
        ADMINISTRATORS in people.groups_of(name) and credentials.has_password(name)
        for name, person in people.persons.items()
        if person.active
    )


@blueprint.route("/setup/<token>", methods=("GET", "POST"))
def page(token: str) -> Response | str:
    """Name, login and password of the first administrator."""
    link = setup_link()
    if not link.opens(token) or not needs_administrator(shell().office, shell().credentials):
        raise NotFound("This link was used already, or it is too old. Please ask for a new one.")
    login = request.form.get("login", "").strip().lower()
    name = request.form.get("name", "").strip()
    problem = ""
    if request.method == "POST":
        password, problem = read_password(request.form)
        problem = problem or _check(login, name)
        if not problem and shell().office.kind != "office":
            shell().office.become_office()
        problem = problem or begin_office(shell().office, login, name, password)
        if not problem:
            link.close()
            person = shell().office.directory.by_login(login)
            if person is None:
                raise NotFound()
            begin(person)
            link.begun()
            return redirect(url_for("start.page"), 303)
    return render_template(
        "new_password.html",
        title=_("Welcome to Divan"),
        explanation=_("This office is new. Who is its first administrator?"),
        questions=(
            ("name", _("Your name"), name, ""),
            ("login", _("Login"), login, _("Lower case letters, digits, dots and hyphens only.")),
        ),
        shortest=SHORTEST_PASSWORD,
        problem=problem,
        button=_("Begin"),
        elsewhere=_elsewhere(token),
    )


def _elsewhere(token: str) -> Crumb | None:
    """The way to a laptop, as long as nothing is decided."""
    if shell().office.kind != "new":
        return None
    return Crumb(_("No, this is a laptop of an office"), url_for("beginning.page", token=token))


def _check(login: str, name: str) -> str:
    if not name:
        return _("Please give your name.")
    if not LOGIN.fullmatch(login):
        return _("Lower case letters, digits, dots and hyphens only.")
    return ""


def begin_office(office: Office, login: str, name: str, password: str) -> str:
    """Make the person, the membership and the password; returns what is wrong, empty for nothing.

    Can be repeated after a crash: what is there already is left as it is.
    """
    chinese = any("\u4e00" <= character <= "\u9fff" for character in name)
    try:
        if office.directory.person(login) is None:
            items = {"name_latin": name} | ({"name_zh": name} if chinese else {})
            add_person(office, login, items)
        make_administrator(office, login)
        shell().credentials.set_password(login, password)
    except Invalid as error:
        return " ".join(f"{item}: {_(text)}" for item, text in error.problems.items())
    except BadInput as error:
        return _(error.message)
    return ""
