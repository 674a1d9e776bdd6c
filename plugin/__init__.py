"""What a module, the shell and the bridge may use. Everything else of `plugin.runtime` is inside.

A module is a `Module` named in the entry-point group `divan.modules`; it works with documents
through the `Documents` and `Listing` of a session.
"""

from acl import Access, Acl, Decision, Entry, EntryType, Identity, Level, Privilege
from plugin.runtime.access.acl_effects import Effect, Effects, RoleUse
from plugin.runtime.access.acl_log import LoggedChange
from plugin.runtime.access.acl_saving import AclMeeting
from plugin.runtime.access.effective import Effective, Fact
from plugin.runtime.access.explaining import Why
from plugin.runtime.access.full_access import Grant, Logged
from plugin.runtime.access.full_access import may_have as may_have_full_access
from plugin.runtime.access.session_levels import SESSIONS_ID, SessionKind
from plugin.runtime.agents.feed import all_changes
from plugin.runtime.agents.notices import SERVER, Outbox, notice_id, notify
from plugin.runtime.agents.runner import AgentRunner, at_office
from plugin.runtime.agents.workers import LONGEST_WAIT, Service, Work, Workers
from plugin.runtime.clock import Clock, day_in, parse_stamp, stamp
from plugin.runtime.context import told
from plugin.runtime.door.conflicts import Deletion
from plugin.runtime.door.document import Document, Raw, StoredFile
from plugin.runtime.door.documents import Documents
from plugin.runtime.door.merge import changed_apart
from plugin.runtime.errors import (
    AtOffice,
    BadInput,
    Deleted,
    DivanError,
    Invalid,
    NotFound,
    OfficeError,
    Refused,
    SaveConflict,
)
from plugin.runtime.exporting import FORMATS as EXPORT_FORMATS
from plugin.runtime.exporting import Export, export, write_csv, write_xlsx
from plugin.runtime.filters.criteria import ME, Criterion
from plugin.runtime.filters.filtered import Filtered, Matches
from plugin.runtime.filters.periods import PERIODS
from plugin.runtime.filters.query import Query, filterable, read_query
from plugin.runtime.filters.rows import FilterRow, read_rows, rows_of
from plugin.runtime.filters.rows import choices as filter_choices
from plugin.runtime.filters.saved import SavedView
from plugin.runtime.forms.calculating import totals
from plugin.runtime.forms.fields import FieldError, display, for_input, parse
from plugin.runtime.forms.form import Action as FormAction
from plugin.runtime.forms.form import (
    Choice,
    Condition,
    Form,
    Item,
    Response,
    Section,
    is_empty,
    items_of,
)
from plugin.runtime.forms.rows import by_rows, new_row_id, with_rows
from plugin.runtime.forms.workflow import Step, StepState, Workflow
from plugin.runtime.handover.asking import DATABASE as HANDOVERS
from plugin.runtime.handover.asking import (
    Asked,
    begin_handover,
    holder_of,
    may_hand_over,
    work_of,
    work_with,
)
from plugin.runtime.handover.held import Share
from plugin.runtime.handover.running import ENDED as HANDOVER_ENDED
from plugin.runtime.listings.listing import Category, Listing, Page, Row
from plugin.runtime.listings.listing_spec import Column, ListingSpec
from plugin.runtime.messages import LANGUAGES, Message, Text, choose_language, translate
from plugin.runtime.module import (
    Action,
    Agent,
    DatabaseSpec,
    FormCode,
    Holding,
    Module,
    Scheduled,
)
from plugin.runtime.office import Office
from plugin.runtime.people.credentials import SHORTEST as SHORTEST_PASSWORD
from plugin.runtime.people.credentials import Credentials, Token, password_problem
from plugin.runtime.people.directory import (
    ADMINISTRATORS,
    SERVER_NAME,
    SETTINGS,
    Directory,
    Group,
    Person,
)
from plugin.runtime.people.people import add_person, make_administrator
from plugin.runtime.people.tries import TooManyTries
from plugin.runtime.replica.beginning import begin_laptop, known_office, needs_person
from plugin.runtime.replica.deciding import whole
from plugin.runtime.replica.laptop import Laptop, Replica, is_replica, whole_at
from plugin.runtime.replica.laptops import LaptopHealth, Laptops, Removal, health, sees_laptops
from plugin.runtime.replica.office_side import (
    FilteredServer,
    databases_for,
    kept_for,
    news_for,
    rights_for,
    sizes_for,
)
from plugin.runtime.replica.proposals import Proposal, ReviewBox, proposed
from plugin.runtime.replica.removing import remove_replica
from plugin.runtime.replica.review import WISHES, Edit, ReviewFolder, exported
from plugin.runtime.replica.subset import Keep, Subset, kept, sensible
from plugin.runtime.replica.syncing import Now, Syncing
from plugin.runtime.replica.timetable import NEVER, Timetable, at_hours, every
from plugin.runtime.replica.unsent import all_unsent
from plugin.runtime.search.finding import Found, FoundDocument
from plugin.runtime.session import DatabaseInfo, Session
from plugin.runtime.settings import Settings, kept_secret, secret
from store.bookkeeping import Checkpoint
from store.cancel import told_to_stop
from store.lease import Lease

