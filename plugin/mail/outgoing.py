"""The buttons of a notice in the outbox: try again, do not send.

They write as the bridge does, by compare-and-set: of a button and a delivery at the same moment the
first one counts. A delivery that is under way ends; what came of it is written all the same.
"""

from collections.abc import Mapping
from typing import Any

from plugin import SERVER, Documents, Message, Outbox, Raw, Refused

AGAIN = frozenset({"failed", "cancelled", "delayed"})
OPEN = frozenset({"waiting", "sending", "delayed"})


def retry_notice(documents: Documents, notice: Raw, items: Mapping[str, Any]) -> Message:
    """Deliver now what failed, was not sent or waits for another try, by each way that has not
    delivered it. Raises Refused where there is nothing to try."""
    if notice.get("state") not in AGAIN:
        raise Refused("Only a notice that failed, is delayed or was cancelled can be tried again.")
    ways = {name: _again(way) for name, way in notice["ways"].items()}
    _write(documents, notice, {"state": "waiting", "ways": ways})
    return Message("The notice is tried again.")


def cancel_notice(documents: Documents, notice: Raw, items: Mapping[str, Any]) -> Message:
    """Let no way deliver it that has not done so yet. Raises Refused where all is done."""
    if notice.get("state") not in OPEN:
        raise Refused("Only a notice that is still open can be cancelled.")
    by = documents.context.session.identity.name
    cancelled = {"state": "cancelled", "error": f"Cancelled by {by}."}
    ways = {
        name: {**way, **cancelled} if way.get("state") in OPEN else way
        for name, way in notice["ways"].items()
    }
    _write(documents, notice, {"ways": ways, **cancelled})
    return Message("The notice is not sent.")


def _again(way: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was delivered stays so; the others begin anew, but for the count of their attempts."""
    if way.get("state") == "sent":
        return way
    return {"state": "waiting", "attempts": way.get("attempts", 0)}


def _write(documents: Documents, notice: Raw, changed: Mapping[str, Any]) -> None:
    office = documents.context.session.office
    kept = {name: value for name, value in notice.items() if name != "error"}
    outbox = Outbox(office.server.database("outbox", SERVER))
    if outbox.write({**kept, **changed}, office.clock()) is None:
        raise Refused("The notice changed meanwhile. Look at it again.")
