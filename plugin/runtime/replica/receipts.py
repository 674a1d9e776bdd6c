"""Receipts of a laptop: which documents it removed because of rights, by their hashed ids."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from plugin.runtime.files import write_private

FILE = "receipts.json"
Receipt = dict[str, Any]


class Receipts:
    """Removals of documents, in the laptop's data directory. One that was begun and not finished
    is no receipt yet: the sync that was cut does it again."""

    def __init__(self, data: Path) -> None:
        self._file = data / FILE

    def begin(self, database: str, lost: Iterable[str], removed: Iterable[str]) -> None:
        """What the office told, and what of it is here, both hashed."""
        told = digest_of(lost)
        others, again = [], set(removed)
        for one in self._read():
            if one["database"] == database and not one["done"]:
                again |= set(one["removed"])
            else:
                others.append(one)
        new = {"database": database, "told": told, "removed": sorted(again), "done": False}
        self._write([*others, new])

    def finish(self, database: str) -> None:
        """All that was begun in this database is removed."""
        found = self._read()
        begun = [one for one in found if one["database"] == database and not one["done"]]
        if begun:
            self._write([one | {"done": True} if one in begun else one for one in found])

    def signed(self, secret: str) -> list[Receipt]:
        """The receipts that the office does not have yet."""
        found = [
            {name: one[name] for name in ("database", "told", "removed")}
            for one in self._read()
            if one["done"]
        ]
        return [one | {"signature": signature_of(one, secret)} for one in found]

    def sent(self, receipts: Sequence[Mapping[str, Any]]) -> None:
        """Forget those that the office has."""
        keys = {(one["database"], one["told"]) for one in receipts}
        if keys:
            kept = [one for one in self._read() if (one["database"], one["told"]) not in keys]
            self._write(kept)

    def _read(self) -> list[Receipt]:
        if not self._file.exists():
            return []
        return list(json.loads(self._file.read_text(encoding="utf-8")))

    def _write(self, receipts: Sequence[Receipt]) -> None:
        write_private(self._file, json.dumps(receipts))


def digest_of(hashes: Iterable[str]) -> str:
    """A short name of a list of hashed ids."""
    return hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()[:32]


def signature_of(receipt: Mapping[str, Any], secret: str) -> str:
    """What only the holder of the laptop's token can write under a receipt."""
    unsigned = {name: value for name, value in receipt.items() if name != "signature"}
    text = json.dumps(unsigned, sort_keys=True, separators=(",", ":"))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
