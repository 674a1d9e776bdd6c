"""THE door: every read and write of a person or agent goes through here.

Reading asks level and Readers items of all live branches; writing goes ACL → module code →
computed items → form → store, where `validate_doc_update` checks again under the person's name.
What may not be read does not exist: NotFound, word for word as for what never was.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from acl import Access, Acl, Action, Decision
from plugin.runtime.access.acl_effects import Effects, acl_effects, entry_warnings
from plugin.runtime.access.acl_log import LoggedChange, read_log
from plugin.runtime.access.acl_saving import AclMeeting, meet, read_acl, save_acl
from plugin.runtime.access.effective import Effective, effective
from plugin.runtime.access.explaining import Why, why
from plugin.runtime.access.session_levels import SessionKind
from plugin.runtime.context import Context
from plugin.runtime.door import attaching, creating, moving, reading, saving
from plugin.runtime.door.conflicts import Deletion, clashes, conflicts, deletions, keep, settle
from plugin.runtime.door.document import Document, Raw, StoredFile
from plugin.runtime.door.door_checks import choices
from plugin.runtime.errors import DivanError, NotFound
from plugin.runtime.filters import saved
from plugin.runtime.filters.query import Query
from plugin.runtime.filters.saved import SavedView
from plugin.runtime.forms.form import Choice, Form, Item
from plugin.runtime.forms.workflow import StepState
from plugin.runtime.listings.listing_spec import ListingSpec
from plugin.runtime.messages import Message


class Documents:
    """One database as one identity may use it, with the ACL as it was when this was made.

    Ask the session again rather than keep one for long.
    """

    def __init__(self, context: Context) -> None:
        self.context = context

    @property
    def name(self) -> str:
        return self.context.name

    @property
    def access(self) -> Access:
        """Level, privileges, roles, and the facts behind them."""
        return self.context.access

    @property
    def forms(self) -> Mapping[str, Form]:
        return self.context.design.forms

    @property
    def listings(self) -> Mapping[str, ListingSpec]:
        """Without those that are not for this identity, who may only read public documents."""
        found = self.context.design.listings
        if not self.context.only_public:
            return found
        return {name: spec for name, spec in found.items() if spec.public}

    def form(self, name: str) -> Form:
        """Raises NotFound."""
        return self.context.form(name)

    def choices(self, item: Item) -> tuple[Choice, ...]:
        """The keywords that people are offered for an item."""
        return choices(self.context, item)

    def open(self, docid: str, rev: str | None = None) -> Document:
        """The document, or one of its revisions. Raises NotFound."""
        return reading.open_document(self.context, docid, rev)

    def open_many(self, ids: Sequence[str]) -> dict[str, Document]:
        """Those of the documents that may be read, by id."""
        return reading.open_many(self.context, ids)

    def by_number(self, number: str) -> str:
        """The id of the document with this number (of the form's item that counts). Raises
        NotFound, also where several have it."""
        return reading.by_number(self.context, number)

    def exists(self, docid: str) -> bool:
        """True if there is such a document and this identity may read it."""
        try:
            reading.fetch(self.context, docid)
        except NotFound:
            return False
        return True

    def may(self, action: Action, doc: Raw | None = None) -> Decision:
        """Whether an action is allowed, on a document or in the database at all, and why not."""
        return self.context.may(action, doc, doc)

    def may_create(self, form: str) -> Decision:
        """Whether a document of this form may be made, and why not. Raises NotFound."""
        return self.context.may_create(self.form(form))

    def new(self, form: str, preset: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The items of a new document as a form shows them first. Nothing is written."""
        return creating.defaults(self.context, self.context.form(form), preset or {})

    def preview(
        self, form: str, items: Mapping[str, Any], old: Raw | None = None
    ) -> dict[str, Any]:
        """The items as a save of these would have them, with what is brought and calculated.
        Nothing is checked or written. `old` is the stored document that they would change."""
        return creating.preview(self.context, self.context.form(form), items, old)

    def create(self, form: str, items: Mapping[str, Any], *, id: str | None = None) -> Document:
        """Make a document. With an `id` that is there already, that document is returned.

        Raises Refused, Invalid, and Deleted where the id was deleted before.
        """
        return creating.create(self.context, form, items, id)

    def create_many(self, wanted: Sequence[creating.NewDocument]) -> list[Document | DivanError]:
        """Make many in one batch: `(form, items, id or None)` each; the document or the error."""
        return creating.create_many(self.context, wanted)

    def save(self, docid: str, rev: str, items: Mapping[str, Any]) -> Document:
        """Change items (None takes one away) of the document that was read as revision `rev`.

        Raises NotFound, Refused, Invalid, SaveConflict. Changes that others made to other items
        meanwhile are kept.
        """
        return saving.save(self.context, docid, rev, items)

    def refresh(self, docid: str) -> Document:
        """Compute again what the door computes; nothing is written where it comes out the same."""
        return saving.rewrite(self.context, docid, lambda raw: saving.applied(raw, {}))

    def refresh_responses(self, docid: str) -> int:
        """Compute the document's responses again (brought items, readers); how many changed. None
        where it is gone."""
        return moving.refresh_responses(self.context, [docid])

    def delete(self, docid: str, rev: str) -> None:
        """Delete a document with all its conflict branches. Raises as `save`."""
        saving.delete(self.context, docid, rev)

    def steps(self, doc: Document) -> list[StepState]:
        """All steps of its workflow: whether each can be taken now, or why not."""
        return moving.steps(self.context, doc.raw)

    def transition(
        self,
        docid: str,
        rev: str,
        step: str,
        items: Mapping[str, Any] | None = None,
        note: str = "",
    ) -> Document:
        """Take a step, with the items that it asks for. Raises Refused with the reason, Invalid,
        SaveConflict, NotFound."""
        return moving.transition(self.context, docid, rev, step, items or {}, note)

    def actions(self, doc: Document) -> list[str]:
        """Names of the form's actions that this identity may use on the document."""
        return moving.actions(self.context, doc.raw)

    def run_action(self, docid: str, name: str, items: Mapping[str, Any] | None = None) -> Message:
        """Do what a button of the form does; returns a message for the person."""
        return moving.run_action(self.context, docid, name, items or {})

    def conflicts(self, docid: str) -> list[Document]:
        """The live branches of a document, the winner first; empty where there is only one."""
        return conflicts(self.context, docid)

    def clashes(self, docid: str) -> tuple[str, ...]:
        """Items of a document in conflict for which a person has to choose."""
        return clashes(self.context, docid)

    def settle(self, docid: str, choices: Mapping[str, str]) -> Document:
        """End a conflict: `choices` names for an item the revision whose value is taken."""
        return settle(self.context, docid, choices)

    def deletions(self, docid: str) -> list[Deletion]:
        """Who deleted the document while others edited it elsewhere, as far as it waits for an
        answer: `keep` or `delete`."""
        return deletions(self.context, docid)

    def keep(self, docid: str) -> Document:
        """Answer all deletions made apart: the document stays. Raises as `save`."""
        return keep(self.context, docid)

    def attach(self, docid: str, rev: str, name: str, data: bytes, content_type: str) -> Document:
        """Add or replace an attachment. Raises as `save`."""
        return attaching.attach(self.context, docid, rev, name, data, content_type)

    def add_files(self, docid: str, files: Sequence[StoredFile]) -> Document:
        """Add attachments, each beside one of its name that is there. Raises BadInput, and as
        `save` but for SaveConflict."""
        return attaching.add_files(self.context, docid, files)

    def attachment(self, docid: str, name: str) -> StoredFile:
        """An attachment, whole. Raises NotFound."""
        return attaching.read_attachment(self.context, docid, name)

    def detach(self, docid: str, rev: str, name: str) -> Document:
        """Take an attachment away. Raises as `save`."""
        return attaching.detach(self.context, docid, rev, name)

    def views(self) -> list[SavedView]:
        """The saved views that this identity may read, by listing and name."""
        return saved.saved_views(self.context)

    def view(self, docid: str) -> SavedView:
        """One of them. Raises NotFound."""
        return saved.saved_view(self.context, docid)

    def may_keep_view(self, *, shared: bool) -> Decision:
        """Whether this identity may save a view for others, or for itself, and why not."""
        return saved.may_keep(self.context, shared=shared)

    def keep_view(self, name: str, listing: str, query: Query, *, shared: bool) -> SavedView:
        """Save a query over a listing under a name. Raises Refused, Invalid, BadInput."""
        return saved.keep(self.context, name, listing, query, shared=shared)

    def change_view(self, view: SavedView, query: Query) -> SavedView:
        """Give a saved view another query. Raises as `save`."""
        return saved.change(self.context, view, query)

    def acl(self) -> Acl:
        """The access control list."""
        return read_acl(self.context.reading)[0]

    def acl_document(self) -> Raw:
        """The document that holds the list, with its `_rev` and its `log`."""
        return read_acl(self.context.reading)[1]

    def effective(self, name: str, session: SessionKind | None = None) -> Effective:
        """What a person, a group, or `Anonymous` has here in a kind of session, and by what.

        Raises NotFound for nobody.
        """
        return effective(self.context, name, session)

    def why(self, docid: str, name: str) -> Why:
        """Why somebody may or may not read, edit and delete a document.

        Raises NotFound, and Refused for asking about others where one may neither edit the document
        nor manage the list.
        """
        return why(self.context, docid, name)

    def acl_effects(self, acl: Acl) -> Effects:
        """What saving this list would change, for whom; nothing is written.

        Raises as `save_acl`, but for SaveConflict.
        """
        return acl_effects(self.context, acl)

    def acl_warnings(self, acl: Acl) -> dict[str, Message]:
        """What is doubtful about entries of a list, by name: those that match nobody."""
        return entry_warnings(self.context, acl)

    def meet_acl(self, acl: Acl, rev: str, choices: Mapping[str, str] | None = None) -> AclMeeting:
        """The list as edited on `rev` put together with what others saved since; `choices` says
        `mine` or `theirs` for entries that both changed. Nothing is written."""
        return meet(self.context, acl, rev, choices or {})

    def acl_log(self) -> list[LoggedChange]:
        """Who changed the list, when and how, the newest first."""
        return read_log(read_acl(self.context.reading)[1])

    def save_acl(self, acl: Acl, rev: str | None = None) -> None:
        """Change the list, for Managers; in force at once.

        Raises Refused, Invalid, SaveConflict.
        """
        save_acl(self.context, acl, rev)
