"""Header fields with text outside ASCII, as encoded words (RFC 2047). Pure.

Python's own policy encodes only the words that need it, and loses or doubles spaces between them
where the line is folded (python/cpython issues 120930 and 144156). Here the text of such a field is
encoded as one, so that Chinese and Latin words come out as they went in.
"""

from email.header import Header
from email.headerregistry import AddressHeader
from email.policy import EmailPolicy
from typing import Any

CHARSET = "utf-8"


class FoldingPolicy(EmailPolicy):
    """Lines end with CRLF (RFC 5322). Fields in ASCII are folded by Python."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"linesep": "\r\n", **options})

    def fold(self, name: str, value: Any) -> str:
        if str(value).isascii():
            return str(super().fold(name, value))
        return f"{name}: {self._encoded(name, value)}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii")

    def _encoded(self, name: str, value: Any) -> str:
        if not isinstance(value, AddressHeader):
            return self._words(name, str(value))
        # An address may stand in no encoded word (RFC 2047, 5), only the name before it.
        return f",{self.linesep} ".join(
            f"{self._words(name, one.display_name)}{self.linesep} <{one.addr_spec}>"
            for one in value.addresses
        )

    def _words(self, name: str, text: str) -> str:
        return Header(text, CHARSET, header_name=name).encode(linesep=self.linesep)
