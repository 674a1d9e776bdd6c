"""Who may do what in a mailbox at first; a Manager changes it afterwards."""

from plugin import Acl, Entry, EntryType, Level, Privilege

FULL = frozenset({Privilege.DELETE, Privilege.REPLICATE})

ACL = Acl(
    entries=(
        Entry("-Default-", EntryType.UNSPECIFIED, Level.NO_ACCESS),
        Entry("divan-server", EntryType.SERVER, Level.MANAGER, FULL),
        Entry("@owner", EntryType.PERSON, Level.MANAGER, FULL),
    ),
    roles=(),
)
