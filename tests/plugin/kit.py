"""A small office for tests: two modules whose design folders are written on the spot."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from plugin import (
    Acl,
    DatabaseSpec,
    Documents,
    Entry,
    EntryType,
    FormCode,
    Invalid,
    Level,
    Message,
    Module,
    Office,
    Privilege,
    Raw,
    Session,
)

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

PLAIN = {"kind": "text"}
NAMES = {"kind": "names", "many": True}
SETTINGS_FORMS = {
    "person": {
        "title": "Person",
        "subject": "{name_latin}",
        "items": {
            **dict.fromkeys(("name_latin", "name_zh", "department", "mail", "language"), PLAIN),
            "login": PLAIN,
            "manager": {"kind": "names"},
            "active": {"kind": "boolean"},
            "external": {"kind": "boolean"},
        },
    },
    "group": {"title": "Group", "items": {"title": PLAIN, "members": NAMES, "parent": PLAIN}},
    "keywords": {
        "title": "Keywords",
        "items": {"values": {"kind": "keyword", "open": True, "many": True}},
    },
    "sessions": {
        "title": "Levels",
        "items": dict.fromkeys(("password", "laptop", "portal"), PLAIN),
    },
    "numbering": {"title": "Rule", "items": {"pattern": PLAIN, "reset": PLAIN}},
}
FIRM = {"title": "Firm", "subject": "{name}", "items": {"name": {**PLAIN, "required": True}}}
JOB = {
    "title": "Job",
    "subject": "{number} {name}",
    "number": {"item": "number", "rule": "job"},
    "items": {
        "number": {**PLAIN, "computed": True},
        "name": {**PLAIN, "label": "Name", "required": True, "max": 40},
        "firm": {
            "kind": "link", "database": "work", "form": "firm", "brings": {"firm_name": "name"}
        },
        "firm_name": {**PLAIN, "computed": True},
        "owner": {"kind": "names", "types": ["person"], "default": "@me"},
        "team": {**NAMES, "types": ["person"]},
        "region": {"kind": "keyword", "keywords": "region"},
        "price": {"kind": "money", "label": "Price"},
        "text": {"kind": "richtext", "readonly_when": {"item": "stage", "in": ["done"]}},
        "opened_on": {"kind": "date", "default": "@today"},
        "done_on": {"kind": "date"},
        "why": PLAIN,
        "twice": {**PLAIN, "computed": True},
        "stage": {"kind": "keyword", "choices": ["open", "done", "lost"], "workflow": True},
    },
    "readers": {"people": ["@owner", "@team", "@owner.leaders", "[Leaders]"]},
    "authors": {"people": ["@owner", "@owner.leaders"]},
    "responses": [{"listing": "notes_by_job", "form": "note", "item": "job"}],
    "workflow": {
        "item": "stage",
        "initial": "open",
        "states": {"open": {"title": "Open"}, "done": {"title": "Done"}, "lost": {"title": "Lost"}},
        "steps": [
            {"name": "finish", "from": ["open"], "to": "done", "who": ["@owner"],
             "needs": ["price"], "sets": {"done_on": "@today"}},
            {"name": "lose", "from": ["open"], "to": "lost", "needs": ["why"], "asks": ["why"]},
            {"name": "reopen", "from": ["done", "lost"], "to": "open", "who": ["@owner.leaders"]},
        ],
    },
    "actions": [{"name": "praise", "title": "Praise", "who": ["@owner.leaders"]}],
}  # fmt: skip
NOTE = {
    "title": "Note",
    "items": {
        "job": {"kind": "link", "database": "work", "form": "job", "required": True},
        "text": PLAIN,
        "owner": {"kind": "names", "default": "@me"},
    },
    "parent": {"item": "job"},
    "readers": {"people": ["@parent"]},
    "authors": {"people": ["@owner"]},
}
FLYER = {
    "title": "Flyer",
    "public": True,
    "items": {"name": PLAIN},
    "authors": {"people": ["[Editors]"]},
}
PAGE = {
    "title": "Page",
    "subject": "{text}",
    "public": "open",
    "items": {"text": PLAIN, "for": NAMES, "open": {"kind": "boolean"}},
    "readers": {"people": ["@for"]},
    "authors": {"people": ["@created", "[Admin]"]},
}
WORK_FORMS = {"firm": FIRM, "job": JOB, "note": NOTE, "flyer": FLYER, "page": PAGE}
LISTINGS = {
    "jobs_by_name": {
        "title": "Jobs", "form": "job", "view": "jobs_by_name", "columns": [{"item": "name"}],
        "index": ["name"],
    },
    "jobs_by_stage": {
        "title": "Jobs by stage", "form": "job", "view": "jobs_by_stage",
        "categories": ["stage"], "columns": ["name", {"item": "price", "sum": 1}],
        "index": ["stage", "name"],
    },
    "my_jobs": {
        "title": "Mine", "form": "job", "view": "jobs_by_owner", "mine": "owner",
        "index": ["owner", "name"],
    },
    "notes_by_job": {"title": "Notes", "form": "note", "view": "notes_by_job", "key": ["job"]},
    "flyers_by_name": {
        "title": "Flyers", "form": "flyer", "view": "flyers_by_name", "public": True
    },
    "all_pages": {"title": "All", "form": "page", "view": "pages_by_text"},
    "pages_by_text": {
        "title": "Pages", "form": "page", "view": "pages_by_text", "public": True
    },
}  # fmt: skip
VIEWS = {
    "jobs_by_name": "if (doc.form === 'job') { emit([doc.name], [1]); }",
    "jobs_by_stage": "if (doc.form === 'job') {"
    " emit([doc.stage, doc.name], [1, Number(doc.price && doc.price.amount) || 0]); }",
    "jobs_by_owner": "if (doc.form === 'job') { emit([doc.owner, doc.name], [1]); }",
    "notes_by_job": "if (doc.form === 'note') { emit([doc.job, doc.text], [1]); }",
    "pages_by_text": "if (doc.form === 'page') { emit([doc.text], [1]); }",
    "flyers_by_name": "if (doc.form === 'flyer') { emit([doc.name], [1]); }",
}


def design_folder(
    folder: Path,
    forms: Mapping[str, Any],
    listings: Mapping[str, Any] | None = None,
    views: Mapping[str, str] | None = None,
) -> Path:
    """Write a design folder as modules have them."""
    for kind, parts in (("forms", forms), ("listings", listings or {})):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for name, data in parts.items():
            (folder / kind / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")
    for name, body in (views or {}).items():
        (folder / "views" / name).mkdir(parents=True, exist_ok=True)
        source = f"// {name}\nfunction (doc) {{ {body} }}\n"
        (folder / "views" / name / "map.js").write_text(source, encoding="utf-8")
    return folder


def entry(
    name: str, level: Level, *privileges: Privilege, roles: tuple[str, ...] = (), kind: str = ""
) -> Entry:
    kinds = EntryType(kind or "unspecified")
    return Entry(name, kinds, level, frozenset(privileges), frozenset(roles))


WORK_ACL = Acl(
    (
        entry("-Default-", Level.NO_ACCESS, Privilege.READ_PUBLIC),
        entry("admin", Level.MANAGER, roles=("[Admin]",)),
        entry("eve", Level.EDITOR, Privilege.DELETE),
        entry("rita", Level.READER),
        entry("dora", Level.DEPOSITOR),
        entry("bosses", Level.EDITOR, roles=("[Leaders]",), kind="group"),
        entry("all-staff", Level.AUTHOR, Privilege.CREATE, kind="group"),
    ),
    ("[Admin]", "[Leaders]", "[Editors]"),
)
OPEN_ACL = Acl(
    (entry("-Default-", Level.READER), entry("admin", Level.MANAGER, roles=("[Admin]",))),
    ("[Admin]",),
)


def twice(documents: Documents, new: Raw, old: Raw | None) -> None:
    """Module code: computes an item, and refuses a name."""
    if new.get("name") == "forbidden":
        raise Invalid({"name": Message("Not this name.")})
    new["twice"] = str(new.get("name")) * 2


def praise(documents: Documents, doc: Raw, items: Mapping[str, Any]) -> Message:
    """A button's code: leaves a response under the person's own name."""
    documents.create("note", {"job": doc["_id"], "text": "well done"})
    return Message("{name} was praised.", {"name": doc["owner"]})


def modules(folder: Path) -> list[Module]:
    settings = design_folder(folder / "settings", SETTINGS_FORMS)
    work = design_folder(folder / "work", WORK_FORMS, LISTINGS, VIEWS)
    box = design_folder(folder / "mail", {"memo": {"title": "Memo", "items": {"text": PLAIN}}})
    private = Acl(
        (entry("-Default-", Level.NO_ACCESS), entry("@owner", Level.MANAGER, Privilege.DELETE)), ()
    )
    return [
        Module(
            "work", "Work", 2, "hammer", (DatabaseSpec("work", "Work", work, WORK_ACL),),
            forms={"job": FormCode(twice)}, actions={"job.praise": praise},
        ),
        Module(
            "settings", "Settings", 1, "gear",
            (DatabaseSpec("settings", "Settings", settings, OPEN_ACL),),
        ),
        Module("mail", "Mail", 3, "envelope", (DatabaseSpec("mail", "Mail", box, private, True),)),
    ]  # fmt: skip


PEOPLE: dict[str, dict[str, Any]] = {
    "admin": {},
    "carl": {},
    "ben": {"manager": "carl"},
    "anna": {"manager": "ben", "department": "Sales/Central", "name_zh": "安娜"},
    "dan": {"manager": "carl"},
    "eve": {},
    "rita": {},
    "dora": {},
    "gone": {"active": False},
    "guest": {"external": True},
}


class Kit:
    """The office with its people. The clock stands still until `tick`."""

    def __init__(self, path: Path) -> None:
        self.now = NOW
        self.path = path / "data"
        self.modules = modules(path / "design")
        self.office = Office.create(self.path, clock=lambda: self.now, modules=self.modules)
        settings = self.office.system().database("settings")
        for name, items in PEOPLE.items():
            settings.create("person", {"name_latin": name.title(), **items}, id=f"person:{name}")
        settings.create("group", {"members": ["carl"], "title": "Chiefs"}, id="group:chiefs")
        settings.create("group", {"members": ["chiefs"]}, id="group:bosses")
        settings.create("keywords", {"values": ["North", "South"]}, id="keywords:region")

    def tick(self, seconds: float = 60) -> None:
        self.now += timedelta(seconds=seconds)

    def session(self, name: str) -> Session:
        return self.office.session(self.office.directory.identity(name))

    def work(self, name: str) -> Documents:
        """The database `work` as this person may use it."""
        return self.session(name).database("work")
