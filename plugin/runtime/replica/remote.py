"""What a laptop asks the office besides CouchDB's protocol: a token, the databases, its rights."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from plugin.runtime.errors import BadInput, DivanError, NotFound, OfficeError, Refused
from plugin.runtime.replica.subset import Keep, keep_to_json
from store.types import Seq

TIMEOUT = 60.0
PROTOCOL = 1
"""Number of the office's replica protocol; another number means another version of Divan."""


class Unreachable(DivanError):
    """The office does not answer; nothing is lost, the next sync goes on."""

    status = 503

    def __init__(self, url: str, why: str) -> None:
        super().__init__(
            "The office at {url} does not answer ({why}). Try again when it is there.",
            url=url,
            why=why,
        )


class Revoked(DivanError):
    """The office no longer takes this laptop's token."""

    status = 401


class Ended(Revoked):
    """The office ended this laptop's access; `office` is the id of the one that says so."""

    def __init__(self, reason: str, office: str) -> None:
        super().__init__(reason)
        self.office = office


@dataclass(frozen=True)
class Remote:
    """An office by its address. `token` is this laptop's; None before it has one."""

    url: str
    token: str | None = None

    @property
    def store_url(self) -> str:
        """Where the office speaks CouchDB's protocol."""
        return f"{self.url}/replicate"

    def sign_in(self, login: str, password: str, label: str) -> Mapping[str, Any]:
        """A new token: `{"token", "person", "office", "protocol"}`. Raises Refused."""
        body = {"login": login, "password": password, "label": label, "protocol": PROTOCOL}
        try:
            return self._ask("token", body)
        except Revoked:
            raise Refused("The office does not know this name with this password.") from None

    def databases(self) -> Mapping[str, Any]:
        """`{"office": id, "person": name, "databases": [{"name", "documents"}]}`."""
        return self._ask("databases", {})

    def report(self, report: Mapping[str, Any]) -> None:
        """Tell how this laptop is, where there is more to tell than at the beginning."""
        self._ask("report", report)

    def news(self, states: Mapping[str, str], report: Mapping[str, Any]) -> Mapping[str, Any]:
        """`{"office": id, "person": name, "now", "databases": [names], "news": [names]}`: all
        databases that may be replicated, and those with something new for the states of the last
        sync. Tells how this laptop is along with it (replica/reporting.py)."""
        return self._ask("news", {"states": dict(states), "report": report})

    def rights(self, database: str, state: str | None) -> Mapping[str, Any]:
        """`{"state", "lost": [hashed ids], "gained": [ids]}` since `state`: replica/rights.py.
        Raises NotFound where the right to the database went meanwhile."""
        return self._ask(f"rights/{quote(database, safe='')}", {"state": state})

    def sizes(self, keep: Keep | None) -> list[dict[str, Any]]:
        """`[{"name", "documents", "bytes", "attachments", "mine"}]` of all databases; how much of
        each the choice is, or would be where it leaves the database out."""
        return list(self._ask("sizes", {"keep": keep_to_json(keep)})["databases"])

    def kept(self, database: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a choice comes to now, and what entered and left it: `choosing.answer_kept`."""
        return self._ask(f"kept/{quote(database, safe='')}", body)

    def wait(self, since: Mapping[str, Seq], seconds: float) -> Mapping[str, Any]:
        """`{"changed": [databases past the sequence in `since`], "pause": seconds}`, as soon as
        there are any. A pause is asked for where too many laptops wait already."""
        body = {"since": dict(since), "seconds": seconds}
        return self._ask("wait", body, seconds + TIMEOUT)

    def leave(self) -> None:
        """End this laptop's token. Raises Revoked where it was ended already."""
        self._ask("leave", {})

    def propose(self, proposal: Mapping[str, Any]) -> None:
        """Put an edit into the review box (replica/proposals.py). Raises Refused."""
        self._ask("proposals", proposal)

    def _ask(self, path: str, body: Mapping[str, Any], timeout: float = TIMEOUT) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(
            f"{self.url}/replica/{path}", json.dumps(body).encode(), headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            raise _refusal(error, self.url) from error
        except (OSError, urllib.error.URLError) as error:
            why = str(getattr(error, "reason", error))
            raise Unreachable(self.url, why) from error
        except (ValueError, TypeError) as error:
            raise OfficeError("{url} is no Divan office.", url=self.url) from error


def read_url(url: str) -> str:
    """The address without a closing slash. Raises BadInput for what is no http address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput("{url} is no address. It must look like http://office:8000", url=url)
    if parts.username is not None or parts.password is not None:
        raise BadInput("Give no password in the address; you will be asked for it.")
    return url.rstrip("/")


def _refusal(error: urllib.error.HTTPError, url: str) -> DivanError:
    with error:
        try:
            body = dict(json.load(error))
        except (ValueError, TypeError):
            body = {}
    reason = str(body.get("reason", ""))
    if error.code == 401 and body.get("error") == Ended.__name__:
        return Ended(reason, str(body.get("office")))
    if error.code == 401:
        return Revoked(reason or "The office does not take this laptop's token.")
    if error.code in (403, 409, 422, 429):
        return Refused(reason or "The office refuses this.")
    if error.code == 404:
        return NotFound(reason) if reason else OfficeError("{url} is no Divan office.", url=url)
    return OfficeError("The office at {url} failed: {why}", url=url, why=reason or str(error))
