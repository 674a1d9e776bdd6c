"""The import itself: read everything, check everything, then write in batches.

Ids are made of the mapping's name and the key, and each document keeps a digest of what was
imported into it. So an import that was cut goes on when it is run again, a second run changes
nothing, and what people edited since is only touched where the source itself changed.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from plugin.runtime.designs.design import INDEX, SETS_VIEW
from plugin.runtime.errors import BadInput, DivanError, Invalid, NotFound
from plugin.runtime.forms.form import Form
from plugin.runtime.importing.mapping import DocumentRule, FileRule, Plan
from plugin.runtime.importing.report import Report, Reported
from plugin.runtime.importing.rows import CsvRow, Table, read_table
from plugin.runtime.importing.values import Converter, Fault, document_id
from plugin.runtime.session import Session
from store.types import ViewOptions

BATCH = 200

Progress = Callable[[int, int], None]
"""(documents done, documents in all)"""


@dataclass
class Pending:
    """A document to be, and the rows it comes from."""

    rule: DocumentRule
    id: str
    items: dict[str, Any]
    lines: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Sources:
    """The CSV files of a mapping, read whole. `corrected` counts corrections by place."""

    tables: Mapping[str, Table]
    corrected: dict[tuple[str, str, str, str], int]


def read_sources(plan: Plan, folder: Path) -> Sources:
    """Read all files that the mapping needs. Raises BadInput where one is missing, is no CSV or
    lacks a column."""
    corrected: dict[tuple[str, str, str, str], int] = {}
    tables = {
        path: read_table(folder, path, columns, _corrections(plan, path), corrected)
        for path, columns in plan.needed().items()
    }
    return Sources(tables, corrected)


def import_sources(
    session: Session,
    plan: Plan,
    sources: Sources,
    progress: Progress = lambda done, total: None,
) -> Report:
    """Import what was read, in the system's name.

    Raises BadInput or NotFound before anything is written where the mapping names a database, form
    or item that is not there. Rows that cannot be imported are in the report.
    """
    _check_forms(session, plan)
    report = Report(corrected=dict(sources.corrected))
    converter = Converter(plan.name, sources.tables)
    pending = {
        rule.path: _gather(rule, sources.tables[rule.path], converter, report)
        for rule in plan.files
    }
    total = sum(len(documents) for documents in pending.values())
    done = 0
    for rule in plan.files:
        outcome = _Outcome(rule.path, report)
        _drop_dangling(session, pending, rule.path, outcome)
        for batch in _batches(rule, pending[rule.path]):
            _write(session, plan, batch, outcome)
            done += len(batch)
            progress(done, total)
        outcome.count_rows()
    _build_listings(session, report)
    return report


def _build_listings(session: Session, report: Report) -> None:
    """Bring the indexes up to date now, so that the first person at a listing need not wait."""
    written = {form.partition("/")[0] for form, what in report.documents if what != "unchanged"}
    for database in sorted(written):
        session.office.server.database(database).view(INDEX, SETS_VIEW, ViewOptions(limit=0))


class _Outcome:
    """Collects what became of each row of one file."""

    def __init__(self, file: str, report: Report) -> None:
        self.file = file
        self.report = report
        self.changed: set[int] = set()
        self.kept: set[int] = set()
        self.refused: dict[int, str] = {}

    def done(self, pending: Pending, what: str) -> None:
        form = f"{pending.rule.database}/{pending.rule.form}"
        self.report.documents[form, what] += 1
        (self.kept if what == "unchanged" else self.changed).update(pending.lines)

    def refuse(self, pending: Pending, reason: str) -> None:
        for line in pending.lines:
            self.refused.setdefault(line, reason)

    def count_rows(self) -> None:
        report = self.report
        report.reported += [Reported(self.file, *fault) for fault in sorted(self.refused.items())]
        report.imported[self.file] += len(self.changed - set(self.refused))
        report.unchanged[self.file] += len(self.kept - self.changed - set(self.refused))


def _corrections(plan: Plan, path: str) -> Any:
    return next((rule.replace for rule in plan.files if rule.path == path), {})


def _check_forms(session: Session, plan: Plan) -> None:
    """Every form and item that the mapping names must exist, those that links lead to as well,
    before anything is written."""
    for file in plan.files:
        for document in file.documents:
            form = _form(session, document.database, document.form, file.path)
            unknown = sorted({item.name for item in document.items} - set(form.items))
            if unknown:
                raise BadInput(
                    "The form {form} has no item {items}; correct the mapping of {file}.",
                    form=document.form,
                    items=", ".join(unknown),
                    file=file.path,
                )
            for item in document.items:
                if item.kind == "link":
                    database, _, name = item.to.partition("/")
                    _form(session, database, name, file.path)


def _form(session: Session, database: str, name: str, file: str) -> Form:
    try:
        return session.database(database).form(name)
    except NotFound as error:
        raise BadInput(
            "There is no form {form} in a database {database}; correct the mapping of {file}.",
            form=name,
            database=database,
            file=file,
        ) from error


def _gather(
    rule: FileRule, table: Table, converter: Converter, report: Report
) -> dict[str, Pending]:
    """The documents of one file by id; rows that give none are reported."""
    pending: dict[str, Pending] = {}
    report.rows[rule.path] = len(table.rows)
    for row in table.rows:
        for column, value in row.values.items():
            if not value:
                report.empty[rule.path, column] += 1
        try:
            _take(pending, _documents(rule, row, converter), row.line)
        except Fault as fault:
            report.reported.append(Reported(rule.path, row.line, str(fault)))
    return pending


def _documents(rule: FileRule, row: CsvRow, converter: Converter) -> list[Pending]:
    if row.fault:
        raise Fault(row.fault)
    found = []
    for document in rule.documents:
        key = converter.key(document, row)
        if key:
            docid = document_id(converter.plan, document.form, key)
            found.append(Pending(document, docid, converter.items(document, row), [row.line]))
    if not found:
        raise Fault("all key columns are empty")
    return found


def _take(pending: dict[str, Pending], found: list[Pending], line: int) -> None:
    """Join the row's documents to those of earlier rows; all of them or none."""
    joined = []
    for new in found:
        known = pending.get(new.id)
        joined.append(_joined(known, new) if known else new)
    for document in joined:
        if line not in document.lines:
            document.lines.append(line)
        pending[document.id] = document


