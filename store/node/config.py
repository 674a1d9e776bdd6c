"""The configuration of a node: CouchDB's sections of keys and texts, `local.ini` as JSON.

What Divan does not know is kept and answered, and does nothing: tools set many keys.
"""

import json
import os
import secrets
import threading
from collections.abc import Mapping
from pathlib import Path

from store.errors import StoreError, Unavailable

Sections = dict[str, dict[str, str]]

DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "chttpd": {
        "admin_only_all_dbs": "true",
        "decode_plus_to_space": "true",
        "enable_cors": "false",
        "max_http_request_size": "4294967296",
        "require_valid_user": "false",
        "require_valid_user_except_for_up": "false",
    },
    "chttpd_auth": {
        "allow_persistent_cookies": "true",
        "hash_algorithms": "sha256, sha",
        "iterations": "600000",
        "pbkdf2_prf": "sha256",
        "proxy_use_secret": "false",
        "timeout": "600",
        "upgrade_hash_on_auth": "true",
    },
    "chttpd_auth_lockout": {"mode": "enforce", "threshold": "5"},
    "cors": {"credentials": "false"},
    "couchdb": {"default_security": "admin_only", "users_db_security_editable": "false"},
    "uuids": {"algorithm": "sequential"},
    "vendor": {"name": "Divan"},
}


class Config:
    """Read by all threads. Three layers: the defaults, what `path` keeps (nothing is kept without
    one), and what was given for this run alone, which no file ever sees."""

    def __init__(
        self, path: Path | None = None, given: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._kept: Sections = _read(path) if path is not None and path.exists() else {}
        self._first = {name: dict(keys) for name, keys in (given or {}).items()}
        self._given: Sections = _copied(self._first)
        self.version = 0
        """Counts the changes, for whoever remembers what follows from the configuration."""
        self._ensure("chttpd_auth", "secret")
        self._ensure("couchdb", "uuid")

    def section(self, name: str) -> dict[str, str]:
        layers = (DEFAULTS, self._kept, self._given)
        return {key: text for layer in layers for key, text in layer.get(name, {}).items()}

    def sections(self) -> Sections:
        names = sorted({*DEFAULTS, *self._kept, *self._given})
        return {name: section for name in names if (section := self.section(name))}

    def text(self, section: str, key: str) -> str | None:
        for layer in (self._given, self._kept, DEFAULTS):
            found = layer.get(section, {}).get(key)
            if found is not None:
                return found
        return None

    def flag(self, section: str, key: str) -> bool:
        return self.text(section, key) == "true"

    def number(self, section: str, key: str) -> int:
        """The number kept, the default where it is none."""
        text = self.text(section, key) or ""
        return int(text) if text.isascii() and text.isdigit() else int(DEFAULTS[section][key])

    def listed(self, section: str, key: str) -> list[str]:
        """The members of a list separated by commas."""
        parts = (part.strip() for part in (self.text(section, key) or "").split(","))
        return [part for part in parts if part]

    def set(self, section: str, key: str, text: str, *, persist: bool = True) -> None:
        with self._lock:
            layer = self._kept if persist else self._given
            if persist:
                _drop(self._given, section, key)
            layer.setdefault(section, {})[key] = text
            self._changed(persist)

    def delete(self, section: str, key: str, *, persist: bool = True) -> None:
        """Forget what was set; a default shows again, as in CouchDB."""
        with self._lock:
            _drop(self._given, section, key)
            if persist:
                _drop(self._kept, section, key)
            self._changed(persist)

    def reload(self) -> None:
        """Forget what was set for this run alone since it began."""
        with self._lock:
            self._given = _copied(self._first)
            self._changed(persist=False)

    def _ensure(self, section: str, key: str) -> None:
        if not self.text(section, key):
            self.set(section, key, secrets.token_hex(16))

    def _changed(self, persist: bool) -> None:
        self.version += 1
        if persist and self._path is not None:
            _write(self._path, self._kept)


def _copied(sections: Sections) -> Sections:
    return {name: dict(keys) for name, keys in sections.items()}


def _drop(layer: Sections, section: str, key: str) -> None:
    keys = layer.get(section, {})
    keys.pop(key, None)
    if not keys:
        layer.pop(section, None)


def _read(path: Path) -> Sections:
    try:
        found: Sections = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read: {error}") from error
    return found


def _write(path: Path, sections: Sections) -> None:
    """Whole or not at all, and for nobody else to read: it holds the secret of the sessions."""
    draft = path.with_name(f"{path.name}.new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(sections, file, ensure_ascii=False, indent=2)
            file.flush()
            os.fsync(descriptor)
        draft.replace(path)
    except OSError as error:
        raise Unavailable(f"{path.name} could not be written: {error.strerror}") from error
