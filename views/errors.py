"""Every error as a page for people or as JSON for programs: `{"error": code, "reason": text}`."""

import logging

from flask import Flask, Response, jsonify, make_response, render_template
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from plugin import DivanError, Message
from store.errors import StoreError
from views.language import _
from views.shell import wants_json
from views.unsent import unsent_page

log = logging.getLogger(__name__)

TITLES = {
    400: Message("This cannot be understood"),
    401: Message("Please sign in"),
    403: Message("Not allowed"),
    404: Message("Not found"),
    405: Message("This cannot be understood"),
    409: Message("Conflict"),
    413: Message("Too large"),
    422: Message("Please correct"),
    429: Message("Too many tries"),
    503: Message("Not available at the moment"),
}
CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "document_too_large",
    422: "invalid",
    429: "too_many_requests",
    503: "service_unavailable",
}
TEXTS = {
    400: Message("The request is not complete. Please go back and try again."),
    404: Message("There is nothing here, or it is not open to you."),
    405: Message("The request is not complete. Please go back and try again."),
    413: Message("What you sent is larger than this office takes."),
    429: Message("Please wait a moment and try again."),
}
FAILED = Message("Something went wrong. What you had saved before is safe. Please try again.")
EXPIRED = Message("The page was open for too long. Please go back, reload it and try again.")
BUSY = Message("The database cannot be reached at the moment. Please try again soon.")


def answer(status: int, text: str) -> Response:
    """The answer for an error, as page or as JSON."""
    if wants_json():
        body = {"error": CODES.get(status, "internal_server_error"), "reason": text}
        return make_response(jsonify(body), status)
    title = _(TITLES.get(status, Message("Something went wrong")))
    return make_response(render_template("error.html", title=title, text=text), status)


def divan_error(error: DivanError) -> Response:
    if error.status >= 500:
        log.error("%s", error, exc_info=error)
    return answer(error.status, _(error.message))


def store_error(error: StoreError) -> Response:
    """The store's own words are for the log; people get what they can do."""
    log.error("the store failed: %s", error.reason, exc_info=error)
    return answer(503, _(BUSY)) if error.status == 503 else answer(500, _(FAILED))


def csrf_error(error: CSRFError) -> Response:
    return (None if wants_json() else unsent_page()) or answer(400, _(EXPIRED))


def http_error(error: HTTPException) -> Response | HTTPException:
    if error.response is not None or (error.code or 500) < 400:
        return error  # a redirect, or an answer made on purpose
    return answer(error.code or 500, _(TEXTS.get(error.code or 500, FAILED)))


def other_error(error: Exception) -> Response:
    log.exception("a page failed", exc_info=error)
    return answer(500, _(FAILED))


def register(app: Flask) -> None:
    """Answer the errors of every layer."""
    app.register_error_handler(CSRFError, csrf_error)
    app.register_error_handler(DivanError, divan_error)
    app.register_error_handler(StoreError, store_error)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, other_error)
