"""Texts for people: English message ids with parameters, translated where they are shown.

Every layer above the store says what it has to say with a `Message`. The catalogues are gettext's
(`plugin/translations/<language>/*.po`, msgid = the English text); modules from outside the
repository add a folder of their own with `add_catalogue`.
"""

import gettext
import io
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("en", "zh_Hans")
"""Languages of the interface. The first is the language of the message ids."""

CATALOGUES = Path(__file__).resolve().parent.parent / "translations"

Text = str | Mapping[str, str]
"""A title or label: a message id, or the texts by language that a Designer wrote."""


@dataclass(frozen=True)
class Message:
    """A text with named parameters, `Message("{name} is gone", {"name": …})`.

    A parameter that is itself a Message is translated with it. `str()` is the English text.
    """

    text: Text
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return translate(self, LANGUAGES[0])


_folders: list[Path] = [CATALOGUES]
_loaded: dict[str, gettext.NullTranslations] = {}
_lock = threading.Lock()


def add_catalogue(folder: Path) -> None:
    """Take the `<language>/*.po` files below `folder` too. Doing it twice changes nothing."""
    with _lock:
        if folder not in _folders:
            _folders.append(folder)
            _loaded.clear()


def translations(language: str) -> gettext.NullTranslations:
    """The merged catalogue of a language; an unknown language gives the message ids."""
    with _lock:
        if language not in _loaded:
            _loaded[language] = _load(language)
        return _loaded[language]


def translate(message: Message | Text, language: str) -> str:
    """The text in `language`, parameters filled in. English where there is no translation."""
    if not isinstance(message, Message):
        message = Message(message)
    text = _text(message.text, language)
    if not message.params:
        return text
    params = {
        name: translate(value, language) if isinstance(value, Message) else value
        for name, value in message.params.items()
    }
    return text.format(**params)


def choose_language(wanted: list[str]) -> str:
    """The first language of the interface among `wanted` (zh-CN, en-GB …), else English."""
    for tag in wanted:
        parts = tag.replace("-", "_").split("_")
        if parts[0].lower() == "zh":
            return "zh_Hans"
        if parts[0].lower() in LANGUAGES:
            return parts[0].lower()
    return LANGUAGES[0]


def catalogue_files(language: str) -> list[Path]:
    """The catalogue files of a language, in the order they are read."""
    return [path for folder in _folders for path in sorted((folder / language).glob("*.po"))]


def _text(text: Text, language: str) -> str:
    if isinstance(text, str):
        return translations(language).gettext(text) if text else ""
    return text.get(language) or text.get(LANGUAGES[0]) or next(iter(text.values()), "")


def _load(language: str) -> gettext.NullTranslations:
    merged = Catalog(locale=Locale.parse(language))
    for path in catalogue_files(language):
        with path.open("rb") as file:
            for entry in read_po(file, locale=language):
                if entry.id and entry.string:
                    merged.add(entry.id, entry.string, context=entry.context)
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
