"""`divan sessions`: the highest level by kind of session, also where no page can change it."""

from pathlib import Path
from typing import Any

import click

from acl import Level
from plugin.runtime.access.session_levels import FORM, SESSIONS_ID, SessionKind
from plugin.runtime.commands.output import as_json_option, print_facts
from plugin.runtime.door.creating import draft
from plugin.runtime.door.links import Links
from plugin.runtime.door.saving import ready, stored
from plugin.runtime.office import Office
from plugin.runtime.people.directory import SETTINGS
from plugin.runtime.people.people import demand_office

level_type = click.Choice([level.title for level in Level], case_sensitive=False)


@click.command()
@click.option("--password", type=level_type, help="For who signs in by name and password.")
@click.option("--laptop", type=level_type, help="For laptops and what they send.")
@click.option("--portal", type=level_type, help="For persons who are marked as external.")
@as_json_option
@click.pass_obj
def sessions(data: Path, /, as_json: bool, **levels: str | None) -> None:
    """Show the highest level that each kind of session may have, and change it.

    The access control lists give at most this level. What is not named stays.
    """
    wanted = {kind: level for kind, level in levels.items() if level is not None}
    with Office.open(data) as office:
        if wanted:
            demand_office(office)
            _change(office, wanted)
        now = office.directory.people(fresh=True).levels
    facts = {kind.value: now.get(kind, Level.MANAGER).title for kind in SessionKind}
    print_facts(facts, "\n".join(f"{kind:10} {level}" for kind, level in facts.items()), as_json)


def _change(office: Office, levels: dict[str, Any]) -> None:
    """Write the document, made anew where somebody deleted it."""
    settings = office.system().database(SETTINGS)
    if settings.exists(SESSIONS_ID):
        settings.save(SESSIONS_ID, settings.open(SESSIONS_ID).rev, levels)
        return
    all_of_them: dict[str, str] = dict.fromkeys(SessionKind, Level.MANAGER.title)
    ctx = settings.context
    items = {"title": "Highest levels of sessions", **all_of_them, **levels}
    new = draft(ctx, ctx.form(FORM), items, SESSIONS_ID)
    ready(ctx, ctx.form(FORM), new, None, Links(ctx))
    stored(ctx, new)
