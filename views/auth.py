"""Signing in and out, and the one-time links by which people choose a password."""

import logging
import secrets

from flask import Blueprint, Flask, current_app, g, redirect, render_template, request, url_for
from flask import session as cookie
from flask_login import LoginManager, login_user, logout_user
from werkzeug.wrappers.response import Response

from plugin import SHORTEST_PASSWORD, NotFound, Person, TooManyTries, needs_person
from views.language import Preferences, _
from views.passwords import read_password
from views.security import local_address
from views.shell import FULL_ACCESS, User, shell, user
from views.unsent import unsent_page

blueprint = Blueprint("auth", __name__)
logins = LoginManager()

OPEN = frozenset(
    (
        "auth.sign_in",
        "auth.invite",
        "setup.page",
        "beginning.page",
        "health.health",
        "language.language",
        "language.theme",
        "static",
        "bootstrap.static",
    )
)
"""Pages for everybody. Whoever adds one here decides who may see it."""
LAPTOPS = "replication"
"""The blueprint of laptops: no session opens it, each request proves itself."""
Answer = Response | str | tuple[str, int]

log = logging.getLogger(__name__)


def load(mark: str) -> User | None:
    """The person of a session cookie; None for one who left, signed out or chose a new password
    since."""
    name, stamp, session = (*mark.split("|"), "", "")[:3]
    office = shell().office
    if not shell().credentials.holds(name, stamp, session):
        return None
    try:
        identity = office.directory.identity(name, office.signed_in_by)
    except NotFound:
        return None
    person = office.directory.person(name)
    return User(person, identity, stamp, session) if person else None


def is_open(endpoint: str | None) -> bool:
    """Whether nobody has to be signed in by a session: for what is not there at all, too."""
    return endpoint is None or endpoint in OPEN or endpoint.startswith(f"{LAPTOPS}.")


def check_person() -> Response | None:
    """Before each request: who it is, and the sign-in page for nobody."""
    if is_open(request.endpoint):
        _note(user() if request.endpoint not in ("static", "bootstrap.static") else None)
        return None
    who = user()
    _note(who)
    if who is not None:
        return None
    if (page := unsent_page()) is not None:
        return page
    target = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("auth.sign_in", next=target if target != "/" else None), 303)


def _note(who: User | None) -> None:
    if who is not None:
        g.preferences = Preferences(who.person.language, who.person.time_zone)


@blueprint.route("/sign-in", methods=("GET", "POST"))
def sign_in() -> Answer:
    """Ask for login and password; a wrong login and a wrong password get the same answer."""
    target = local_address(request.values.get("next"), url_for("start.page"))
    if request.method == "GET":
        return redirect(target, 303) if user() else _ask(target, "", "", 200)
    login = request.form.get("login", "").strip()
    keys = (f"login {login.lower()}", f"address {request.remote_addr}")
    wait = shell().throttle.wait(*keys)
    if wait > 0:
        return _ask(target, login, _(TooManyTries(int(wait) + 1).message), 429)
    try:
        person = checked(login, request.form.get("password", ""))
    except TooManyTries as error:
        return _ask(target, login, _(error.message), 429)
    if person is None:
        shell().throttle.failed(*keys)
        log.warning("Wrong password for %r from %s.", login[:80], request.remote_addr)
        return _ask(target, login, _("Login and password do not match."), 401)
    shell().throttle.succeeded(keys[0])
    begin(person)
    return redirect(target, 303)


def checked(login: str, password: str) -> Person | None:
    """The person with this login if the password is right. Takes as long where there is nobody."""
    office = shell().office
    person = office.directory.by_login(login)
    right = shell().credentials.check(person.name if person else login, password)
    return person if right else None


def begin(person: Person) -> None:
    """Start a new session for a person, whatever was in the cookie before."""
    office = shell().office
    cookie.clear()
    cookie.permanent = True
    if office.kind == "office":
        office.mail_database(person.name)
    identity = office.directory.identity(person.name, office.signed_in_by)
    stamp = shell().credentials.stamp(person.name)
    login_user(User(person, identity, stamp, secrets.token_urlsafe(16)))


def _ask(target: str, login: str, problem: str, status: int) -> tuple[str, int]:
    page = render_template(
        "sign_in.html",
        target=target,
        login=login,
        problem=problem,
        empty=needs_person(shell().office),
    )
    return page, status


@blueprint.post("/sign-out")
def sign_out() -> Response:
    who = user()
    if who is not None:
        lifetime = current_app.permanent_session_lifetime
        shell().credentials.end_session(who.name, who.session, lifetime)
    return leave()


def leave() -> Response:
    """The sign-in page for a browser whose session is over."""
    who, grant_id = user(), cookie.get(FULL_ACCESS)
    if who is not None and grant_id:
        shell().office.full_access.end(str(grant_id), who.identity)
    logout_user()
    cookie.clear()
    return redirect(url_for("auth.sign_in"), 303)


@blueprint.route("/invite/<token>", methods=("GET", "POST"))
def invite(token: str) -> Answer:
    """The page behind a one-time link: choose a password, once."""
    office = shell().office
    name = shell().credentials.invited(token)
    person = office.directory.person(name) if name else None
    if person is None or not person.active:
        raise NotFound("This link was used already, or it is too old. Please ask for a new one.")
    problem = ""
    if request.method == "POST":
        password, problem = read_password(request.form)
        if not problem:
            shell().credentials.accept(token, password)
            begin(person)
            return redirect(url_for("start.page"), 303)
    return render_template(
        "new_password.html",
        title=_("Choose a password"),
        explanation=_("{name}, welcome to Divan.", name=person.title()),
        questions=(),
        shortest=SHORTEST_PASSWORD,
        problem=problem,
        button=_("Save and sign in"),
    )


def register(app: Flask) -> None:
    """Know the signed-in person in every request."""
    app.register_blueprint(blueprint)
    logins.init_app(app)
    logins.user_loader(load)
    app.before_request(check_person)
