from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.errors import StoreUnavailableError
from archive.seal import LogKey
from archive.stores.directory import DirectoryStore
from stationd.bundles import service, store
from stationd.bundles.attempts import (
    attempt,
    backoff,
    note_trouble,
    reverify,
    sentence,
    take_order,
)
from stationd.bundles.model import Kind, OrderState
from stationd.bundles.work import Retention, Workshop, prepare
from stationd.desk import Desk
from stationd.errors import UnavailableError
from stationd.ledger.service import LedgerTree
from stationd.staff.model import Person

RETENTION = Retention(closing=timedelta(days=3650), other=timedelta(days=730))


class Away(DirectoryStore):
    """A store that cannot be asked."""

    def put(self, key: str, path: Path, **_: object) -> str:  # type: ignore[override]
        raise StoreUnavailableError("S3 is away")


@pytest.fixture
def ordered(desk: Desk, manager: Person, tree: LedgerTree, log_key: LogKey) -> str:
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    prepare(desk, order_id, tree, "log.example.com/station-1", log_key, RETENTION)
    return order_id


@pytest.fixture
def verified(shop: Workshop, ordered: str) -> str:
    assert attempt(shop, ordered).state is OrderState.VERIFIED
    return ordered


@pytest.fixture
def container(folder_store: DirectoryStore) -> Callable[[], Path]:
    return lambda: next(folder_store._path.rglob("*.asice"))


@pytest.mark.parametrize(("tries", "seconds"), [(0, 2), (1, 4), (5, 64), (9, 600), (10_000, 600)])
def test_the_wait_doubles_up_to_ten_minutes(tries: int, seconds: int) -> None:
    assert backoff(tries) == timedelta(seconds=seconds)


def test_an_attempt_that_succeeds_gives_the_lease_back(
    desk: Desk, shop: Workshop, ordered: str
) -> None:
    assert take_order(desk, ordered, "node-1")
    done = attempt(shop, ordered)
    assert (done.state, done.lease_by, done.tries, done.why) == ("verified", None, 0, "")


def test_what_stands_in_the_way_is_told_and_tried_later(
    desk: Desk, shop: Workshop, ordered: str, tmp_path: Path
) -> None:
    away = replace(shop, store=Away(tmp_path / "away"))
    first = attempt(away, ordered)
    assert (first.state, first.why, first.tries) == ("built", "S3 is away", 1)
    assert first.retry_at > desk.clock.now()
    assert attempt(away, ordered).tries == 2
    assert attempt(shop, ordered).why == ""


def test_lost_files_lead_to_a_new_order(
    desk: Desk, shop: Workshop, ordered: str, tmp_path: Path
) -> None:
    attempt(replace(shop, store=Away(tmp_path / "away")), ordered)
    next(shop.sealed.rglob("*.asice")).unlink()
    assert attempt(shop, ordered).state is OrderState.FAILED
    new, old = service.orders(desk)
    assert (old.id, new.state, new.kind) == (ordered, "ordered", "on_request")


def test_a_look_at_a_good_bundle_renews_it(desk: Desk, shop: Workshop, verified: str) -> None:
    before = service.read(desk, verified)
    after = reverify(shop, verified)
    assert after.verified_at is not None
    assert before.verified_at is not None
    assert after.verified_at > before.verified_at


def test_a_changed_object_is_an_incident_until_it_reads_back_good(
    desk: Desk, shop: Workshop, verified: str, container: Callable[[], Path]
) -> None:
    path = container()
    good = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(good[:-1] + b"?")
    fallen = reverify(shop, verified)
    assert fallen.state is OrderState.STORED
    assert fallen.why
    path.write_bytes(good)
    assert attempt(shop, verified).state is OrderState.VERIFIED


def test_an_outage_is_no_incident(
    desk: Desk, shop: Workshop, verified: str, container: Callable[[], Path]
) -> None:
    class Silent(DirectoryStore):
        def fetch(self, key: str, version_id: str, into: Path) -> None:
            raise StoreUnavailableError("S3 is away")

    silent = Silent(container().parents[5])
    kept = reverify(replace(shop, store=silent), verified)
    assert (kept.state, kept.why) == (OrderState.VERIFIED, "S3 is away")


def test_trouble_is_one_line_of_bounded_length(desk: Desk, ordered: str) -> None:
    note_trouble(desk, ordered, UnavailableError("a\n  b" + "x" * 3000))
    assert service.read(desk, ordered).why.startswith("a bxxx")
    assert len(service.read(desk, ordered).why) == 1000


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(28, "No space left on device", "/var/x"), "/var/x: No space left on device"),
        (OSError(28, "No space left on device"), "the disk: No space left on device"),
        (ValueError(), "ValueError"),
    ],
)
def test_a_fault_is_told_in_words(error: Exception, says: str) -> None:
    assert sentence(error) == says


def test_a_lease_of_another_is_not_taken(desk: Desk, ordered: str) -> None:
    assert take_order(desk, ordered, "node-1")
    assert not take_order(desk, ordered, "node-2")
    with desk.database.reading() as connection:
        assert store.read_order(connection, ordered).lease_by == "node-1"
