"""A private certificate authority that vouches for servers on this machine, made by openssl."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Authority:
    """`file` holds the authority's own certificate, which clients have to trust."""

    file: Path
    certificate: Path
    key: Path

    @classmethod
    def create(cls, folder: Path) -> "Authority":
        """Make one, or skip the test where there is no openssl."""
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed, so there is no certificate to try TLS with")
        root, root_key = folder / "authority.pem", folder / "authority.key"
        made = cls(root, folder / "server.pem", folder / "server.key")
        _make(root, root_key, "/CN=Authority of the tests")
        _make(
            made.certificate, made.key, "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            "-addext", "basicConstraints=critical,CA:FALSE", "-CA", str(root),
            "-CAkey", str(root_key),
        )  # fmt: skip
        return made

    def server_side(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def _make(certificate: Path, key: Path, subject: str, *more: str) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", subject, "-keyout", str(key), "-out", str(certificate), *more],
        check=True, capture_output=True,
    )  # fmt: skip
