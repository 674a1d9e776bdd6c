"""Revision ids: `<generation>-<hash>`, as in CouchDB, made from content so that all machines agree.

The hash covers the same facts as CouchDB's (`couch_db:new_revid`): deleted or not, the parent, the
body and the attachments' names, types and digests. Its bytes differ from CouchDB's, which hashes
Erlang terms; only equality between machines that run Divan is promised.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from store.errors import BadDocument, BadRequest
from store.jsontext import encoder_of
from store.types import Json

_REV = re.compile(r"([1-9][0-9]{0,14})-([0-9A-Za-z_.~-]{0,64})\Z")

_canonical = encoder_of(ensure_ascii=True, sort_keys=True)


def parse(rev: object) -> tuple[int, str]:
    """Return (generation, hash). Tuples of this kind sort as CouchDB sorts revisions.

    Raises BadRequest "Invalid rev format".
    """
    match = _REV.match(rev) if isinstance(rev, str) else None
    if match is None:
        raise BadRequest("Invalid rev format")
    return int(match[1]), match[2]


def parse_all(revs: object) -> list[str]:
    """The revision ids of a list. Raises BadRequest where it is none, or one is malformed."""
    if not isinstance(revs, list | tuple):
        raise BadRequest("Invalid list of revisions")
    for rev in revs:
        parse(rev)
    return list(revs)


def generation(rev: str) -> int:
    """The generation of a revision id that is known to be well formed."""
    return int(rev[: rev.index("-")])


def sort_key(rev: str) -> tuple[int, str]:
    """`parse` without the check, for revisions that come from a tree."""
    number, _, digest = rev.partition("-")
    return int(number), digest


def successor(
    parent: str | None,
    body: Mapping[str, Json],
    *,
    deleted: bool = False,
    attachments: Iterable[tuple[str, str, str]] = (),
) -> str:
    """The id of the revision with this body on this parent.

    `body` is without the members that begin with `_`; the order of its keys does not matter.
    `attachments` are (name, content type, digest). Raises ValueError or TypeError where the body is
    not JSON.
    """
    facts = _canonical([deleted, parent or "", body, sorted(attachments)])
    digest = hashlib.md5(facts.encode(), usedforsecurity=False).hexdigest()
    return f"{generation(parent) + 1 if parent else 1}-{digest}"


def known_generation(path: Sequence[str], known: Collection[str]) -> int:
    """The generation of the newest revision of a path that is among the known ones, 0 if none is
    (`atts_since`)."""
    return next((generation(rev) for rev in path if rev in known), 0)


def to_revisions(path: Sequence[str]) -> dict[str, Json]:
    """The member `_revisions` of a path of revision ids, newest first."""
    return {
        "start": generation(path[0]) if path else 0,
        "ids": [rev[rev.index("-") + 1 :] for rev in path],
    }


def from_revisions(revisions: object) -> tuple[str, ...]:
    """The path, newest first, of a member `_revisions`. Raises BadRequest where it is none."""
    if not isinstance(revisions, Mapping):
        raise BadDocument("Bad special document member: _revisions")
    start, ids = revisions.get("start"), revisions.get("ids")
    if type(start) is not int:
        raise BadDocument("_revisions.start isn't an integer.")
    if not isinstance(ids, list):
        raise BadDocument("_revisions.ids isn't a array.")
    if not 1 <= len(ids) <= start:
        raise BadDocument("_revisions must hold one id at least, and at most as many as `start`.")
    path = tuple(f"{start - place}-{digest}" for place, digest in enumerate(ids))
    for rev in path:
        parse(rev)
    return path
