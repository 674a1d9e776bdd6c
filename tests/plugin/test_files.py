"""Secrets in files of a data directory."""

import os
import secrets
import threading
from pathlib import Path

from plugin.runtime.files import kept_private, write_private


def test_of_several_who_make_a_secret_all_get_the_first(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "key"
    together = threading.Barrier(8)
    found: list[str] = []

    def make() -> str:
        together.wait(30)  # all have seen that there is no file
        return secrets.token_hex(8)

    threads = [
        threading.Thread(target=lambda: found.append(kept_private(path, make))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and set(found) == {path.read_text(encoding="utf-8")}
    assert [entry.name for entry in path.parent.iterdir()] == ["key"]
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_secret_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "token"
    write_private(path, "first")
    write_private(path, "second")
    assert kept_private(path, lambda: "third") == "second"
    assert [entry.name for entry in path.parent.iterdir()] == ["token"]
