"""The mapping file: which column of which CSV file becomes which item of which form.

TOML, described in docs/import.md. Reading it checks everything that can be known without the
data, so that a wrong mapping stops before the first document is written.
"""

import string
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plugin.runtime.errors import BadInput

KINDS = ("text", "number", "integer", "money", "date", "person", "group", "link", "names")
PICKS = ("first", "most", "all")


@dataclass(frozen=True)
class Lookup:
    """Values from another file: rows whose column `where` equals this row's `equals`.

    `pick` is first (in the file), most (the commonest) or all (each once). `then` looks up what was
    found in a further file; its `equals` is unused.
    """

    file: str
    where: str
    equals: str
    column: str
    pick: str
    then: "Lookup | None" = None

    def needed(self) -> Iterator[tuple[str, str]]:
        """(file, column) of all that is read."""
        yield self.file, self.where
        yield self.file, self.column
        if self.then:
            yield from self.then.needed()


@dataclass(frozen=True)
class ItemRule:
    """How one item gets its value. Exactly one of template, value and lookup is set.

    `when` names values that columns of the row must have; otherwise the item stays empty.
    """

    name: str
    kind: str = "text"
    template: str | None = None
    value: Any = None
    lookup: Lookup | None = None
    pattern: str = "yyyy-mm-dd"
    currency: str = ""
    to: str = ""
    replace: Mapping[str, str] = field(default_factory=dict)
    empty: Any = None
    required: bool = False
    collect: bool = False
    when: Mapping[str, str] = field(default_factory=dict)

    def columns(self) -> set[str]:
        """Columns of the file that the rule reads."""
        names = template_columns(self.template or "") | set(self.when)
        return names | ({self.lookup.equals} if self.lookup else set())


@dataclass(frozen=True)
class DocumentRule:
    """One document for each different value of `key` in a file."""

    database: str
    form: str
    key: str
    items: tuple[ItemRule, ...]


@dataclass(frozen=True)
class FileRule:
    path: str
    columns: tuple[str, ...]
    replace: Mapping[str, Mapping[str, str]]
    documents: tuple[DocumentRule, ...]


@dataclass(frozen=True)
class Plan:
    """A whole mapping. `name` is part of every id, so that importing again finds the documents."""

    name: str
    files: tuple[FileRule, ...]

    def needed(self) -> dict[str, set[str]]:
        """File → columns that must be there, lookups included."""
        needed: dict[str, set[str]] = {rule.path: set(rule.columns) for rule in self.files}
        for file in self.files:
            for document in file.documents:
                needed[file.path] |= template_columns(document.key)
                for item in document.items:
                    needed[file.path] |= item.columns()
                    if item.lookup:
                        for path, column in item.lookup.needed():
                            needed.setdefault(path, set()).add(column)
        return needed


