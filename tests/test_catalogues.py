"""Every text a person may see stands in the catalogues, once, with its parameters."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from plugin.runtime.messages import CATALOGUES, LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
TEXT_CALLS = {"Message", "_", "BadInput", "OfficeError", "Refused", "NotFound", "DivanError"}
DESIGN_TEXTS = {"title", "plural", "label", "help"}
TEMPLATE_TEXT = re.compile(r"""\b_\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")


def catalogue(language: str) -> dict[str, list[tuple[str, str]]]:
    """Message id → (file name, translation) of all files of a language."""
    entries: dict[str, list[tuple[str, str]]] = {}
    for path in sorted((CATALOGUES / language).glob("*.po")):
        with path.open("rb") as file:
            for entry in read_po(file, locale=language):
                if entry.id:
                    entries.setdefault(str(entry.id), []).append((path.name, str(entry.string)))
    return entries


def design_texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from design_texts(inner)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in DESIGN_TEXTS and isinstance(inner, str):
                yield inner
            elif not (key in DESIGN_TEXTS and has_languages(inner)):
                yield from design_texts(inner)


def has_languages(text: Any) -> bool:
    """Whether a Designer wrote the text in each language himself."""
    return isinstance(text, dict) and bool(set(text) & set(LANGUAGES))


def python_texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        name = (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        )
        first = node.args[0]
        if name in TEXT_CALLS and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def used_texts() -> dict[str, str]:
    """Message id → the file that shows it."""
    texts: dict[str, str] = {}
    for path in (ROOT / "design_docs").rglob("*.json"):
        for text in design_texts(json.loads(path.read_text(encoding="utf-8"))):
            texts[text] = path.relative_to(ROOT).as_posix()
    for folder in ("acl", "plugin", "mailbridge", "views"):
        for path in (ROOT / folder).rglob("*.py"):
            if "commands" in path.parts or path.name == "command.py":
                continue  # the command line speaks English only
            for text in python_texts(path):
                texts[text] = path.relative_to(ROOT).as_posix()
    for folder in ("views/templates", "mailbridge/templates"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file():
                for match in TEMPLATE_TEXT.finditer(path.read_text(encoding="utf-8")):
                    texts[match.group(1) or match.group(2)] = path.relative_to(ROOT).as_posix()
    return {text: where for text, where in texts.items() if text.strip()}


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_text_is_translated(language: str) -> None:
    known = catalogue(language)
    missing = {
        text: where for text, where in used_texts().items() if not known.get(text, [("", "")])[0][1]
    }
    assert not missing, "\n".join(f"{where}: {text}" for text, where in sorted(missing.items()))


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_a_text_has_one_translation(language: str) -> None:
    for text, entries in catalogue(language).items():
        assert len({translation for _, translation in entries}) == 1, f"{text}: {entries}"


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_translations_keep_the_parameters(language: str) -> None:
    names = re.compile(r"\{(\w*)[^}]*\}")
    for text, entries in catalogue(language).items():
        for _, translation in entries:
            assert set(names.findall(text)) == set(names.findall(translation)), text


def test_chinese_texts_have_chinese_punctuation() -> None:
    around = re.compile(r"[\u4e00-\u9fff”][,;!?]|[\u4e00-\u9fff}”][,;:!?] ?[\u4e00-\u9fff“{]")
    addresses = re.compile(r"\w+://\S+")
    wrong = [
        translation
        for entries in catalogue("zh_Hans").values()
        for _, translation in entries
        if around.search(addresses.sub("", translation))
    ]
    assert not wrong, "\n".join(wrong)
