"""The access control lists of seeded days: everybody may have a replica, mostly."""

from acl import Acl, Level, Privilege
from tests.plugin.kit import entry

SETTINGS = Acl(
    (
        entry("-Default-", Level.READER, Privilege.REPLICATE),
        entry("admin", Level.MANAGER, Privilege.REPLICATE, roles=("[Admin]",)),
    ),
    ("[Admin]",),
)


def acl(*, eve: Level = Level.EDITOR, rita: Level = Level.READER, shared: bool = True) -> Acl:
    """The list of the database, as it changes in the course of a day."""
    copying = (Privilege.REPLICATE,) if shared else ()
    staff = (Privilege.CREATE, Privilege.DELETE, *copying)
    return Acl(
        (
            entry("-Default-", Level.NO_ACCESS),
            entry("admin", Level.MANAGER, Privilege.REPLICATE, roles=("[Admin]",)),
            entry("eve", eve, Privilege.REPLICATE),
            entry("rita", rita, *((Privilege.REPLICATE,) if rita >= Level.READER else ())),
            entry("bosses", Level.EDITOR, *staff, roles=("[Leaders]",), kind="group"),
            entry("all-staff", Level.AUTHOR, *staff, kind="group"),
        ),
        ("[Admin]", "[Leaders]", "[Editors]"),
    )
