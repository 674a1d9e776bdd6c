"""What was typed on an edit page whose sign-in had ended meanwhile: kept, to be sent again."""

from urllib.parse import urlsplit

from flask import Response, current_app, make_response, render_template, request, url_for

from views.language import _
from views.shell import user

EDIT_PAGES = frozenset(("documents.new", "documents.edit", "acl.save"))
"""Where people type for long. Forms with passwords are none of these: they are not shown again."""


def unsent_page() -> Response | None:
    """A page that holds what was typed and sends it again; None where there is nothing to keep.

    Only for what one of our own pages sent, as the browser's `Origin` says: another site's form
    must not come back with a good token in it, one press from being saved.
    """
    if request.method != "POST" or request.endpoint not in EDIT_PAGES:
        return None
    ours = (request.host, urlsplit(str(current_app.config["DIVAN_BASE_URL"])).netloc)
    if urlsplit(request.headers.get("Origin", "")).netloc not in ours:
        return None
    typed = [pair for pair in request.form.items(multi=True) if pair[0] != "csrf_token"]
    html = render_template(
        "unsent.html",
        title=_("Not saved yet"),
        typed=typed,
        action=request.full_path.rstrip("?"),
        sign_in=url_for("auth.sign_in") if user() is None else "",
    )
    return make_response(html, 401 if user() is None else 400)
