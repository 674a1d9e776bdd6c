"""The review box: refused edits of laptops, decided by those who may edit the document."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers.response import Response

from plugin import Form, Invalid, NotFound, Proposal, Refused, ReviewBox, SaveConflict, proposed
from views.comparing import CHOOSE, Choice, Line, marked, version_value
from views.labels import label_of, problem_texts
from views.language import _, current_formats
from views.renderers import name_of, renderer
from views.shell import Crumb, documents, session, shell

blueprint = Blueprint("proposals", __name__)
Answer = Response | tuple[str, int]


def box() -> ReviewBox:
    """The box of this office. Raises NotFound on a laptop, which has none."""
    if shell().office.kind != "office":
        raise NotFound
    return ReviewBox(shell().office)


@blueprint.get("/review")
def page() -> str:
    """What this person may decide."""
    times = current_formats()
    rows = [(one, name_of(one.by), times.time(one.at)) for one in box().all(session())]
    return render_template("proposals.html", title=_("Review box"), rows=rows)


@blueprint.get("/review/<proposal>")
def edit(proposal: str) -> Answer:
    """One proposal beside the document, item by item."""
    return _show(box().get(session(), proposal), "", 200)


@blueprint.post("/review/<proposal>")
def decide(proposal: str) -> Answer:
    """Take the chosen items, or decline."""
    one = box().get(session(), proposal)
    if request.form.get("do") == "decline":
        box().decline(session(), proposal, request.form.get("note", ""))
        flash(_("Declined. The sender is told."), "success")
        return redirect(url_for(".page"), 303)
    chosen = [
        name.removeprefix(CHOOSE)
        for name, value in request.form.items()
        if name.startswith(CHOOSE) and value == "mine"
    ]
    try:
        box().accept(session(), proposal, chosen)
    except Invalid as error:
        return _show(one, problem_texts(_form(one), error.problems), error.status)
    except (Refused, SaveConflict) as error:
        return _show(box().get(session(), proposal), _(error.message), error.status)
    flash(_("Taken over. The sender is told."), "success")
    return redirect(url_for(".page"), 303)


def _form(one: Proposal) -> Form:
    return documents(one.database).form(str((one.current or one.version).get("form")))


def _show(one: Proposal, problem: str, status: int) -> tuple[str, int]:
    docs, form = documents(one.database), _form(one)
    draw = renderer(docs)
    mine = docs.context.document(one.version)
    theirs = docs.context.document(one.current) if one.current else None
    lines = [
        Line(
            CHOOSE + name,
            label_of(form, name),
            (
                Choice("mine", version_value(draw, form, name, mine), True),
                Choice("theirs", version_value(draw, form, name, theirs) if theirs else "", False),
            ),
        )
        for name in (() if one.deletion else proposed(form, one))
    ]
    html = render_template(
        "proposal.html",
        title=one.title or one.document,
        crumbs=[Crumb(_("Review box"), url_for(".page"))],
        one=one,
        sender=name_of(one.by),
        reason=_(one.reason),
        problem=problem,
        heads=(marked(one.version), marked(one.current) if one.current else ""),
        lines=lines,
    )
    return html, status
