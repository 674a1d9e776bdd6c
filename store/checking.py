"""Reading a whole database and comparing what it says of itself with what is there."""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from store.api import Database
from store.errors import DamagedDocument, StoreError
from store.types import ChangesOptions, Doc, Json, Row, Seq

PAGE = 200


@dataclass(frozen=True)
class Checked:
    """What was read: documents with a live winner, all leaf revisions, attachments; and in plain
    sentences what is wrong."""

    documents: int
    revisions: int
    attachments: int
    problems: tuple[str, ...]


def check(database: Database, read: Callable[[int], None] | None = None) -> Checked:
    """Read every leaf revision with its attachments. `read` is told the number of documents so
    far. Raises the store's errors only where the database cannot be read at all."""
    documents = revisions = attachments = 0
    problems: list[str] = []
    for rows in _pages(database):
        documents += sum(not row.get("deleted", False) for row in rows)
        for docid, leaf in _leaves(database, rows, problems):
            revisions += 1
            for name, stub in leaf.get("_attachments", {}).items():
                attachments += 1
                if _is_damaged(stub):
                    problems.append(f"Attachment {name} of {docid} {leaf['_rev']} is damaged.")
        if read is not None:
            read(documents)
    said = database.info()["doc_count"]
    if said != documents:
        problems.append(f"The database says it has {said} documents, but {documents} are there.")
    return Checked(documents, revisions, attachments, tuple(problems))


def _pages(database: Database) -> Iterator[list[Row]]:
    since: Seq = 0
    while True:
        options = ChangesOptions(since=since, limit=PAGE, style="all_docs")
        page = database.changes(options)
        if not page["results"]:
            return
        yield page["results"]
        since = page["last_seq"]


def _leaves(database: Database, rows: list[Row], problems: list[str]) -> Iterator[tuple[str, Doc]]:
    for row in rows:
        docid = row["id"]
        wanted = [change["rev"] for change in row["changes"]]
        try:
            answers = database.open_revs(docid, wanted, attachments="follows")
        except DamagedDocument as error:
            problems.append(error.reason)
            continue
        except StoreError as error:
            problems.append(f"{docid} cannot be read: {error.reason}")
            continue
        for answer in answers:
            if "ok" in answer:
                yield docid, answer["ok"]
            else:
                problems.append(f"Revision {answer.get('missing')} of {docid} is missing.")


def _is_damaged(stub: Mapping[str, Json]) -> bool:
    """Whether the bytes, as they are stored, differ from their digest."""
    digest = hashlib.md5(usedforsecurity=False)
    for piece in stub["data"].pieces():
        digest.update(piece)
    return bool(stub["digest"] != f"md5-{base64.b64encode(digest.digest()).decode()}")
