"""The worker's part: nothing is handed out before the bundle was read back from the archive."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from urllib.request import urlopen

import pytest
import sqlalchemy as sa

from archive.errors import StoreRefusedError, StoreUnavailableError
from archive.seal import LogKey, Seal
from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.bundles import service as bundles
from stationd.bundles import store
from stationd.bundles.model import Kind, OrderState
from stationd.bundles.work import Retention, Workshop, run
from stationd.clock import SystemClock
from stationd.db.schema import objects
from stationd.handouts import service
from stationd.handouts.making import hand_out
from stationd.handouts.model import HandoutState, Way
from stationd.ids import SystemIds
from stationd.ledger.service import LedgerTree
from stationd.schedule.checks import read_check

pytestmark = pytest.mark.system

RETENTION = Retention(closing=timedelta(days=3650), other=timedelta(days=730))


@pytest.fixture
def desk(desk):
    """The locks and links of a real archive go by the machine's clock."""
    return replace(desk, clock=SystemClock(), ids=SystemIds())


@pytest.fixture
def shop(desk, manager, keys, authority, s3_store, tmp_path):
    """A workshop with one verified bundle in a real archive."""
    opening = Opening(
        customer=Customer(id="c1", name="Acme"),
        site=Site(id="s1", customer_id="c1", name="Shop", address="1 Main", zone="UTC"),
        contract=Contract(id="k1", site_id="s1", number="K-1"),
        acct="1234",
    )
    open_account(desk, opening, by=manager)
    (tmp_path / "sealed").mkdir()
    log_key = LogKey.load(keys.log_key)
    made = Workshop(
        desk=desk,
        store=s3_store,
        authority=authority,
        seal=Seal.load(keys.seal_key, keys.seal, keys.root),
        log_public_pem=log_key.public_pem,
        origin="log.example.com/station-1",
        sealed=tmp_path / "sealed",
        holder="node-1",
    )
    order_id = bundles.order(desk, "1234", Kind.ON_REQUEST, manager)
    run(made, order_id, LedgerTree.load(desk), log_key=log_key, retention=RETENTION)
    return made


def ask(shop, by):
    (order,) = bundles.orders(shop.desk)
    return service.ask(shop.desk, order.id, Way.LINK, recipient="J", purpose="claim", by=by)


class KilledError(BaseException):
    """The process ends here."""


def test_links_fetch_what_was_verified_and_a_kill_makes_none_twice(shop, manager, sealer, custody):
    asked = ask(shop, manager)
    before = bundles.read(shop.desk, asked.order_id).verified_at

    def killed(point):
        if point == "verified anew":
            raise KilledError

    with pytest.raises(KilledError):
        hand_out(replace(shop, passed=killed), asked.order_id, sealer)
    assert service.read(shop.desk, asked.id).state is HandoutState.ASKED
    for _ in range(2):
        hand_out(shop, asked.order_id, sealer)
    assert bundles.read(shop.desk, asked.order_id).verified_at > before
    found = service.links(shop.desk, asked.id, sealer, by=manager)
    for one in bundles.objects(shop.desk, asked.order_id):
        with urlopen(found[one.file]) as answer:
            assert hashlib.sha256(answer.read()).hexdigest() == one.sha256
    assert [one["kind"] for one in custody()].count("linked") == 1


def test_a_bundle_that_does_not_verify_is_an_incident_and_gives_no_link(
    shop, manager, sealer, custody
):
    asked = ask(shop, manager)
    with shop.desk.database.writing() as connection:
        # As if the archive had other bytes under this version than were put there.
        wrong = sa.update(objects).where(objects.c.file.like("%.asice")).values(sha256="0" * 64)
        connection.execute(wrong)
    hand_out(shop, asked.order_id, sealer)
    refused = service.read(shop.desk, asked.id)
    assert (refused.state, refused.links) == (HandoutState.REFUSED, None)
    assert "instead of" in refused.why
    assert bundles.read(shop.desk, asked.order_id).state is OrderState.STORED
    with shop.desk.database.reading() as connection:
        assert read_check(connection, f"bundle {asked.order_id}").outcome == "failed"
    assert [one["kind"] for one in custody()][-2:] == ["incident", "hand_out_refused"]


def test_a_bundle_with_an_incident_that_reads_back_well_is_refused_with_a_reason(
    shop, manager, sealer
):
    asked = ask(shop, manager)
    with shop.desk.database.writing() as connection:
        store.update_order(connection, asked.order_id, state=OrderState.STORED.value)
    hand_out(shop, asked.order_id, sealer)
    refused = service.read(shop.desk, asked.id)
    assert (refused.state, refused.links) == (HandoutState.REFUSED, None)
    assert refused.why == "The bundle is stored, not verified."


def test_while_the_archive_is_away_it_stays_asked_for(shop, manager, sealer):
    asked = ask(shop, manager)

    class Away:
        locked = True
        name = "away"

        def head(self, _key, _version):
            raise StoreUnavailableError("away")

    hand_out(replace(shop, store=Away()), asked.order_id, sealer)
    assert service.read(shop.desk, asked.id).state is HandoutState.ASKED
    assert bundles.read(shop.desk, asked.order_id).state is OrderState.VERIFIED


def test_a_store_without_links_says_what_helps(shop, manager, sealer, monkeypatch):
    asked = ask(shop, manager)

    def none(*_where, **_how):
        raise StoreRefusedError("no links here; hand out a copy")

    monkeypatch.setattr(type(shop.store), "link", none)
    hand_out(shop, asked.order_id, sealer)
    assert service.read(shop.desk, asked.id).why == "no links here; hand out a copy"
