"""What a module is. Ours and those installed from elsewhere are the same kind of thing.

A package names its module in the entry-point group `divan.modules`:

    [project.entry-points."divan.modules"]
    tracking = "plugin.tracking:module"
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acl import Acl
from plugin.runtime.forms.form import Condition
from plugin.runtime.messages import Message, Text

if TYPE_CHECKING:
    from plugin.runtime.door.documents import Documents
    from plugin.runtime.session import Session

Raw = dict[str, Any]
"""A document as it is stored."""


@dataclass(frozen=True)
class DatabaseSpec:
    """A database that a module owns: name, what people call it, design folder, first ACL.

    With `template`, `name` is not a database but the pattern of many (one mailbox a person).
    `documents`, with `_id` each, are written when the database is made; what a later version
    changes in them is merged with what the company made of them.
    """

    name: str
    title: Text
    design: Path
    acl: Acl
    template: bool = False
    documents: tuple[Raw, ...] = ()


@dataclass(frozen=True)
class FormCode:
    """Code that runs in the door for documents of one form, after the ACL said yes.

    `before_save(documents, new, old)` may set items of `new` (computed values) or raise Invalid or
    Refused; `old` is None for a new document. It must give the same result when run again.
    """

    before_save: Callable[["Documents", Raw, Raw | None], None] | None = None


Action = Callable[["Documents", Raw, Mapping[str, Any]], Message]
"""Code behind a button of a form: (the person's documents, the document, items asked for) → what
was done."""


@dataclass(frozen=True)
class Agent:
    """Runs once for each changed document of the given forms (none given: of any form), under the
    server's own name.

    Must be idempotent: after a crash the last changes come again.
    """

    name: str
    database: str
    forms: frozenset[str]
    run: Callable[["Session", Raw], None]


@dataclass(frozen=True)
class Scheduled:
    """Runs every `every` seconds with the time it is; what it makes has ids made of what it is."""

    name: str
    every: float
    run: Callable[["Session", datetime], None]


@dataclass(frozen=True)
class Holding:
    """What somebody has in hand, and hands over to somebody else: open documents of one form.

    `name` is unique among all modules, `title` what people call these documents. `items` are the
    names items that make a document somebody's, `also` further ones in which the new name is put
    for the former one; `when` says which documents are still in hand (none given: all). `listing`
    shows a person's documents under that person as its first key.
    """

    name: str
    title: Text
    database: str
    form: str
    listing: str
    items: tuple[str, ...]
    also: tuple[str, ...] = ()
    when: Condition | None = None


@dataclass(frozen=True)
class Module:
    """One module of the suite.

    `order` places it in the navigator, `icon` is a Bootstrap icon's name. `version` is that of the
    package it comes from, filled in when it is found: an older one never replaces the design that
    a newer one deployed.
    """

    name: str
    title: Text
    order: int
    icon: str
    databases: tuple[DatabaseSpec, ...]
    forms: Mapping[str, FormCode] = field(default_factory=dict)
    actions: Mapping[str, Action] = field(default_factory=dict)
    agents: tuple[Agent, ...] = ()
    scheduled: tuple[Scheduled, ...] = ()
    holdings: tuple[Holding, ...] = ()
    translations: Path | None = None
    version: str = ""
