"""What is attached, in pieces: written ahead of its document, read by range, kept once.

Bytes that come in pieces are stored in short transactions of their own, so that neither memory nor
the file's log holds all of them and nobody waits for a slow sender. The transaction that writes the
document then gives them their digest, or drops them where the same bytes are there already.
"""

import hashlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from store.errors import AttachmentTooLarge, DigestMismatch, NotFound
from store.lite.edits import MAX_ATTACHMENT, Ahead, Edit, NewAttachment, as_digest
from store.lite.schema import PIECE
from store.lite.storage import Storage, Transaction
from store.types import Content, Doc, unzipped

AT_ONCE = 16 * PIECE
"""Bytes that are stored in one transaction; contents up to this are stored with their document."""
ABANDONED = 3600
"""Seconds after which a content that nobody goes on writing is left over from a cut."""


@dataclass(frozen=True)
class FileContent:
    """A `StoredContent` of the embedded store. Each piece is read by itself: a slow reader holds no
    connection, and no old state of the database."""

    storage: Storage
    digest: str
    length: int

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        end = self.length if stop is None else min(stop, self.length)
        while start < end:
            piece = self._piece_at(start)[: end - start]
            yield piece
            start += len(piece)

    def _piece_at(self, start: int) -> bytes:
        first = start - start % PIECE
        with self.storage.connection() as conn:
            row = conn.execute(
                "SELECT p.data FROM contents c JOIN pieces p ON p.content = c.key"
                " WHERE c.digest = ? AND p.start = ?",
                (self.digest, first),
            ).fetchone()
        if row is None:
            raise NotFound("Document is missing attachment")
        data: bytes = row[0]
        return data[start - first :]


def of_facts(storage: Storage, facts: dict[str, Any]) -> FileContent:
    """The content of a stored attachment by what its document says of it."""
    return FileContent(storage, facts["digest"], facts.get("encoded_length", facts["length"]))


def filled(storage: Storage, doc: Doc) -> Doc:
    """The document with the contents of those attachments that are to follow."""
    for facts in doc.get("_attachments", {}).values():
        if "follows" in facts:
            facts["data"] = of_facts(storage, facts)
    return doc


def settled(storage: Storage, edit: Edit) -> Edit:
    """The edit after its contents that come in pieces were stored; small ones are in it
    whole. Raises BadRequest, DigestMismatch, AttachmentTooLarge; then nothing of them is kept."""
    attachments = dict(edit.attachments)
    try:
        for name, attachment in edit.attachments.items():
            if isinstance(attachment.data, Content):
                attachments[name] = _written(storage, name, attachment, attachment.data)
    except BaseException:
        give_up(storage, [edit._replace(attachments=attachments)])
        raise
    return edit._replace(attachments=attachments)


def _written(
    storage: Storage, name: str, attachment: NewAttachment, content: Content
) -> NewAttachment:
    writer = _Writer(storage, name)
    try:
        pieces = writer.through(content.pieces())
        zipped = attachment.encoding is not None
        length = sum(len(piece) for piece in (unzipped(pieces) if zipped else pieces))
        data = writer.end()
        if attachment.digest not in ("", writer.digest):
            raise DigestMismatch()
    except BaseException:
        writer.give_up()
        raise
    return replace(
        attachment, data=data, digest=writer.digest, length=length, stored_length=writer.length
    )


