"""What passwords must be like: `password_regexp` of the configuration, an Erlang term. Pure.

A list of `"regex"`, `{"regex"}` and `{"regex", "what is told"}` (CouchDB 3.5, `[chttpd_auth]`).
"""

import re
from collections.abc import Iterator

from store.errors import BadRequest, Forbidden

_STRING = r'"(?:[^"\\]|\\.)*"'
_ITEM = rf"(?:{_STRING}|\{{\s*{_STRING}\s*(?:,\s*{_STRING}\s*)?\}})"
_LIST = re.compile(rf"\s*\[\s*(?:{_ITEM}(?:\s*,\s*{_ITEM})*)?\s*\]\s*", re.DOTALL)


def check(password: str, text: str) -> None:
    """Raises BadRequest where `password` is not as `text` demands, Forbidden where that cannot be
    read: then no password is good enough."""
    for pattern, reason in _requirements(text):
        if not pattern.search(password):
            said = "Password does not conform to requirements."
            raise BadRequest(f"{said} {reason}" if reason else said)


def _requirements(text: str) -> Iterator[tuple[re.Pattern[str], str]]:
    try:
        if not _LIST.fullmatch(text):
            raise ValueError("no list of requirements")
        for item in re.findall(_ITEM, text, re.DOTALL):
            regex, *reason = map(_unquoted, re.findall(_STRING, item, re.DOTALL))
            yield re.compile(regex), "".join(reason)
    except (ValueError, re.error) as error:
        raise Forbidden("Server cannot hash passwords at this time.") from error


def _unquoted(string: str) -> str:
    return re.sub(r"\\(.)", r"\1", string[1:-1], flags=re.DOTALL)
