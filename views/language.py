"""Which language, time zone and colours a page has, and the `_()` of the templates.

The language: the person's choice on this browser, then the one in the person's document, then the
browser's, then the office's. Choices are kept in a cookie, as they are needed before signing in.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Blueprint, Flask, abort, current_app, g, redirect, request
from werkzeug.wrappers.response import Response

from plugin import LANGUAGES, Message, Text, choose_language, translate
from views.formats import Formats
from views.security import local_address, secure_request

THEMES = ("auto", "light", "dark")
NAMES = {"en": "English", "zh_Hans": "简体中文"}
TAGS = {"en": "en", "zh_Hans": "zh-Hans"}
YEAR = 365 * 24 * 3600

blueprint = Blueprint("language", __name__)


@dataclass(frozen=True)
class Preferences:
    """What the person's document says about pages; empty texts where it says nothing."""

    language: str = ""
    time_zone: str = ""


def current_language() -> str:
    """The language of the page that is being made."""
    if "language" not in g:
        g.language = _choose()
    return str(g.language)


def _choose() -> str:
    chosen = request.cookies.get("language", "")
    if chosen in LANGUAGES:
        return chosen
    known: Preferences = g.get("preferences", Preferences())
    if known.language in LANGUAGES:
        return known.language
    wanted = [tag for tag, quality in request.accept_languages if quality > 0]
    if any(tag.replace("-", "_").split("_")[0].lower() in ("en", "zh") for tag in wanted):
        return choose_language(wanted)
    return str(current_app.config["DIVAN_LANGUAGE"])


def current_formats() -> Formats:
    """How dates, numbers and money are written on the page that is being made."""
    known: Preferences = g.get("preferences", Preferences())
    return Formats(current_language(), _zone(known.time_zone))


def _zone(name: str) -> ZoneInfo:
    for candidate in (name, str(current_app.config["DIVAN_TIME_ZONE"])):
        try:
            return ZoneInfo(candidate)
        except (ZoneInfoNotFoundError, ValueError):
            continue
    return ZoneInfo("UTC")


def today() -> date:
    """The person's own day."""
    now: datetime = current_app.config["DIVAN_CLOCK"]()
    return now.astimezone(current_formats().zone).date()


def _(text: Text | Message, /, **params: Any) -> str:
    """The text in the language of the page, with its parameters filled in."""
    message = text if isinstance(text, Message) else Message(text, params)
    return translate(message, current_language())


def current_theme() -> str:
    """`auto`, `light` or `dark`."""
    theme = request.cookies.get("theme", "auto")
    return theme if theme in THEMES else "auto"


@blueprint.post("/language/<wanted>")
def language(wanted: str) -> Response:
    """Remember the language on this browser."""
    return _remember("language", wanted, LANGUAGES)


@blueprint.post("/theme/<wanted>")
def theme(wanted: str) -> Response:
    """Remember light, dark or as the system has it."""
    return _remember("theme", wanted, THEMES)


def _remember(cookie: str, wanted: str, known: tuple[str, ...]) -> Response:
    if wanted not in known:
        abort(404)
    answer = redirect(local_address(request.form.get("next"), "/"), 303)
    answer.set_cookie(
        cookie, wanted, max_age=YEAR, httponly=True, samesite="Lax", secure=secure_request()
    )
    return answer


def register(app: Flask) -> None:
    """Make language, formats and theme known to every template."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(
        _=_,
        formats=current_formats,
        language=current_language,
        language_tag=lambda: TAGS[current_language()],
        languages=NAMES,
        theme=current_theme,
        themes=THEMES,
    )