class _Writer:
    """Writes one content ahead, some pieces a transaction; a small one stays here."""

    def __init__(self, storage: Storage, name: str) -> None:
        self._storage = storage
        self._name = name
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._waiting = bytearray()
        self._key: int | None = None
        self._stored = 0
        self.length = 0

    @property
    def digest(self) -> str:
        return as_digest(self._md5.digest())

    def through(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Pass the pieces on after each was taken."""
        for piece in pieces:
            self.length += len(piece)
            if self.length > MAX_ATTACHMENT:
                raise AttachmentTooLarge(self._name)
            self._md5.update(piece)
            self._waiting += piece
            while len(self._waiting) > AT_ONCE:
                self._store(bytes(self._waiting[:AT_ONCE]))
                del self._waiting[:AT_ONCE]
            yield piece

    def end(self) -> bytes | Ahead:
        if self._key is None:
            return bytes(self._waiting)
        self._store(bytes(self._waiting))
        return Ahead(self._key)

    def give_up(self) -> None:
        if self._key is not None:
            with self._storage.writing() as tx:
                _remove(tx, self._key)

    def _store(self, data: bytes) -> None:
        with self._storage.writing() as tx:
            if self._key is None:
                self._key = _new(tx, None, 0)
            _insert(tx, self._key, self._stored, data)
            self._stored += len(data)
            tx.conn.execute(
                "UPDATE contents SET length = ?, touched = ? WHERE key = ?",
                (self._stored, int(time.time()), self._key),
            )


def give_up(storage: Storage, edits: Iterable[Edit]) -> None:
    """Forget what was written ahead for these edits and is no stored document's."""
    ahead = [at.data for edit in edits for at in edit.attachments.values()]
    keys = [data.key for data in ahead if isinstance(data, Ahead)]
    if keys:
        with storage.writing() as tx:
            for key in keys:
                wanted = "SELECT 1 FROM contents WHERE key = ? AND digest IS NULL"
                if tx.conn.execute(wanted, (key,)).fetchone():
                    _remove(tx, key)


def keep(tx: Transaction, attachment: NewAttachment) -> None:
    """Store the bytes of an attachment, unless the same ones are there."""
    found = tx.conn.execute(
        "SELECT key FROM contents WHERE digest = ?", (attachment.digest,)
    ).fetchone()
    match attachment.data:
        case Ahead(key) if found:
            _remove(tx, key)
        case Ahead(key):
            tx.conn.execute(
                "UPDATE contents SET digest = ? WHERE key = ?", (attachment.digest, key)
            )
        case bytes() as data if not found:
            _insert(tx, _new(tx, attachment.digest, len(data)), 0, data)


def use(tx: Transaction, body: int, digests: Iterable[str]) -> None:
    """Note that a body has these contents."""
    tx.conn.executemany(
        "INSERT OR IGNORE INTO uses SELECT ?, key FROM contents WHERE digest = ?",
        [(body, digest) for digest in digests],
    )


def release(tx: Transaction, body: int) -> None:
    """Note that a body is gone, and drop the contents that no other has."""
    used = tx.conn.execute("DELETE FROM uses WHERE body = ? RETURNING content", (body,)).fetchall()
    for (key,) in used:
        if not tx.conn.execute("SELECT 1 FROM uses WHERE content = ?", (key,)).fetchone():
            _remove(tx, key)


def drop_abandoned(tx: Transaction) -> None:
    """Drop what was written ahead by processes that ended before they wrote the document."""
    rows = tx.conn.execute(
        "SELECT key FROM contents WHERE digest IS NULL AND touched < ?",
        (int(time.time()) - ABANDONED,),
    )
    for (key,) in rows.fetchall():
        _remove(tx, key)


def _new(tx: Transaction, digest: str | None, length: int) -> int:
    key = tx.conn.execute(
        "INSERT INTO contents (digest, length, touched) VALUES (?, ?, ?)",
        (digest, length, int(time.time())),
    ).lastrowid
    assert key is not None  # an INSERT that did not raise has one
    return key


def _insert(tx: Transaction, key: int, start: int, data: bytes) -> None:
    """Store bytes that begin at `start`, where a piece begins."""
    tx.conn.executemany(
        "INSERT INTO pieces VALUES (?, ?, ?)",
        ((key, start + at, data[at : at + PIECE]) for at in range(0, len(data), PIECE)),
    )


def _remove(tx: Transaction, key: int) -> None:
    tx.conn.execute("DELETE FROM pieces WHERE content = ?", (key,))
    tx.conn.execute("DELETE FROM contents WHERE key = ?", (key,))
