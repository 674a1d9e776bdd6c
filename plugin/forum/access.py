"""Who may do what in the forum at first; a Manager changes it afterwards."""

from plugin import Acl, Entry, EntryType, Level, Privilege

FULL = frozenset({Privilege.DELETE, Privilege.REPLICATE})
OWN = frozenset({Privilege.CREATE, Privilege.DELETE, Privilege.PRIVATE_VIEWS, Privilege.REPLICATE})

ACL = Acl(
    entries=(
        Entry("-Default-", EntryType.UNSPECIFIED, Level.NO_ACCESS),
        Entry("administrators", EntryType.GROUP, Level.MANAGER, FULL, frozenset({"[Admin]"})),
        Entry("divan-server", EntryType.SERVER, Level.MANAGER, FULL),
        Entry("all-staff", EntryType.GROUP, Level.AUTHOR, OWN),
    ),
    roles=("[Admin]",),
)
