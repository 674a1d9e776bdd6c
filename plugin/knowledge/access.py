"""Who may do what in business knowledge at first; a Manager changes it afterwards."""

from plugin import Acl, Entry, EntryType, Level, Privilege

FULL = frozenset({Privilege.DELETE, Privilege.REPLICATE})
WRITE = frozenset({Privilege.CREATE, Privilege.PRIVATE_VIEWS, Privilege.REPLICATE})
EDIT = frozenset({Privilege.PRIVATE_VIEWS, Privilege.SHARED_VIEWS, Privilege.REPLICATE})

ACL = Acl(
    entries=(
        Entry("-Default-", EntryType.UNSPECIFIED, Level.NO_ACCESS),
        Entry("administrators", EntryType.GROUP, Level.MANAGER, FULL, frozenset({"[Admin]"})),
        Entry("divan-server", EntryType.SERVER, Level.MANAGER, FULL),
        Entry("leaders", EntryType.GROUP, Level.AUTHOR, WRITE, frozenset({"[Leaders]"})),
        Entry("knowledge-editors", EntryType.GROUP, Level.EDITOR, EDIT, frozenset({"[Editors]"})),
        Entry("all-staff", EntryType.GROUP, Level.AUTHOR, WRITE),
    ),
    roles=("[Admin]", "[Leaders]", "[Editors]"),
)
