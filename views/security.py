"""What keeps the shell safe in a browser: headers, cookies, CSRF tokens, the session key."""

from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect

from plugin import kept_secret

csrf = CSRFProtect()

# No inline script or style anywhere: Bootstrap's own pictures are the only data: addresses.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
KEY_NAME = "session_key"


class CookieSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, `Secure` whenever the request came by https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return secure_request()


def secure_request() -> bool:
    """True where the person's browser speaks https to us or to a proxy before us."""
    base = str(current_app.config["DIVAN_BASE_URL"])
    return request.is_secure or base.startswith("https://")


def session_key(directory: Path) -> str:
    """The key that signs session cookies: made once, readable by the owner of the data only."""
    return kept_secret(directory, KEY_NAME)


def add_headers(response: Response) -> Response:
    """Set the headers; pages of people are not kept by caches, files of the shell are."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint and not request.endpoint.endswith("static"):
        response.headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def local_address(target: str | None, default: str) -> str:
    """`target` where it is a path of this shell, else `default`: no redirect leads elsewhere."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return default
    if any(ord(character) < 32 for character in target):
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target


def secure(app: Flask, office: str) -> None:
    """Install all of it on `app`, which serves the office with this id.

    The id is in the cookie's name: browsers give cookies to every port of a host, and a laptop is
    often tried beside its office.
    """
    app.session_interface = CookieSessions()
    app.config.update(
        SESSION_COOKIE_NAME=f"divan_{office[:8]}",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=32 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
    )
    csrf.init_app(app)
    app.after_request(add_headers)