__all__ = [
    "ADMINISTRATORS",
    "EXPORT_FORMATS",
    "HANDOVERS",
    "HANDOVER_ENDED",
    "LANGUAGES",
    "LONGEST_WAIT",
    "ME",
    "NEVER",
    "PERIODS",
    "SERVER",
    "SERVER_NAME",
    "SESSIONS_ID",
    "SETTINGS",
    "SHORTEST_PASSWORD",
    "WISHES",
    "Access",
    "Acl",
    "AclMeeting",
    "Action",
    "Agent",
    "AgentRunner",
    "Asked",
    "AtOffice",
    "BadInput",
    "Category",
    "Checkpoint",
    "Choice",
    "Clock",
    "Column",
    "Condition",
    "Credentials",
    "Criterion",
    "DatabaseInfo",
    "DatabaseSpec",
    "Decision",
    "Deleted",
    "Deletion",
    "Directory",
    "DivanError",
    "Document",
    "Documents",
    "Edit",
    "Effect",
    "Effective",
    "Effects",
    "Entry",
    "EntryType",
    "Export",
    "Fact",
    "FieldError",
    "FilterRow",
    "Filtered",
    "FilteredServer",
    "Form",
    "FormAction",
    "FormCode",
    "Found",
    "FoundDocument",
    "Grant",
    "Group",
    "Holding",
    "Identity",
    "Invalid",
    "Item",
    "Keep",
    "Laptop",
    "LaptopHealth",
    "Laptops",
    "Lease",
    "Level",
    "Listing",
    "ListingSpec",
    "Logged",
    "LoggedChange",
    "Matches",
    "Message",
    "Module",
    "NotFound",
    "Now",
    "Office",
    "OfficeError",
    "Outbox",
    "Page",
    "Person",
    "Privilege",
    "Proposal",
    "Query",
    "Raw",
    "Refused",
    "Removal",
    "Replica",
    "Response",
    "ReviewBox",
    "ReviewFolder",
    "RoleUse",
    "Row",
    "SaveConflict",
    "SavedView",
    "Scheduled",
    "Section",
    "Service",
    "Session",
    "SessionKind",
    "Settings",
    "Share",
    "Step",
    "StepState",
    "StoredFile",
    "Subset",
    "Syncing",
    "Text",
    "Timetable",
    "Token",
    "TooManyTries",
    "Why",
    "Work",
    "Workers",
    "Workflow",
    "add_person",
    "all_changes",
    "all_unsent",
    "at_hours",
    "at_office",
    "begin_handover",
    "begin_laptop",
    "by_rows",
    "changed_apart",
    "choose_language",
    "databases_for",
    "day_in",
    "display",
    "every",
    "export",
    "exported",
    "filter_choices",
    "filterable",
    "for_input",
    "health",
    "holder_of",
    "is_empty",
    "is_replica",
    "items_of",
    "kept",
    "kept_for",
    "kept_secret",
    "known_office",
    "make_administrator",
    "may_hand_over",
    "may_have_full_access",
    "needs_person",
    "new_row_id",
    "news_for",
    "notice_id",
    "notify",
    "parse",
    "parse_stamp",
    "password_problem",
    "proposed",
    "read_query",
    "read_rows",
    "remove_replica",
    "rights_for",
    "rows_of",
    "secret",
    "sees_laptops",
    "sensible",
    "sizes_for",
    "stamp",
    "told",
    "told_to_stop",
    "totals",
    "translate",
    "whole",
    "whole_at",
    "with_rows",
    "work_of",
    "work_with",
    "write_csv",
    "write_xlsx",
]
