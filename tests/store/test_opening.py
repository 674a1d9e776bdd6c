"""From an address to a server."""

from pathlib import Path

import pytest

from store.couch.server import CouchServer
from store.errors import BadRequest, Unavailable
from store.lite import LiteServer
from store.opening import open_server
from store.types import BasicAuth, BearerAuth


@pytest.mark.parametrize("form", ["{}", "lite://{}"])
def test_a_path_opens_the_embedded_store(tmp_path: Path, form: str) -> None:
    directory = tmp_path / "new" / "客户 store"
    server = open_server(form.format(directory))
    try:
        assert isinstance(server, LiteServer)
        server.create("a")
        assert (directory / "a.sqlite").exists()
    finally:
        server.close()


def test_a_web_address_opens_the_client() -> None:
    server = open_server("http://127.0.0.1:9/", auth=BasicAuth("anna", "hidden"))
    try:
        assert isinstance(server, CouchServer)
    finally:
        server.close()


@pytest.mark.parametrize(
    "url", ["", "ftp://x/", "lite://host/x", "lite:relative", "http://anna:pw@127.0.0.1/"]
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(BadRequest):
        open_server(url)


def test_a_file_in_the_place_of_the_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="file"):
        open_server(str(tmp_path / "file"))


def test_credentials_do_not_show() -> None:
    assert "hidden" not in repr(BasicAuth("anna", "hidden")) + repr(BearerAuth("hidden"))
