"""The web shell: Flask pages over the door to documents. `create_app(office)` makes it."""

from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Flask, url_for
from flask_bootstrap import Bootstrap5

from plugin import Credentials, Office, Syncing, sees_laptops
from views import (
    account,
    acl,
    acl_asking,
    auth,
    beginning,
    conflicts,
    documents,
    errors,
    exporting,
    files,
    full_access,
    handover,
    health,
    keeping,
    language,
    laptop,
    laptop_choose,
    laptop_words,
    laptops,
    listings,
    narrowing,
    navigator,
    not_sent,
    picker,
    proposals,
    replication,
    search,
    setup,
    start,
    steps,
)
from views.icons import icon
from views.language import _
from views.security import csrf, secure, session_key
from views.shell import EXTENSION, Crumb, Shell, here, session, shell, user
from views.throttle import monotonic_throttle

STATIC = Path(__file__).parent / "static"
BOOTSTRAP = "css/bootstrap.min.css"
BLUEPRINTS = (
    health.blueprint,
    setup.blueprint,
    beginning.blueprint,
    laptop.blueprint,
    laptop_choose.blueprint,
    start.blueprint,
    picker.blueprint,
    search.blueprint,
    account.blueprint,
    full_access.blueprint,
    handover.blueprint,
    acl.blueprint,
    acl_asking.blueprint,
    listings.blueprint,
    narrowing.blueprint,
    keeping.blueprint,
    exporting.blueprint,
    steps.blueprint,
    conflicts.blueprint,
    files.blueprint,
    laptops.blueprint,
    not_sent.blueprint,
    proposals.blueprint,
    documents.blueprint,
)


def create_app(
    office: Office,
    setup_link: setup.SetupLink | None = None,
    syncing: Syncing | None = None,
) -> Flask:
    """The shell of an office. With `setup_link` the first administrator can be made by it;
    `syncing` are the syncs of a laptop, which whoever serves it started."""
    app = Flask(__name__)
    app.secret_key = session_key(office.data)
    app.config.update(
        DIVAN_BASE_URL=str(office.settings.base_url),
        DIVAN_LANGUAGE=str(office.settings.language),
        DIVAN_TIME_ZONE=str(office.settings.time_zone),
        DIVAN_CLOCK=office.clock,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=int(office.settings.session_hours)),
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=30),
        BOOTSTRAP_SERVE_LOCAL=True,
    )
    credentials = Credentials(office.server, office.clock)
    app.extensions[EXTENSION] = Shell(office, credentials, monotonic_throttle())
    app.extensions[setup.EXTENSION] = setup_link or setup.SetupLink()
    app.extensions[laptop.EXTENSION] = syncing or Syncing(office)
    Bootstrap5(app)
    secure(app, office.id)
    errors.register(app)
    language.register(app)
    auth.register(app)
    navigator.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    csrf.exempt(replication.mount(app, office, credentials))
    _teach_templates(app, office)
    return app


def _teach_templates(app: Flask, office: Office) -> None:
    """Names that every template may use."""

    @cache
    def mark(name: str) -> str:
        return sha256((STATIC / name).read_bytes()).hexdigest()[:10]

    def asset(name: str) -> str:
        """A file of the shell; its address changes with its content, so that it can be kept."""
        return url_for("static", filename=name, v=mark(name))

    app.jinja_env.globals.update(
        asset=asset,
        bootstrap_css=lambda: url_for("bootstrap.static", filename=BOOTSTRAP),
        copy_refusal=navigator.copy_refusal,
        full_access_banner=full_access.banner,
        export_menu=exporting.menu,
        company=str(office.settings.company_name),
        header_state=laptop.header_state,
        here=here,
        icon=icon,
        laptop=office.kind == "laptop",
        person=user,
        person_menu=person_menu,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def person_menu() -> list[Crumb]:
    """Entries of the menu under the person's name."""
    who = user()
    access = url_for("acl_asking.everywhere", name=who.name if who else "")
    entries = [
        *([laptop_words.replica_crumb()] if laptop.is_own() else []),
        Crumb(_("Password and laptops"), url_for("account.page"), "key"),
        Crumb(_("My access"), access, "shield-lock"),
        *full_access.entries(),
    ]
    if shell().office.kind == "laptop":
        return [*entries, Crumb(_("Not sent"), url_for("not_sent.page"), "inbox")]
    entries.append(Crumb(_("Review box"), url_for("proposals.page"), "inbox"))
    if sees_laptops(session()):
        entries.append(Crumb(_("Laptops"), url_for("laptops.page"), "laptop"))
    return entries
