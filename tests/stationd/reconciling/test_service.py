import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from stationd.automation import AutomationSettings
from stationd.bundles import service as bundles
from stationd.bundles.model import Kind
from stationd.cases import service as cases
from stationd.cases.model import Attachment, Reason
from stationd.clock import SetClock, iso
from stationd.db.engine import Database
from stationd.desk import Desk
from stationd.errors import NotAuthorisedError, RefusedError
from stationd.hooks import service as hooks
from stationd.imports.model import Source
from stationd.ledger.store import read_head, read_records
from stationd.reconciling import service, store
from stationd.reconciling.model import Reconciled
from stationd.staff.model import Person, Role
from tests.stationd.cases.conftest import Office, furnished
from tests.stationd.conftest import Roll

pytestmark = pytest.mark.both_databases

MARIA = Person(login="maria", name="Maria", role=Role.MANAGER)
CARL = Person(login="carl", name="Carl", role=Role.CLERK)
SETTINGS = AutomationSettings()
ALL = range(1001, 1011)
DAY = timedelta(days=1)

Listing = Callable[..., Source]


def reconcile(desk: Desk, source: Source, **more: object) -> Reconciled:
    return service.reconcile(desk, source, SETTINGS, **{"by": MARIA, **more})


def paged(desk: Desk) -> list[tuple[str, str]]:
    hooks.watch(desk, [], timedelta(hours=4))
    return sorted((one.kind, one.subject) for one in hooks.pages(desk))


def test_an_account_that_is_gone_gets_one_bundle_and_one_page_however_often_the_list_comes(
    station: Desk, clock: SetClock, listing: Listing
) -> None:
    gone = listing([n for n in ALL if n != 1004])
    first = reconcile(station, gone)
    clock.advance(DAY)
    again = reconcile(station, gone)
    (order,) = bundles.orders(station, acct="1004")
    assert first.orders == (order.id,)
    assert again.orders == ()
    assert (order.kind, order.case_id, order.epoch) == (Kind.ON_REQUEST, None, 1)
    assert paged(station) == [("account_gone", "1004")]
    with station.database.reading() as connection:
        head = read_head(connection, "1004", 1)
        last = read_records(connection, "1004", 1, head.size, 1)[0]
    assert b'"kind":"gone_from_automation"' in last


def test_it_may_come_back_and_go_again(station: Desk, clock: SetClock, listing: Listing) -> None:
    without = listing([n for n in ALL if n != 1004])
    reconcile(station, without)
    clock.advance(DAY)
    assert "1 back" in reconcile(station, listing(ALL)).list.said
    assert paged(station) == []
    clock.advance(DAY)
    assert len(reconcile(station, without).orders) == 1
    assert len(bundles.orders(station, acct="1004")) == 2


def test_a_case_ends_the_page_and_its_account_may_go(station: Desk, listing: Listing) -> None:
    letter = Attachment(name="l.txt", media_type="text/plain", content=b"letter")
    without = listing([n for n in ALL if n not in (1004, 1005)])

    def open_case(acct: str) -> None:
        cases.open_case(
            station,
            acct,
            Reason.CUSTOMER_REQUEST,
            MARIA,
            kind="customer_writing",
            document=letter,
        )

    open_case("1005")
    assert [one.what for one in reconcile(station, without).findings] == ["1004"]
    assert paged(station) == [("account_gone", "1004")]
    open_case("1004")
    assert paged(station) == []


def test_a_list_that_was_cut_off_orders_nothing_and_pages(
    station: Desk, clock: SetClock, listing: Listing
) -> None:
    short = listing([1001])
    with pytest.raises(RefusedError, match="lacks 9 of our 10 accounts"):
        reconcile(station, short, by=CARL)
    assert bundles.orders(station) == []
    ((kind, _),) = paged(station)
    assert kind == "list_refused"
    with pytest.raises(NotAuthorisedError):
        reconcile(station, short, by=CARL, confirmed=True)
    clock.advance(DAY)
    assert len(reconcile(station, short, confirmed=True).orders) == 9
    assert {kind for kind, _ in paged(station)} == {"account_gone"}


