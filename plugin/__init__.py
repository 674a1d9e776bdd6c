"""The public names of Divan for modules, for the shell and for the mail bridge."""

from plugin.runtime.checkpoint import Checkpoint
from plugin.runtime.clock import Clock, parse_stamp, stamp, utcnow
from plugin.runtime.errors import (
    BadInput,
    DivanError,
    Invalid,
    NotFound,
    OfficeError,
    Refused,
    SaveConflict,
)
from plugin.runtime.feed import all_changes
from plugin.runtime.lease import Lease
from plugin.runtime.messages import LANGUAGES, Message, choose_language, translate
from plugin.runtime.module import Agent, DatabaseSpec, FormCode, Module, Scheduled
from plugin.runtime.notices import Outbox, notify
from plugin.runtime.workers import Service, Workers

__all__ = [
    "LANGUAGES",
    "Agent",
    "BadInput",
    "Checkpoint",
    "Clock",
    "DatabaseSpec",
    "DivanError",
    "FormCode",
    "Invalid",
    "Lease",
    "Message",
    "Module",
    "NotFound",
    "OfficeError",
    "Outbox",
    "Refused",
    "SaveConflict",
    "Scheduled",
    "Service",
    "Workers",
    "all_changes",
    "choose_language",
    "notify",
    "parse_stamp",
    "stamp",
    "translate",
    "utcnow",
]
