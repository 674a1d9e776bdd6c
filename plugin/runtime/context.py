"""What every operation of the door needs: who asks, which database, what may be done there."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from acl import (
    Access,
    Action,
    Decision,
    Identity,
    Level,
    Reason,
    may,
    names_of,
    reason,
    user_context,
)
from plugin.runtime.clock import day_in, stamp
from plugin.runtime.designs.design import Design
from plugin.runtime.door.document import Document, Raw, filled
from plugin.runtime.errors import NotFound, Refused
from plugin.runtime.forms.fields import display
from plugin.runtime.forms.form import Form, items_of
from plugin.runtime.messages import Message
from store.api import Database
from store.types import UserContext

if TYPE_CHECKING:
    from plugin.runtime.office import Office
    from plugin.runtime.session import Session

PLACE = re.compile(r"\{([^{}]+)\}")


TITLES = frozenset({"level", "before", "after", "privilege", "type", "old_type"})
"""Parameters of reasons that hold a title: of a level, privilege or type."""


def told(cause: Reason) -> Message:
    """The reason of a decision as a message; titles in it are translated with it."""
    params = {
        name: Message(value) if name in TITLES else value for name, value in cause.params.items()
    }
    return Message(cause.text, params)


def _open(doc: Raw | None) -> Raw | None:
    """The document as if it had no Readers."""
    return None if doc is None else {key: doc[key] for key in doc if key != "readers"}


@dataclass(frozen=True)
class Context:
    """One identity at one database, with the ACL and the design as they were when it was made."""

    office: "Office"
    session: "Session"
    name: str
    access: Access
    design: Design

    @property
    def identity(self) -> Identity:
        return self.session.identity

    @property
    def system(self) -> bool:
        """True for the server itself, which no Readers item shuts out."""
        return self.session.is_system

    @property
    def reads_all(self) -> bool:
        """True for the server, and for an administrator while full access is on."""
        return self.system or self.session.full is not None

    def note(self, what: str, docid: str = "") -> None:
        """Log what is done by full access; nothing while it is off."""
        if self.session.full:
            self.office.full_access.note(self.session.full, what, self.name, docid)

    @cached_property
    def names(self) -> frozenset[str]:
        """All names under which the identity may be listed in this database."""
        return names_of(self.identity, self.access)

    @property
    def standing(self) -> str | None:
        """How the database stands, where the session asks that once for all."""
        moment = self.session.moment
        return moment.standing(self.name) if moment else None

    @cached_property
    def reading(self) -> Database:
        """The store for reading; what is read passes `may_read` before it is handed out."""
        return self.office.server.database(self.name)

    @cached_property
    def writing(self) -> Database:
        """The store under the identity's own name and roles: it validates every write again."""
        name, roles = user_context(self.identity, self.access)
        if self.reads_all:  # what the door let pass
            roles = ("_admin", *roles)
        return self.office.server.database(self.name, UserContext(name, roles))

    @property
    def by(self) -> str:
        """Who is written into documents as their maker."""
        return self.identity.name or "Anonymous"

    def now(self) -> str:
        return stamp(self.office.clock())

    def value(self, token: Any) -> Any:
        """`@me`, `@now`, `@today` in defaults and steps; anything else stands for itself."""
        if token == "@me":
            return None if self.system else self.identity.name
        if token == "@now":
            return self.now()
        if token == "@today":
            return day_in(self.office.clock(), self.session.time_zone).isoformat()
        return token

    def form(self, name: Any) -> Form:
        """The form `name`. Raises NotFound."""
        form = self.design.forms.get(name) if isinstance(name, str) else None
        if form is None:
            raise NotFound("There is no form {form} in this database.", form=str(name))
        return form

    @property
    def only_public(self) -> bool:
        """True for one whose level reads nothing: public documents and listings may still be."""
        return self.access.level < Level.READER

    def shown(self, doc: Raw) -> Raw:
        """The document as it is decided about: a public mark counts only while its form is public.
        A Designer who shuts the form shuts the documents that were saved before."""
        if doc.get("public") is not True:
            return doc
        form = self.design.forms.get(str(doc.get("form")))
        return doc if form is not None and form.public else {**doc, "public": False}

    def may(self, action: Action, doc: Raw | None = None, old: Raw | None = None) -> Decision:
        """The decision of the ACL for this identity; always yes for the server itself."""
        if self.system:
            return Decision(True, reason("allowed"))
        new, before = (None if one is None else self.shown(one) for one in (doc, old))
        if self.session.full:  # all that the level says still holds
            new, before = _open(new), _open(before)
        return may(self.access, self.identity, action, new, before)

    def may_create(self, form: Form) -> Decision:
        """Whether a document of this form may be made; of one that can be public, a public one."""
        return self.may("create", {"form": form.name, "public": bool(form.public)})

    def demand(self, action: Action, doc: Raw | None = None, old: Raw | None = None) -> None:
        """Raises Refused with the reason where `may` says no."""
        decision = self.may(action, doc, old)
        if not decision:
            raise Refused(told(decision.reason))

    def may_read(self, branches: Sequence[Raw]) -> bool:
        """True if all live branches of a document may be read."""
        return all(self.may("read", branch).allowed for branch in branches)

    def document(self, raw: Raw) -> Document:
        """The value that is handed out for a stored document."""
        return Document(
            id=raw["_id"],
            rev=raw["_rev"],
            form=str(raw.get("form", "")),
            database=self.name,
            title=self.title(raw),
            items=items_of(raw),
            raw=raw,
        )

    def title(self, raw: Mapping[str, Any]) -> str:
        """The subject of the form, filled in for people; the id where it gives nothing."""
        form = self.design.forms.get(str(raw.get("form")))
        if form is None or not form.subject:
            return str(raw.get("_id", ""))
        wanted = PLACE.findall(form.subject)
        shown = {name: self._shown(form, name, raw.get(name)) for name in wanted}
        return filled(form.subject, shown) or str(raw.get("_id", ""))

    def _shown(self, form: Form, name: str, value: Any) -> str:
        item = form.items.get(name)
        if item is None:
            return "" if value is None else str(value)
        return display(
            item,
            value,
            self.session.language,
            time_zone=self.session.time_zone,
            name_of=self.name_of,
        )

    def name_of(self, name: str) -> str:
        """What people see for a stable id, in the language of the session."""
        return self.office.directory.name_of(name, self.session.language)