def test_a_dry_run_writes_nothing(station: Desk, listing: Listing) -> None:
    found = reconcile(station, listing([n for n in ALL if n != 1004]), dry_run=True)
    assert [(one.kind, one.what) for one in found.findings] == [("gone", "1004")]
    with pytest.raises(RefusedError):
        reconcile(station, listing([1]), dry_run=True)
    assert bundles.orders(station) == []
    with station.database.reading() as connection:
        assert store.read_last(connection) is None


def test_a_run_that_was_killed_is_finished_by_the_next_without_a_second_order(
    station: Desk, listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_AT_ONCE", 1)
    without = listing([n for n in ALL if n not in (1004, 1005)])
    original = service._order
    calls = []

    def dying(*given: object) -> list[str]:
        calls.append(given)
        if len(calls) == 2:
            raise SystemExit
        return original(*given)

    monkeypatch.setattr(service, "_order", dying)
    with pytest.raises(SystemExit):
        reconcile(station, without)
    reconcile(station, without)
    assert sorted(one.acct for one in bundles.orders(station)) == ["1004", "1005"]


@pytest.fixture
def closed(database: Database, clock: SetClock, roll: Roll) -> Desk:
    """A desk whose account 1234, of Acme, is closed; its number is A1."""
    made = Office(furnished(database, clock, MARIA), clock, MARIA)
    roll.link("1234", "main", "A1")
    cases.step(made.desk, made.sealed().id, "close", MARIA)
    return made.desk


def test_a_closed_account_s_number_for_another_customer_is_kept_and_paged(
    closed: Desk, clock: SetClock
) -> None:
    head = "number,customer\n"
    still = Source(name="list.csv", data=f"{head}A1,ACME\n".encode())
    assert "1 closed here and still there" in reconcile(closed, still).list.said
    assert paged(closed) == []
    clock.advance(DAY)
    reconcile(closed, Source(name="list.csv", data=f"{head}A1,Somebody\n".encode()))
    assert paged(closed) == [("number_reused", "A1")]
    with closed.database.reading() as connection:
        query = "SELECT quarantined_until FROM transmitters"
        (until,) = connection.exec_driver_sql(query).scalars()
    assert until == iso(clock.now() + closed.policies.quarantine)


def test_numbers_heard_of_nobody_are_listed(station: Desk, listing: Listing) -> None:
    with station.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO parked (journal, position, part, reason, detail, receiver_group, number, "
            "listener, peer, received_at) VALUES ('j', 1, 1, 'unknown_number', '', 'main', 'FFFF', "
            "'ip', '', '2026-05-01T00:00:00.000000Z')"
        )
    assert reconcile(station, listing(ALL)).heard == (("main", "FFFF", 1),)


def test_the_newest_whole_file_of_the_folder_is_compared_once(
    station: Desk,
    clock: SetClock,
    listing: Listing,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = AutomationSettings(folder=tmp_path)

    def put(name: str, source: Source, age: timedelta) -> None:
        (tmp_path / name).write_bytes(source.data)
        at = (clock.now() - age).timestamp()
        os.utime(tmp_path / name, (at, at))

    assert "no list lies" in service.look_into_folder(station, settings)
    put("old.csv", listing([1001]), 2 * DAY)
    put("new.csv", listing([n for n in ALL if n != 1004]), DAY)
    put("half.csv", listing([1001]), timedelta(seconds=5))
    put(".hidden.csv", listing([1001]), DAY / 2)
    assert service.look_into_folder(station, settings).startswith("new.csv: 1 gone")
    assert "compared already" in service.look_into_folder(station, settings)
    put("cut.csv", listing([1001]), DAY / 2)
    assert "it may have been cut off" in service.look_into_folder(station, settings)
    assert "compared already" in service.look_into_folder(station, settings)
    assert len(bundles.orders(station)) == 1
    monkeypatch.setattr(service, "MOST_BYTES", 5)
    assert "was not read" in service.look_into_folder(station, settings)
