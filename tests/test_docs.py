"""What the guides say is so: commands, links, settings, hooks, names of buttons."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from plugin import Agent, DatabaseSpec, FormCode, Holding, Module, Scheduled
from plugin.runtime.cli import DONE, run
from plugin.runtime.forms.form import KINDS
from plugin.runtime.forms.form_reading import (
    ACTION_KEYS,
    FORM_KEYS,
    ITEM_KEYS,
    RESPONSE_KEYS,
    STEP_KEYS,
)
from plugin.runtime.listings.listing_spec import KEYS as LISTING_KEYS
from plugin.runtime.messages import CATALOGUES
from plugin.runtime.settings import SETTINGS, Setting

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
GUIDES = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`(divan [^`\n]+)`")
OPTIONAL = re.compile(r"\[(--[^\]]+)\]")
LINK = re.compile(r"(?<!`)\[[^\]\n]*\]\(([^)\s]+)\)")
BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
PACKAGES = ("store", "acl", "plugin", "design_docs", "mailbridge", "views", "tests", "docs")
FIELDS = [
    pytest.param(field.name, kind.__name__, id=f"{kind.__name__}.{field.name}")
    for kind in (Module, DatabaseSpec, FormCode, Agent, Scheduled, Holding)
    for field in fields(kind)
]


def commands() -> Iterator[tuple[str, str]]:
    """(guide, command line) of every `divan …` in a block of its own or within a sentence."""
    for guide in GUIDES:
        text = guide.read_text(encoding="utf-8")
        lines = [line for block in FENCE.findall(text) for line in block.splitlines()]
        told = [line for line in lines if re.match(r"divan\s", line)]
        for line in dict.fromkeys(told + INLINE.findall(FENCE.sub("", text))):
            yield guide.name, line


def markdown_files() -> list[Path]:
    found = [path for folder in PACKAGES for path in (ROOT / folder).rglob("*.md")]
    return sorted([*ROOT.glob("*.md"), *found])


def prose(path: Path) -> str:
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    plain = (re.sub(r"[^\w\- ]", "", title.lower()) for title in HEADING.findall(prose(path)))
    return {title.strip().replace(" ", "-") for title in plain}


def section(path: Path, title: str) -> str:
    """The text below a heading up to the next one of the same depth, without examples."""
    found = re.search(
        rf"^(#+) {re.escape(title)}\n(.*?)(?=^\1 |\Z)", prose(path), re.DOTALL | re.MULTILINE
    )
    assert found, f"{path.name} has no heading {title!r}"
    return found[2]


@pytest.mark.parametrize(("guide", "line"), list(commands()))
def test_every_command_exists_with_its_options(
    guide: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = shlex.split(OPTIONAL.sub(r"\1", line), comments=True)[1:]
    # All options are read before --help prints its page, so an unknown one is told of.
    assert run([*arguments, "--help"]) == DONE, f"{guide}: {line}: {capsys.readouterr().err}"


def test_commands_are_found() -> None:
    assert len(list(commands())) > 30


@pytest.mark.parametrize("path", markdown_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in LINK.findall(prose(path)):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), f"{path.name}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{path.name}: {link}"


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_explained(setting: Setting) -> None:
    default = f"`{setting.default}`" if setting.default != "" else "empty"
    rows = section(DOCS / "administration.md", "Settings").splitlines()
    row = next((row for row in rows if row.startswith(f"| `{setting.name}` |")), None)
    assert row, f"{setting.name} is not in the table"
    assert row.split(" | ")[1] == default


def test_the_table_of_settings_holds_no_other() -> None:
    told = re.findall(r"^\| `(\w+)` \|", section(DOCS / "administration.md", "Settings"), re.M)
    assert told == [setting.name for setting in SETTINGS]


@pytest.mark.parametrize(("field", "kind"), FIELDS)
def test_every_hook_of_a_module_is_explained(field: str, kind: str) -> None:
    text = section(DOCS / "modules.md", kind)
    assert re.search(rf"`{field}[`(]", text), f"{kind}.{field}"


@pytest.mark.parametrize(
    "key",
    sorted(
        {*KINDS, *FORM_KEYS, *ITEM_KEYS, *STEP_KEYS, *ACTION_KEYS, *RESPONSE_KEYS, *LISTING_KEYS}
    ),
)
def test_every_key_of_a_design_is_named(key: str) -> None:
    assert f"`{key}`" in section(DOCS / "modules.md", "The design folder")


@pytest.mark.parametrize(
    ("guide", "language"),
    [("staff.md", "en"), ("staff.zh.md", "zh_Hans"), ("laptop.zh.md", "zh_Hans")],
)
def test_the_staff_guide_names_buttons_as_they_are(guide: str, language: str) -> None:
    known = interface_texts(language)
    text = re.sub(r"`[^`]*`", "", prose(DOCS / guide))
    told = [part.strip() for bold in BOLD.findall(text) for part in bold.split("→")]
    names = [part.rstrip(".。") for part in told if part[-1] not in ":："]
    unknown = [name for name in names if re.sub("^(New |新建)", "", name) not in known]
    assert names
    assert not unknown


def interface_texts(language: str) -> set[str]:
    """Everything the pages may say in a language."""
    found: set[str] = set()
    for path in (CATALOGUES / "zh_Hans").glob("*.po"):
        with path.open("rb") as file:
            for entry in read_po(file, locale="zh_Hans"):
                found.add(str(entry.id if language == "en" else entry.string))
    return found
