"""`divan replica laptops`: at the office, every laptop as it reported last."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from plugin.runtime.errors import BadInput
from plugin.runtime.office import Office
from plugin.runtime.replica.laptops import LaptopHealth, Laptops


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")
@click.pass_obj
def laptops(data: Path, as_json: bool) -> None:
    """At the office: last sync of each laptop, what waits there, and what it removed."""
    with Office.open(data) as office:
        if office.kind != "office":
            raise BadInput("{data} is a laptop. Ask at the office.", data=str(data))
        found = Laptops(office).all()
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
        return
    for one in found:
        for line in _lines(one):
            click.echo(line)


def _lines(one: LaptopHealth) -> list[str]:
    counts = ", ".join(f"{one.sum_of(name)} {name}" for name in ("waiting", "refused", "conflicts"))
    state = f"last sync {one.reported_at or 'never'}"
    if one.token.revoked_at:
        state = "access ended, " + (f"told {one.told_over_at}" if one.told_over_at else "not told")
    head = (
        f"{one.token.name:20} {one.token.label:16} {state}, version {one.version or '?'}, "
        f"{one.sum_of('documents')} documents, {one.sum_of('bytes') / 1e6:.1f} MB, {counts}, "
        f"clock {one.skew:+d} s"
    )
    return [head] + [
        f"    {removal.database}: {removal.count} to remove since {removal.at}, "
        + (
            f"{removal.removed} removed, acknowledged {removal.acknowledged_at}"
            if removal.acknowledged_at
            else "OUTSTANDING"
        )
        for removal in one.removals
    ]
