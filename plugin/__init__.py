"""What a module, the shell and the bridge may use. Everything else of `plugin.runtime` is inside.

A module is a `Module` named in the entry-point group `divan.modules`; it works with documents
through the `Documents` and `Listing` of a session.
"""

from acl import (
    ANONYMOUS,
    Access,
    Acl,
    Decision,
    Entry,
    EntryType,
    Identity,
    Level,
    Privilege,
)
from plugin.runtime.clock import Clock, day_in, parse_stamp, stamp, utcnow
from plugin.runtime.directory import Directory, Group, Person
from plugin.runtime.document import Document, Raw, StoredFile
from plugin.runtime.documents import Documents
from plugin.runtime.errors import (
    BadInput,
    Deleted,
    DivanError,
    Invalid,
    NotFound,
    OfficeError,
    Refused,
    SaveConflict,
)
from plugin.runtime.fields import FieldError, display, for_input, keyword_label, parse
from plugin.runtime.form import Action as FormAction
from plugin.runtime.form import Choice, Condition, Form, Item, Response, Section, is_empty
from plugin.runtime.listing import Category, Listing, Page, Row
from plugin.runtime.listing_spec import Column, ListingSpec
from plugin.runtime.messages import LANGUAGES, Message, Text, choose_language, translate
from plugin.runtime.module import Action, Agent, DatabaseSpec, FormCode, Module, Scheduled
from plugin.runtime.notices import notify
from plugin.runtime.office import Office
from plugin.runtime.session import DatabaseInfo, Session
from plugin.runtime.settings import Settings, secret
from plugin.runtime.workflow import Step, StepState, Workflow

__all__ = [
    "ANONYMOUS",
    "LANGUAGES",
    "Access",
    "Acl",
    "Action",
    "Agent",
    "BadInput",
    "Category",
    "Choice",
    "Clock",
    "Column",
    "Condition",
    "DatabaseInfo",
    "DatabaseSpec",
    "Decision",
    "Deleted",
    "Directory",
    "DivanError",
    "Document",
    "Documents",
    "Entry",
    "EntryType",
    "FieldError",
    "Form",
    "FormAction",
    "FormCode",
    "Group",
    "Identity",
    "Invalid",
    "Item",
    "Level",
    "Listing",
    "ListingSpec",
    "Message",
    "Module",
    "NotFound",
    "Office",
    "OfficeError",
    "Page",
    "Person",
    "Privilege",
    "Raw",
    "Refused",
    "Response",
    "Row",
    "SaveConflict",
    "Scheduled",
    "Section",
    "Session",
    "Settings",
    "Step",
    "StepState",
    "StoredFile",
    "Text",
    "Workflow",
    "choose_language",
    "day_in",
    "display",
    "for_input",
    "is_empty",
    "keyword_label",
    "notify",
    "parse",
    "parse_stamp",
    "secret",
    "stamp",
    "translate",
    "utcnow",
]
