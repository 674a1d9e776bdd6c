"""Make databases with their ACL and bring their design documents up to date, all in one go."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from acl import Acl, security_object, to_document
from plugin.runtime.access.acl_saving import copy_to_security
from plugin.runtime.designs.customising import written
from plugin.runtime.designs.design import build
from plugin.runtime.designs.threeway import Place
from plugin.runtime.designs.upgrading import Plan, Standing, design_of
from plugin.runtime.module import DatabaseSpec
from plugin.runtime.people.directory import SERVER_NAME
from store.api import Database, Server
from store.deploy import Report, clean_up, deploy
from store.errors import Conflict, DatabaseExists, NotFound

OWNER = "@owner"
"""Stands for the person in the ACL of a template."""
ATTEMPTS = 10
"""How often a deployment is planned anew because somebody changed the design meanwhile."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Target:
    """A database to be made or brought up to date, and the versions that do it, by package."""

    name: str
    spec: DatabaseSpec
    release: Mapping[str, str]
    owner: str | None = None


@dataclass(frozen=True)
class Deployed:
    """What came of one database. `newer` names what shipped there in a newer version: then it was
    left as it is. `clashes` wait for a person, with the reason where there is one."""

    name: str
    changed: bool = False
    newer: str | None = None
    clashes: Mapping[Place, str] = field(default_factory=dict)
    put_back: tuple[Place, ...] = ()


def deploy_databases(
    server: Server,
    targets: Sequence[Target],
    at: str,
    report: Report,
    take: Iterable[Place] = (),
) -> list[Deployed]:
    """Bring databases up to date, all their indexes before the first swap. Can be repeated after a
    crash, and run by several processes at once.

    What a Designer changed is kept, but for what `take` names. An ACL that is there already is
    kept too: from then on it belongs to the database's Managers.
    """
    made = {target.name: _begin(server, target, at) for target in targets}
    deployed: dict[str, Deployed] = {}
    broken: dict[str, str] = {}
    for _ in range(ATTEMPTS):
        waiting = [target for target in targets if target.name not in deployed]
        if not waiting:
            break
        plans = [_plan(server, target, at, take, broken.get(target.name)) for target in waiting]
        deployed |= _carried_out(plans, broken, report)
    else:
        raise Conflict("The design is being changed again and again.")
    return [_finished(server, one, made[one.name], deployed[one.name], at) for one in targets]


def tell(done: Deployed) -> None:
    """Say in the log what somebody should look at."""
    if done.newer:
        log.warning(
            "%s: %s deployed here, which is newer than this Divan; the design is left as it is",
            done.name,
            done.newer,
        )
    for place in done.put_back:
        log.warning("%s: %s was changed here; it is as shipped again", done.name, written(place))
    if done.clashes:
        log.warning(
            "%s: what was customised here clashes with this version in %d places; see:"
            " divan design status %s",
            done.name,
            len(done.clashes),
            done.name,
        )


def _plan(
    server: Server, target: Target, at: str, take: Iterable[Place], broken: str | None
) -> Plan:
    new = {doc["_id"]: design_of(doc) for doc in build(target.spec.design)}
    standing = Standing.of(server.database(target.name))
    by = {"at": at, "by": SERVER_NAME}
    return Plan.of(standing, new, target.release, take, broken, target.spec.documents, by)


def _carried_out(
    plans: Sequence[Plan], broken: dict[str, str], report: Report
) -> dict[str, Deployed]:
    """Carry plans out. Those are left to be planned anew where somebody came in between, and those
    whose views do not compile, which `broken` then tells. Raises DesignError where a database has
    no views yet to go on with."""
    outcome = deploy([swap for plan in plans for swap in plan.swaps], report)
    done = {}
    for plan in plans:
        db = plan.standing.db
        if db.name in outcome.broken:
            if not plan.standing.documents:
                raise outcome.broken[db.name]
            broken[db.name] = outcome.broken[db.name].reason
        elif db.name not in outcome.missed and plan.conclude():
            clean_up(db)
            done[db.name] = Deployed(
                db.name,
                bool(plan.swaps or plan.first),
                plan.newer,
                plan.record.clashes,
                plan.put_back,
            )
    return done


def _begin(server: Server, target: Target, at: str) -> bool:
    """Make the database and its first documents; True if it has no ACL yet."""
    if not server.exists(target.name):
        try:
            server.create(target.name)
        except DatabaseExists:  # another process was quicker, and does the same
            log.debug("%s is there already", target.name)
    db = server.database(target.name)
    if _has_acl(db):
        return False
    by = {"at": at, "by": SERVER_NAME}
    # Those that are there already, after a crash, are left as they are.
    db.bulk_docs([{**doc, "created": by, "updated": by} for doc in target.spec.documents])
    return True


def _finished(server: Server, target: Target, begun: bool, done: Deployed, at: str) -> Deployed:
    """With the ACL written and in force."""
    db = server.database(target.name)
    by = {"at": at, "by": SERVER_NAME}
    new = begun and _write_acl(db, owned(target.spec.acl, target.owner), by)
    secured = copy_to_security(db)
    return replace(done, changed=done.changed or new or secured)


def owned(acl: Acl, owner: str | None) -> Acl:
    """The ACL of a template with the person's name put in."""
    if owner is None:
        return acl
    entries = tuple(
        replace(entry, name=owner) if entry.name == OWNER else entry for entry in acl.entries
    )
    return replace(acl, entries=entries)


def _has_acl(db: Database) -> bool:
    """The ACL is written last: without it the database counts as not made, and is made on."""
    try:
        db.get("acl")
    except NotFound:
        return False
    return True


def _write_acl(db: Database, acl: Acl, by: dict[str, str]) -> bool:
    db.set_security(security_object(acl))
    try:
        db.put(to_document(acl, {"created": by, "updated": by, "log": []}))
    except Conflict:  # another process made the same database at the same time
        return False
    return True
