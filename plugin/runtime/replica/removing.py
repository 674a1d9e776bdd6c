"""Taking a replica, or one database of it, off a laptop.

Documents go before what could bring them back: cut at any point, the same call goes on.
"""

from plugin.runtime.errors import BadInput, NotFound
from plugin.runtime.office import Office
from plugin.runtime.people.directory import SETTINGS
from plugin.runtime.replica.alone import alone
from plugin.runtime.replica.laptop import FILE, TOKEN, Replica
from plugin.runtime.replica.leaving import empty
from plugin.runtime.replica.remote import Revoked, Unreachable
from plugin.runtime.replica.subset import WHOLE, Keep
from plugin.runtime.replica.unsent import StillUnsent, all_unsent, unsent


def remove_database(replica: Replica, name: str, *, discard: bool = False) -> None:
    """Delete one database here and keep it no more. Raises NotFound, StillUnsent unless what stands
    here alone may go, BadInput for the one that nothing works without."""
    office = replica.office
    if name == SETTINGS:
        raise BadInput("Nothing works without {name}. Remove the whole replica.", name=name)
    if name not in {entry["name"] for entry in replica.status()["databases"]}:
        raise NotFound("There is no database {name}.", name=name)
    with alone(office.data):
        edits = unsent(office.server.database(name), replica.keeper)
        if edits and not discard:
            raise StillUnsent(edits)
        replica.choose({one: of for one, of in _chosen(replica).items() if one != name})
        for edit in replica.keeper.folder.all(name):
            replica.keeper.folder.drop(edit)
        office.server.delete(name)


def remove_replica(replica: Replica, *, discard: bool = False) -> bool:
    """Empty the laptop and end its token; whether the office could be told. Raises StillUnsent
    unless what stands here alone may go."""
    office = replica.office
    with alone(office.data):
        edits = all_unsent(office.server, replica.keeper)
        if edits and not discard:
            raise StillUnsent(edits)
        told = _tell_office(replica)
        empty(office)
        forget(office)
    return told


def forget(office: Office) -> None:
    """Take away what made the directory a replica of somebody, the token first."""
    (office.data / "secrets" / TOKEN).unlink(missing_ok=True)
    (office.data / FILE).unlink(missing_ok=True)


def _tell_office(replica: Replica) -> bool:
    try:
        replica.remote.leave()
    except Unreachable:
        return False
    except Revoked:
        return True
    return True


def _chosen(replica: Replica) -> Keep:
    """What is kept, with every database that is here named."""
    if replica.laptop.keep is not None:
        return replica.laptop.keep
    return {entry["name"]: WHOLE for entry in replica.status()["databases"]}
