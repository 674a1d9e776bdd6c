"""`divan acl` asked: what somebody has and why, who changed a list, what a change would do."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from acl import Access, Action, Decision, Privilege, about
from plugin.runtime.access.acl_effects import Effect, Effects
from plugin.runtime.access.effective import Effective, who
from plugin.runtime.commands.output import as_json_option, print_facts
from plugin.runtime.office import Office

ACTIONS: tuple[Action, ...] = ("read", "create", "replicate", "design", "manage")


@click.command()
@click.argument("database")
@click.argument("person")
@click.option("--document", help="Id of a document: what the person may do with it, see `why`.")
@as_json_option
@click.pass_obj
def effective(data: Path, database: str, person: str, document: str | None, as_json: bool) -> None:
    """Show what PERSON has in DATABASE, and by which entries and groups.

    PERSON is a stable id, a group, or Anonymous for who is not signed in.
    """
    if document is not None:
        _print_why(data, database, document, person, as_json)
        return
    with Office.open(data) as office:
        found = office.system().database(database).effective(person)
        identity = who(office.directory.people(fresh=True), person)[1]
        context = office.session(identity).context(database)
        decisions = {action: context.may(action) for action in ACTIONS}
    actions = _decided(decisions)
    facts = {**_facts(found), "actions": actions}
    print_facts(facts, "\n".join([*_lines(found), *_action_lines(actions)]), as_json)


@click.command()
@click.argument("name")
@as_json_option
@click.pass_obj
def person(data: Path, name: str, as_json: bool) -> None:
    """Show what NAME has in every database."""
    with Office.open(data) as office:
        found = office.system().everywhere(name)
    facts = {info.name: _facts(one) for info, one in found}
    lines = [f"{info.name:24} {_held(one.access)}".rstrip() for info, one in found]
    print_facts(facts, "\n".join(lines), as_json)


@click.command()
@click.argument("database")
@click.argument("document")
@click.argument("person")
@as_json_option
@click.pass_obj
def why(data: Path, database: str, document: str, person: str, as_json: bool) -> None:
    """Show why PERSON can or can not see DOCUMENT (its id), step by step."""
    _print_why(data, database, document, person, as_json)


def _print_why(data: Path, database: str, document: str, person: str, as_json: bool) -> None:
    with Office.open(data) as office:
        found = office.system().database(database).why(document, person)
    branches = [
        {
            "rev": branch.rev,
            "restricted": branch.restricted,
            "public": branch.public,
            **{
                kind: [{**vars(one), "means": list(found.meant[one.name])} for one in listed]
                for kind, listed in (("readers", branch.readers), ("authors", branch.authors))
            },
        }
        for branch in found.explanation.branches
    ]
    actions = _decided(found.explanation.decisions)
    facts = {**_facts(found.effective), "branches": branches, "actions": actions}
    lines = [*_lines(found.effective), *_branch_lines(branches), *_action_lines(actions)]
    print_facts(facts, "\n".join(lines), as_json)


@click.command()
@click.argument("database")
@click.option("--limit", default=20, show_default=True, help="So many changes, the newest first.")
@as_json_option
@click.pass_obj
def log(data: Path, database: str, limit: int, as_json: bool) -> None:
    """Show who changed the list of DATABASE, when and how."""
    with Office.open(data) as office:
        found = office.system().database(database).acl_log()[: max(0, limit)]
    facts = [{"at": one.at, "by": one.by, "changes": list(map(str, one.texts))} for one in found]
    lines = [f"{one['at']}  {one['by']}: {' '.join(one['changes'])}" for one in facts]
    print_facts(facts, "\n".join(lines) or "Nobody changed it yet.", as_json)


def print_effects(found: Effects, as_json: bool) -> None:
    """What a change would do, for `set --dry-run`."""
    facts = {
        "changes": list(map(str, found.changes)),
        "warnings": list(map(str, found.warnings)),
        "people": [_effect(one) for one in found.people],
        "roles": [{"role": one.role, "documents": one.documents} for one in found.roles],
        "laptops": found.laptops,
        "laptop_documents": found.laptop_documents,
    }
    print_facts(facts, "\n".join(_effect_lines(found)), as_json)


def _effect(one: Effect) -> dict[str, Any]:
    return {
        "name": one.name or "Anonymous",
        "before": _access(one.before),
        "after": _access(one.after),
        "gains": one.gains,
        "loses": one.loses,
        "laptops": one.laptops,
    }


def _effect_lines(found: Effects) -> Iterable[str]:
    yield from map(str, found.changes or ("Nothing changes.",))
    yield from (f"Warning: {text}" for text in found.warnings)
    for use in found.roles:
        yield f"Warning: {use.documents} documents name the role {use.role} as reader."
    yield f"Persons whose access changes: {len(found.people)}"
    for one in found.people:
        changed = f"{_held(one.before)} -> {_held(one.after)}; +{one.gains} -{one.loses} documents"
        yield f"  {one.name or 'Anonymous':24} {changed}"
    if found.laptops:
        yield f"{found.laptops} laptops lose {found.laptop_documents} documents."


def _decided(decisions: Mapping[Action, Decision]) -> dict[str, dict[str, Any]]:
    return {
        action: {"allowed": decision.allowed, "reason": str(about(decision.reason))}
        for action, decision in decisions.items()
    }


def _facts(found: Effective) -> dict[str, Any]:
    return {
        "person": found.name,
        **_access(found.access),
        "why": [str(fact.text) for fact in found.facts],
        "paths": [list(fact.path) for fact in found.facts if fact.path],
    }


def _access(held: Access) -> dict[str, Any]:
    return {
        "level": held.level.title,
        "privileges": sorted(privilege.value for privilege in held.privileges),
        "roles": sorted(held.roles),
    }


def _held(held: Access) -> str:
    marks = [one.value for one in Privilege if one in held.privileges]
    return " ".join([held.level.title, *marks, *sorted(held.roles)])


def _lines(found: Effective) -> list[str]:
    lines = []
    for fact in found.facts:
        path = f" ({' > '.join(fact.path)})" if len(fact.path) > 2 else ""
        lines.append(f"{fact.text}{path}")
    held = _access(found.access)
    return [
        *lines,
        f"Level: {held['level']}",
        f"Privileges: {' '.join(held['privileges']) or 'none'}",
        f"Roles: {' '.join(held['roles']) or 'none'}",
    ]


def _branch_lines(branches: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for branch in branches:
        yield (
            f"Revision {branch['rev']}: "
            + ("only for who is listed" if branch["restricted"] else "no reader is listed")
            + (", public" if branch["public"] else "")
        )
        for kind in ("readers", "authors"):
            for one in branch[kind]:
                means = f" = {', '.join(one['means'])}" if one["means"] != [one["name"]] else ""
                yield f"  {kind} {one['item']}: {one['name']}{means}{'  <' if one['fits'] else ''}"


def _action_lines(actions: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [
        f"{action}: {'yes' if one['allowed'] else 'no. ' + one['reason']}"
        for action, one in actions.items()
    ]
