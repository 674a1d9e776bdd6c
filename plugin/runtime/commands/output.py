"""How commands print what they found: as text, or with `--json` as JSON."""

import json
from typing import Any

import click

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")


def print_facts(facts: Any, text: str, as_json: bool) -> None:
    """Print the facts as JSON, else the text that says the same."""
    click.echo(json.dumps(facts, ensure_ascii=False, indent=2) if as_json else text)
