"""Who may do what in the outbox at first; a Manager changes it afterwards."""

from plugin import Acl, Entry, EntryType, Level, Privilege

FULL = frozenset({Privilege.DELETE, Privilege.REPLICATE})

ACL = Acl(
    entries=(
        Entry("-Default-", EntryType.UNSPECIFIED, Level.NO_ACCESS),
        Entry("administrators", EntryType.GROUP, Level.MANAGER, FULL, frozenset({"[Admin]"})),
        Entry("divan-server", EntryType.SERVER, Level.MANAGER, FULL),
    ),
    roles=("[Admin]",),
)
