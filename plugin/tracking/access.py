"""Who may do what in customer tracking at first; a Manager changes it afterwards."""

from plugin import Acl, Entry, EntryType, Level, Privilege

FULL = frozenset({Privilege.DELETE, Privilege.REPLICATE})
WRITE = frozenset({Privilege.CREATE, Privilege.PRIVATE_VIEWS, Privilege.REPLICATE})
LEAD = frozenset({Privilege.PRIVATE_VIEWS, Privilege.SHARED_VIEWS, Privilege.REPLICATE})

ACL = Acl(
    entries=(
        Entry("-Default-", EntryType.UNSPECIFIED, Level.NO_ACCESS),
        Entry("administrators", EntryType.GROUP, Level.MANAGER, FULL, frozenset({"[Admin]"})),
        Entry("divan-server", EntryType.SERVER, Level.MANAGER, FULL),
        Entry("leaders", EntryType.GROUP, Level.EDITOR, LEAD, frozenset({"[Leaders]"})),
        Entry("service", EntryType.GROUP, Level.AUTHOR, WRITE, frozenset({"[Service]"})),
        Entry("all-staff", EntryType.GROUP, Level.AUTHOR, WRITE),
    ),
    roles=("[Admin]", "[Leaders]", "[Service]"),
)