def template_columns(template: str) -> set[str]:
    """The column names in a template such as `{product} – {account}`."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def read_plan(path: Path) -> Plan:
    """Read a mapping file. Raises BadInput that names the place and what to do."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput("There is no mapping file {file}.", file=str(path)) from None
    except IsADirectoryError:
        raise BadInput("{file} is a folder; give a mapping file.", file=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput("{file} cannot be read: {why}", file=str(path), why=str(error)) from error
    return _Reader(path.name).plan(raw)


class _Reader:
    """Checks the mapping while it is turned into values; `where` leads to the faulty place."""

    def __init__(self, file: str) -> None:
        self.file = file

    def plan(self, raw: Mapping[str, Any]) -> Plan:
        self.known(raw, {"name", "file"}, "the top level")
        files = self.tables(raw, "file", "the top level")
        return Plan(
            self.text(raw, "name", "the top level"),
            tuple(self.file_rule(table, f"file {n}") for n, table in enumerate(files, 1)),
        )

    def file_rule(self, raw: Mapping[str, Any], where: str) -> FileRule:
        self.known(raw, {"path", "columns", "replace", "document"}, where)
        path = self.text(raw, "path", where)
        where = path
        return FileRule(
            path,
            tuple(raw.get("columns", ())),
            raw.get("replace", {}),
            tuple(
                self.document(table, f"{where}, document {n}")
                for n, table in enumerate(self.tables(raw, "document", where), 1)
            ),
        )

    def document(self, raw: Mapping[str, Any], where: str) -> DocumentRule:
        self.known(raw, {"form", "key", "items"}, where)
        database, slash, form = self.text(raw, "form", where).partition("/")
        if not slash:
            raise self.wrong(where, 'form must read "database/form"')
        items = raw.get("items")
        if not isinstance(items, dict) or not items:
            raise self.wrong(where, "a table [file.document.items] is missing")
        return DocumentRule(
            database,
            form,
            self.template(self.text(raw, "key", where), where),
            tuple(self.item(name, rule, f"{where}, item {name}") for name, rule in items.items()),
        )

    def item(self, name: str, raw: Any, where: str) -> ItemRule:
        if isinstance(raw, str):
            return ItemRule(name, template=self.template(raw, where))
        if not isinstance(raw, dict):
            raise self.wrong(where, "must be a template or a table")
        known = {"as", "from", "value", "lookup", "pattern", "currency", "to", "replace", "empty"}
        self.known(raw, known | {"required", "collect", "when"}, where)
        if len({"from", "value", "lookup"} & set(raw)) != 1:
            raise self.wrong(where, "give exactly one of from, value and lookup")
        kind = raw.get("as", "text")
        if kind not in KINDS:
            raise self.wrong(where, f'as = "{kind}" is unknown; use one of {", ".join(KINDS)}')
        if kind == "link" and "/" not in raw.get("to", ""):
            raise self.wrong(where, 'a link needs to = "database/form"')
        return ItemRule(
            name,
            kind,
            self.template(raw["from"], where) if "from" in raw else None,
            raw.get("value"),
            self.lookup(raw["lookup"], where) if "lookup" in raw else None,
            raw.get("pattern", "yyyy-mm-dd"),
            raw.get("currency", ""),
            raw.get("to", ""),
            raw.get("replace", {}),
            raw.get("empty"),
            bool(raw.get("required")),
            bool(raw.get("collect")),
            raw.get("when", {}),
        )

    def lookup(self, raw: Any, where: str, *, further: bool = False) -> Lookup:
        if not isinstance(raw, dict):
            raise self.wrong(where, "lookup must be a table")
        names = ("file", "where", "column") if further else ("file", "where", "equals", "column")
        self.known(raw, {*names, "pick", "then"}, where)
        pick = raw.get("pick", "first")
        if pick not in PICKS:
            raise self.wrong(where, f'pick = "{pick}" is unknown; use one of {", ".join(PICKS)}')
        texts = {name: self.text(raw, name, where) for name in names}
        then = self.lookup(raw["then"], where, further=True) if "then" in raw else None
        return Lookup(
            texts["file"], texts["where"], texts.get("equals", ""), texts["column"], pick, then
        )

    def template(self, text: Any, where: str) -> str:
        if not isinstance(text, str):
            raise self.wrong(where, "must be a text")
        try:
            template_columns(text)
        except ValueError as error:
            raise self.wrong(where, f'the template "{text}" is wrong: {error}') from error
        return text

    def text(self, raw: Mapping[str, Any], name: str, where: str) -> str:
        value = raw.get(name)
        if not isinstance(value, str) or not value:
            raise self.wrong(where, f"{name} is missing")
        return value

    def tables(self, raw: Mapping[str, Any], name: str, where: str) -> list[Any]:
        tables = raw.get(name)
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise self.wrong(where, f"a table [[{name}]] is missing")
        return tables

    def known(self, raw: Mapping[str, Any], names: set[str], where: str) -> None:
        unknown = sorted(set(raw) - names)
        if unknown:
            raise self.wrong(
                where, f"{unknown[0]} is unknown; known are {', '.join(sorted(names))}"
            )

    def wrong(self, where: str, why: str) -> BadInput:
        return BadInput("{file}: {where}: {why}.", file=self.file, where=where, why=why)
