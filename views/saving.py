"""What can be done with the question of a listing's page: save it as a view, change the view."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from flask import g, request, url_for

from plugin import Documents, ListingSpec, Message, Query, SavedView
from views.language import _
from views.renderers import address


class Question(Protocol):
    """What the address of a page asks for, and the saved view that it came from."""

    @property
    def query(self) -> Query: ...

    @property
    def view(self) -> SavedView | None: ...

    @property
    def changed(self) -> bool: ...


@dataclass(frozen=True)
class Saving:
    """Addresses are empty where the person may not, or where there is nothing to save.

    `name`, `shared_chosen` and `problem` are what was sent, and why it was not saved.
    """

    keep_url: str
    private: bool
    shared: bool
    change_url: str
    about_url: str
    title: str
    name: str
    shared_chosen: bool
    problem: str


def parameters(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The pairs of an address as `url_for` takes them."""
    values: dict[str, Any] = {}
    for name, text in pairs:
        values.setdefault(name, []).append(text)
    return values


def saving(
    docs: Documents, spec: ListingSpec, question: Question, pairs: list[tuple[str, str]]
) -> Saving | None:
    """The tools for this page; None where there are none."""
    view, query = question.view, question.query
    if not query and view is None:
        return None
    values = {"database": docs.name, "listing": spec.name, **parameters(pairs)}
    private = bool(docs.may_keep_view(shared=False))
    shared = bool(docs.may_keep_view(shared=True))
    new = bool(query) and (view is None or question.changed)
    mine = view is not None and bool(docs.may("edit", view.document.raw))
    problem: Message | None = g.get("not_kept")
    return Saving(
        keep_url=url_for("keeping.keep", **values) if new and (private or shared) else "",
        private=private,
        shared=shared,
        change_url=url_for("keeping.change", **values) if mine and new else "",
        about_url=address(docs.name, view.id) if view else "",
        title=view.name if view else "",
        name=request.form.get("name", ""),
        shared_chosen=request.form.get("shared") == "1",
        problem=_(problem) if problem else "",
    )