def _joined(known: Pending, new: Pending) -> Pending:
    items = dict(known.items)
    for item in known.rule.items:
        mine, other = items.get(item.name), new.items.get(item.name)
        if item.collect:
            items[item.name] = sorted({*(mine or []), *(other or [])})
        elif mine is None:
            items.update({item.name: other} if other is not None else {})
        elif other is not None and mine != other:
            raise Fault(f"line {known.lines[0]} has the same key with another {item.name}")
    return Pending(known.rule, known.id, items, list(known.lines))


def _drop_dangling(
    session: Session, pending: dict[str, dict[str, Pending]], path: str, outcome: _Outcome
) -> None:
    """Refuse documents that link to one that neither this import nor the office has."""
    coming = {docid for documents in pending.values() for docid in documents}
    known: dict[tuple[str, str], bool] = {}
    for document in list(pending[path].values()):
        for item in document.rule.items:
            target = document.items.get(item.name)
            if item.kind != "link" or target is None or target in coming:
                continue
            place = (item.to.partition("/")[0], target)
            if place not in known:
                known[place] = session.database(place[0]).exists(target)
            if not known[place]:
                outcome.refuse(document, f"{item.name}: there is no such {item.to}")
                pending[path].pop(document.id, None)


def _batches(rule: FileRule, documents: Mapping[str, Pending]) -> Iterator[list[Pending]]:
    """Runs of documents of one kind, none longer than BATCH.

    In the order of the mapping, because a later kind may name documents of an earlier one; within
    a kind those that others link to come first.
    """
    groups: dict[tuple[int, int], list[Pending]] = {}
    kinds = {id(kind): place for place, kind in enumerate(rule.documents)}
    depths: dict[str, int] = {}
    for document in documents.values():
        place = kinds[id(document.rule)], _depth(document, documents, depths)
        groups.setdefault(place, []).append(document)
    for _, group in sorted(groups.items()):
        rest = iter(group)
        while batch := list(islice(rest, BATCH)):
            yield batch


def _depth(document: Pending, documents: Mapping[str, Pending], depths: dict[str, int]) -> int:
    """How many documents of its kind, linked one to the next, must be there before this one."""
    chain, current = [document], document
    while current.id not in depths:
        depths[current.id] = 0
        targets = (
            documents.get(current.items.get(item.name, ""))
            for item in current.rule.items
            if item.kind == "link"
        )
        linked = next((one for one in targets if one and one.rule is current.rule), None)
        if linked is None:
            break
        chain.append(linked)
        current = linked
    base = depths[chain[-1].id]
    for distance, one in enumerate(reversed(chain)):
        depths[one.id] = base + distance
    return depths[document.id]


def _write(session: Session, plan: Plan, batch: list[Pending], outcome: _Outcome) -> None:
    documents = session.database(batch[0].rule.database)
    there = documents.open_many([pending.id for pending in batch])
    new = []
    for pending in batch:
        mark = {"from": plan.name, "digest": _digest(pending.items)}
        old = there.get(pending.id)
        if old is None:
            new.append((pending, {**pending.items, "imported": mark}))
        elif old.raw.get("imported") == mark:
            outcome.done(pending, "unchanged")
        else:
            try:
                documents.save(old.id, old.rev, {**pending.items, "imported": mark})
                outcome.done(pending, "updated")
            except DivanError as error:
                outcome.refuse(pending, _reason(error))
    results = documents.create_many([(p.rule.form, items, p.id) for p, items in new])
    for (pending, _), result in zip(new, results, strict=True):
        if isinstance(result, DivanError):
            outcome.refuse(pending, _reason(result))
        else:
            outcome.done(pending, "created")


def _digest(items: dict[str, Any]) -> str:
    text = json.dumps(items, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _reason(error: DivanError) -> str:
    if isinstance(error, Invalid):
        return "; ".join(f"{item}: {problem}" for item, problem in sorted(error.problems.items()))
    return str(error)
