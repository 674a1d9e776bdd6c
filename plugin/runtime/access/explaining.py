"""Why somebody can, or can not, see a document: the decision, and who is meant by each name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from acl import Acl, Explanation, access, explain, is_role
from plugin.runtime.access.effective import Effective, effective, who
from plugin.runtime.context import Context
from plugin.runtime.door.document import Document
from plugin.runtime.door.reading import fetch, live_branches
from plugin.runtime.errors import Refused
from plugin.runtime.people.directory import People


@dataclass(frozen=True)
class Why:
    """`meant` gives for each name that is listed the active persons whom it means here, as far as
    the one who asks may look them up, `paths` for
    the names that fit the way by which the person is one of them."""

    document: Document
    effective: Effective
    explanation: Explanation
    meant: Mapping[str, tuple[str, ...]]
    paths: Mapping[str, tuple[str, ...]]


def why(ctx: Context, docid: str, name: str) -> Why:
    """Why `name` may or may not read, edit and delete a document.

    For oneself; about others for who manages the list or may edit the document (else Refused).
    Raises NotFound for nobody, and for a document that the one who asks may not read.
    """
    raw = fetch(ctx, docid)
    allowed = name == ctx.identity.name or ctx.may("manage") or ctx.may("edit", raw, raw)
    if not allowed:
        raise Refused("Only who may edit this document can ask about others.")
    people = ctx.office.directory.people(fresh=True)
    given = effective(ctx, name)
    identity = who(people, name)[1]
    branches = [ctx.shown(branch) for branch in live_branches(ctx, raw)]
    found = explain(given.access, identity, branches)
    listed = [one for branch in found.branches for one in (*branch.readers, *branch.authors)]
    acl = ctx.office.state(ctx.name).acl
    shown = ctx.session.people().persons
    return Why(
        ctx.document(raw),
        given,
        found,
        {
            name: tuple(one for one in means if one in shown)
            for name, means in _meant(acl, people, {one.name for one in listed}).items()
        },
        {one.name: people.path(name, one.name) for one in listed if one.fits},
    )


def _meant(acl: Acl, people: People, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found = {name: people.called(name) for name in names if not is_role(name)}
    roles = {name for name in names if is_role(name)}
    if roles:
        holders: dict[str, list[str]] = {role: [] for role in roles}
        identities = (people.identity(name) for name in sorted(people.persons))
        for identity in (one for one in identities if one is not None):
            for role in roles & access(acl, identity).roles:
                holders[role].append(str(identity.name))
        found |= {role: tuple(holding) for role, holding in holders.items()}
    return found
