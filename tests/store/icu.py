"""ICU's root collation through ctypes: the oracle of the tests, and what makes the table.

Debian has it as libicu; where it is not installed `load()` is None.
"""

import ctypes
import ctypes.util
import re
from collections.abc import Iterator
from typing import Any

_ENCODING = "utf-16-le"


class Icu:
    """The root collation of the library at `path`, whose functions end in `_version`."""

    def __init__(self, path: str, version: str) -> None:
        self._library = ctypes.CDLL(path)
        self._suffix = f"_{version}"
        self._call("ucol_open", ctypes.c_void_p)
        self._collator = self._checked("ucol_open", b"root")
        self.version = self._version()

    def _call(self, name: str, kind: Any = ctypes.c_int32) -> Any:
        function = getattr(self._library, name + self._suffix)
        function.restype = kind
        return function

    def _checked(self, name: str, *arguments: Any, kind: Any = ctypes.c_void_p) -> Any:
        status = ctypes.c_int32(0)
        answer = self._call(name, kind)(*arguments, ctypes.byref(status))
        if status.value > 0:
            raise OSError(f"{name}: {status.value}")
        return answer

    def _version(self) -> str:
        found = (ctypes.c_uint8 * 4)()
        self._call("u_getVersion", None)(found)
        return f"{found[0]}.{found[1]}"

    def sort_key(self, text: str) -> bytes:
        data = text.encode(_ENCODING, "surrogatepass")
        source = ctypes.create_string_buffer(data)
        room = ctypes.create_string_buffer(64 * (len(data) + 1))
        size = self._call("ucol_getSortKey")(
            ctypes.c_void_p(self._collator), source, len(data) // 2, room, len(room)
        )
        return room.raw[:size]

    def elements(self, text: str) -> Iterator[int]:
        """The collation elements: 16 bits of primary weight, 8 of secondary, 8 of tertiary."""
        data = text.encode(_ENCODING, "surrogatepass")
        source = ctypes.create_string_buffer(data)
        found = ctypes.c_void_p(
            self._checked(
                "ucol_openElements", ctypes.c_void_p(self._collator), source, len(data) // 2
            )
        )
        while (element := self._checked("ucol_next", found, kind=ctypes.c_int32)) != -1:
            yield element & 0xFFFFFFFF
        self._call("ucol_closeElements", None)(found)

    def contractions(self) -> list[str]:
        """All texts of several characters that have weights of their own."""
        members = ctypes.c_void_p(self._call("uset_openEmpty", ctypes.c_void_p)())
        self._checked(
            "ucol_getContractionsAndExpansions",
            ctypes.c_void_p(self._collator), members, None, ctypes.c_int8(1), kind=None,
        )  # fmt: skip
        texts = []
        room = ctypes.create_string_buffer(64)
        for item in range(self._call("uset_getItemCount")(members)):
            first, last = ctypes.c_int32(), ctypes.c_int32()
            size = self._checked(
                "uset_getItem", members, item, ctypes.byref(first), ctypes.byref(last), room, 32,
                kind=ctypes.c_int32,
            )  # fmt: skip
            if size > 1:
                texts.append(room.raw[: 2 * size].decode(_ENCODING))
        self._call("uset_close", None)(members)
        return texts


def load() -> Icu | None:
    """The installed ICU, None where there is none."""
    path = ctypes.util.find_library("icui18n")
    version = re.search(r"\.so\.(\d+)", path or "")
    return None if path is None or version is None else Icu(path, version[1])
