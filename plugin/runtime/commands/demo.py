"""`divan demo`: a data directory with the demo company in it."""

import json
import sys
from pathlib import Path

import click

from plugin.runtime import datadir
from plugin.runtime.demo import LOGINS, PASSWORD, DemoReport, build_demo
from plugin.runtime.demo.people import COMPANY
from plugin.runtime.errors import BadInput
from plugin.runtime.office import Office
from plugin.runtime.settings import FILE

LABEL = "Demo company"
MOST = 100_000
SETTINGS = f"""company_name = "{COMPANY[0]} {COMPANY[1]}"
time_zone = "Asia/Shanghai"
currency = "CNY"
"""


@click.command()
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed draws others.")
@click.option(
    "--customers",
    type=click.IntRange(10, MOST),
    default=120,
    show_default=True,
    help="How many customers; the rest grows with them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts and logins as JSON.")
@click.pass_obj
def demo(data: Path, seed: int, customers: int, as_json: bool) -> None:
    """Make the demo company in the data directory, and print its logins.

    Run again it keeps the data and says so. A run that was cut goes on where it stopped. The
    directory must be empty or new: the demo does not mix with a real company.
    """
    with _office(data) as office, click.progressbar(length=0, label=LABEL, file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        report = build_demo(office, seed=seed, count=customers, progress=show)
    click.echo(_json(report) if as_json else _text(report, data))


def _office(data: Path) -> Office:
    """The office in the directory; an empty one becomes an office with the demo's settings."""
    if (data / datadir.FILE).exists():
        office = Office.open(data)
        office.deploy()
        return office
    if datadir.is_empty(data):
        _write_settings(data)
    return Office.create(data)


def _write_settings(data: Path) -> None:
    settings = data / FILE
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not settings.exists():  # settings laid out beforehand are kept
            settings.write_text(SETTINGS, encoding="utf-8")
    except OSError as error:
        raise BadInput(
            "{path} cannot be used: {why}", path=str(data), why=str(error.strerror)
        ) from error


def _text(report: DemoReport, data: Path) -> str:
    counts = ", ".join(f"{count} {form}" for form, count in sorted(report.counts.items()))
    first = "The demo company is in" if report.made else "The demo company was already in"
    lines = [f"{first} {data}; {'made' if report.made else 'kept'}: {counts}.", "", "Logins:"]
    lines += [f"  {login.name:16} {PASSWORD:12} {login.role}" for login in LOGINS]
    return "\n".join(lines)


def _json(report: DemoReport) -> str:
    logins = [{"name": one.name, "password": PASSWORD, "role": one.role} for one in LOGINS]
    facts = {"made": report.made, "counts": report.counts, "logins": logins}
    return json.dumps(facts, indent=2, ensure_ascii=False)
