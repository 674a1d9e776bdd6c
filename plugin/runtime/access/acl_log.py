"""The log of an access control list: who changed what and when. It travels in the document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acl import Reason, reason
from acl.reasons import CHANGES
from plugin.runtime.context import told
from plugin.runtime.messages import Message


@dataclass(frozen=True)
class LoggedChange:
    """One save of the list. `at` is a stamp, `by` a stable id."""

    at: str
    by: str
    texts: tuple[Message, ...]


def logged(changes: Sequence[Reason]) -> dict[str, Any]:
    """What a line of the log holds of them: as data for people's languages, and in English."""
    return {
        "text": " ".join(map(str, changes)),
        "changes": [{"code": change.code, **change.params} for change in changes],
    }


def read_log(doc: Mapping[str, Any]) -> list[LoggedChange]:
    """The log of an ACL document, the newest first. What a line says in an unknown way is shown as
    it stands: an office of another version may have written it."""
    lines = doc.get("log")
    found = [_line(line) for line in lines or [] if isinstance(line, Mapping)]
    return found[::-1]


def _line(line: Mapping[str, Any]) -> LoggedChange:
    changes = line.get("changes")
    texts = [_told(change) for change in changes] if isinstance(changes, list) else []
    known = tuple(text for text in texts if text is not None)
    if not known or len(known) < len(texts):
        known = (Message({"en": str(line.get("text", ""))}),)
    return LoggedChange(str(line.get("at", "")), str(line.get("by", "")), known)


def _told(change: Any) -> Message | None:
    if not isinstance(change, Mapping) or change.get("code") not in CHANGES:
        return None
    params = {str(name): str(value) for name, value in change.items() if name != "code"}
    try:
        str(reason(change["code"], **params))
    except KeyError:
        return None
    return told(reason(change["code"], **params))
