"""An office whose store is reached over CouchDB's protocol: the embedded one as a node, or a real
CouchDB where one is named."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from plugin import (
    AgentRunner,
    Filtered,
    Level,
    NotFound,
    Office,
    Refused,
    Session,
    add_person,
    begin_handover,
    read_query,
    work_of,
)
from plugin.runtime.designs.design import DESIGN_ID
from plugin.runtime.forms.numbering import number
from store.errors import Forbidden
from store.opening import open_server
from store.types import BasicAuth, UserContext
from tests.plugin.shared_store import COUCHDB_URL, Shared, couchdb, data_directory
from tests.store.nodes import served_node, trusting

SECRET = "a secret of this test"


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Shared]:
    if COUCHDB_URL:
        with couchdb() as found:
            if not found.proxy_secret:
                pytest.skip("DIVAN_TEST_COUCHDB_SECRET is not set")
            yield found
        return
    login = BasicAuth("admin", "only in this test")
    with served_node(tmp_path / "couch", login, trusting(SECRET)) as url:
        yield Shared(url, login, SECRET)


@pytest.fixture(params=["basic", "session"])
def office(request: pytest.FixtureRequest, tmp_path: Path, shared: Shared) -> Iterator[Office]:
    with Office.create(data_directory(tmp_path / "data", shared, request.param)) as office:
        for name in ("anna", "ben"):
            add_person(office, name, {"name_latin": name.title(), "department": "销售/华东"})
        yield office


def test_a_person_works_there_and_the_store_knows_who_writes(office: Office) -> None:
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
    _filters_and_views(anna, ben)
    assert "mail_anna" in [info.name for info in anna.databases()]
    handed = begin_handover(anna, work_of(anna, "anna"), "ben", ["customers"], set(), "")
    AgentRunner(office).run_once()
    assert ben.database("tracking").open(handed.id).get("moved") == [2]
    counts = [one.listing("customers", "customers_by_name").count() for one in (anna, ben)]
    assert counts == [0, 2]
    assert [number(office.system(), "x") for _ in range(3)] == ["00001", "00002", "00003"]
    assert not [one for one in office.deploy() if one.changed]


def _filters_and_views(anna: Session, ben: Session) -> None:
    customers = anna.database("customers")
    customers.create("customer", {"name": "Beta", "region": "Abroad"})
    for text, found in (("region.empty=1", "Acme Ltd"), ("name.begins=be&owner.is=%40me", "Beta")):
        query = read_query(customers.form("customer"), parse_qsl(text)).query
        view = customers.keep_view(found, "customers_by_name", query, shared=False)
        for session, names in ((anna, [found]), (ben, [])):
            rows = Filtered(session.listing("customers", view.listing), query, {}).page().rows
            assert [row.items["name"] for row in rows] == names
    assert [view.name for view in customers.views()] == ["Acme Ltd", "Beta"]
    assert ben.database("customers").views() == []
    with pytest.raises(Refused):
        customers.keep_view("For all", "customers_by_name", query, shared=True)


def test_the_server_itself_refuses_what_is_not_allowed(office: Office, shared: Shared) -> None:
    """Past all of Divan: only names, roles and the shared secret are sent."""
    anna = office.session(office.directory.identity("anna"))
    customer = anna.database("customers").create("customer", {"name": "Acme"})
    office.credentials.set_password("anna", "a long enough password")
    ben = UserContext("ben", ("divan", "kind:person", "group:all-staff"))
    with closing(
        open_server(shared.url, auth=shared.login, proxy_secret=shared.proxy_secret)
    ) as bare:
        db = bare.database("customers", ben)
        with pytest.raises(Forbidden):
            db.put({**customer.raw, "name": "Ben's now"})
        with pytest.raises(Forbidden):
            db.delete(customer.id, customer.rev)
        with pytest.raises(Forbidden):
            db.put({**db.get("acl"), "log": []})
        with pytest.raises(Forbidden):
            db.put({**db.get(DESIGN_ID), "validate_doc_update": "function () {}"})
        with pytest.raises(Forbidden):
            bare.database("credentials", ben).all_docs()
        nobody = UserContext("stranger", ())
        with pytest.raises(Forbidden):
            bare.database("customers", nobody).get(customer.id)
    assert anna.database("customers").open(customer.id).items["name"] == "Acme"


def test_the_store_there_calculates_what_an_order_comes_to(office: Office) -> None:
    anna = office.session(office.directory.identity("anna"))
    customer = anna.database("customers").create("customer", {"name": "Acme"})
    price = {"amount": "19.99", "currency": "EUR"}
    line = {"text": "Gauge", "quantity": 3, "price": price, "discount": 10}
    tracking = anna.database("tracking")
    order = tracking.create("order", {"customer": customer.id, "lines": [line]})
    assert order.get("total") == {"amount": "53.97", "currency": "EUR"}
    forged = {"amount": "0.97", "currency": "EUR"}
    with pytest.raises(Forbidden, match="Order total: This does not follow"):
        tracking.context.writing.put({**order.raw, "total": forged, "outstanding": forged})
