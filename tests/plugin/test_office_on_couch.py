"""An office whose store is reached over CouchDB's protocol, here the embedded one behind HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin import Level, NotFound, Office, add_person
from store.types import BasicAuth
from tests.store.nodes import served_node, trusting

LOGIN = BasicAuth("admin", "only in this test")
SHARED = "a secret of this test"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with served_node(tmp_path / "couch", LOGIN, trusting(SHARED)) as url:
        yield url


def data_directory(path: Path, address: str) -> Path:
    """A data directory as an administrator lays it out before the first start."""
    secrets = path / "secrets"
    secrets.mkdir(parents=True)
    (path / "divan.toml").write_text(f'store_url = "{address}"\n', encoding="utf-8")
    texts = {"store_auth": f"{LOGIN.user}:{LOGIN.password}", "store_proxy_secret": SHARED}
    for name, text in texts.items():
        (secrets / name).write_text(text + "\n", encoding="utf-8")
        (secrets / name).chmod(0o600)
    return path


def test_a_person_works_there_and_the_store_knows_who_writes(tmp_path: Path, address: str) -> None:
    with Office.create(data_directory(tmp_path / "data", address)) as office:
        for name in ("anna", "ben"):
            add_person(office, name, {"name_latin": name.title()})
        anna = office.session(office.directory.identity("anna"))
        customers = anna.database("customers")
        assert customers.access.level is Level.AUTHOR
        made = customers.create("customer", {"name": "Acme"})
        saved = customers.save(made.id, made.rev, {"name": "Acme Ltd"})
        assert anna.listing("customers", "customers_by_name").count() == 1
        ben = office.session(office.directory.identity("ben"))
        with pytest.raises(NotFound):
            ben.database("customers").open(made.id)
        assert ben.listing("customers", "customers_by_name").count() == 0
        (refused,) = ben.database("customers").context.writing.bulk_docs(
            [{**saved.raw, "name": "Ben's now"}]
        )
        assert refused["error"] == "forbidden"
        assert "mail_anna" in [info.name for info in anna.databases()]
