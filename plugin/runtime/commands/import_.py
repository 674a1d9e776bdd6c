"""`divan import`: documents from CSV files."""

import csv
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from plugin.runtime import datadir
from plugin.runtime.errors import BadInput, NotFound
from plugin.runtime.importing import import_sources, read_plan, read_sources
from plugin.runtime.importing.report import Report
from plugin.runtime.office import Office

SHOWN = 20


@click.command("import")
@click.argument("mapping", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder that holds the CSV files.",
)
@click.option(
    "--report",
    "report_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV file for the rows that could not be imported (file, line, reason).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.pass_obj
def import_(
    data: Path, mapping: Path, folder: Path, report_file: Path | None, as_json: bool
) -> None:
    """Import CSV files as the file MAPPING says (see docs/import.md).

    A new or empty data directory becomes an office first. Safe to run again: what is there already
    stays as it is. Exit code 0 also where rows were reported; 1 where nothing could be imported
    because the mapping or a file is wrong.
    """
    plan = read_plan(mapping)
    sources = read_sources(plan, folder)
    hidden = not sys.stderr.isatty()
    with (
        _opened(data) as office,
        click.progressbar(length=0, label="Importing", file=sys.stderr, hidden=hidden) as bar,
    ):

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        report = import_sources(office.system(), plan, sources, show)
    if report_file is not None:
        _write_reported(report, report_file)
    click.echo(
        json.dumps(report.to_json(), indent=2, ensure_ascii=False) if as_json else summary(report)
    )


@contextmanager
def _opened(data: Path) -> Iterator[Office]:
    """The office of the directory. One begun here goes again when nothing could be imported."""
    new = datadir.is_empty(data)
    with Office.create(data) if new else Office.open(data) as office:
        try:
            yield office
        except (BadInput, NotFound):
            if new:
                office.close()
                shutil.rmtree(data / "store")
                (data / datadir.FILE).unlink()
            raise


def summary(report: Report) -> str:
    """The report as a person reads it."""
    lines = [f"{'file':24}{'rows':>8}{'imported':>10}{'unchanged':>11}{'reported':>10}"]
    for file, rows in report.rows.items():
        lines.append(
            f"{file:24}{rows:>8}{report.imported[file]:>10}{report.unchanged[file]:>11}"
            f"{report.reported_in(file):>10}"
        )
    lines += ["", f"{'documents':24}{'created':>8}{'updated':>10}{'unchanged':>11}"]
    for entry in report.to_json()["documents"]:
        lines.append(
            f"{entry['form']:24}{entry['created']:>8}{entry['updated']:>10}{entry['unchanged']:>11}"
        )
    if report.corrected:
        lines += ["", "corrected"]
        for (file, column, old, new), rows in sorted(report.corrected.items()):
            lines.append(f"  {file}, {column}: “{old}” → “{new}” in {rows} rows")
    if report.empty:
        lines += ["", "empty in the source, left empty"]
        for (file, column), rows in sorted(report.empty.items()):
            lines.append(f"  {file}, {column}: {rows} rows")
    if report.reported:
        lines += ["", "not imported"]
        for row in report.reported[:SHOWN]:
            lines.append(f"  {row.file}, line {row.line}: {row.reason}")
        if len(report.reported) > SHOWN:
            lines.append(f"  … and {len(report.reported) - SHOWN} more; --report FILE writes all")
    return "\n".join(lines)


def _write_reported(report: Report, file: Path) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("file", "line", "reason"))
        writer.writerows((row.file, row.line, row.reason) for row in report.reported)
