import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from archive.errors import ObjectDiffersError
from archive.seal import LogKey
from archive.stores.base import BundleStore
from archive.stores.s3 import S3Store
from stationd.bundles import service, store
from stationd.bundles.model import Kind
from stationd.bundles.reading import read_custody
from stationd.bundles.upkeep import extend_locks, show_holds, watch_locks
from stationd.bundles.work import Retention, Workshop, read_back, run
from stationd.clock import SetClock
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.holds.model import Hold, HoldKind, Reach, Scope
from stationd.holds.service import ask_lifting, lift_hold, set_hold, set_hold_on
from stationd.ledger.service import LedgerTree
from stationd.staff.model import Person, Role

pytestmark = pytest.mark.system

COUNSEL = Person(login="olga", name="Olga", role=Role.ATTORNEY)
RETENTION = Retention(closing=timedelta(days=3650), other=timedelta(days=730))


@pytest.fixture
def locked(
    desk: Desk,
    manager: Person,
    tree: LedgerTree,
    log_key: LogKey,
    s3_store: S3Store,
    shop_of: Callable[[BundleStore], Workshop],
) -> Workshop:
    """A workshop with one bundle in a real archive."""
    made = shop_of(s3_store)
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    run(made, order_id, tree, log_key=log_key, retention=RETENTION)
    return made


def test_locks_are_extended_once_and_never_shortened(desk: Desk, locked: Workshop) -> None:
    (order,) = service.orders(desk)
    assert order.retain_until is not None
    later = order.retain_until + timedelta(days=100)
    assert extend_locks(locked, "1234", later) == 5
    assert {one.retain_until for one in service.objects(desk, order.id)} == {later}
    assert service.orders(desk)[0].retain_until == later
    assert extend_locks(locked, "1234", later) == 0
    assert extend_locks(locked, "1234", order.retain_until) == 0
    assert extend_locks(locked, "9", later) == 0


def lift(desk: Desk, hold: Hold, manager: Person) -> None:
    ask_lifting(desk, hold.id, by=manager)
    lift_hold(desk, hold.id, by=COUNSEL)


def flags(desk: Desk, shop: Workshop) -> list[bool]:
    """Ask the archive itself about every object of the one bundle."""
    (order,) = service.orders(desk)
    return [
        shop.store.head(one.key, one.version_id).legal_hold
        for one in service.objects(desk, order.id)
        if one.version_id is not None
    ]


def test_a_records_hold_shows_on_every_object_until_it_is_lifted(
    desk: Desk, manager: Person, locked: Workshop
) -> None:
    assert show_holds(locked) == 0
    hold = set_hold(desk, "1234", HoldKind.RECORDS, "subpoena", by=manager)
    assert len(service.unflagged(desk, hold.id)) == 5
    assert show_holds(locked) == 5
    assert flags(desk, locked) == [True] * 5
    assert service.unflagged(desk, hold.id) == []
    assert service.orders(desk)[0].legal_hold
    lift(desk, hold, manager)
    assert show_holds(locked) == 5
    assert flags(desk, locked) == [False] * 5
    assert not service.orders(desk)[0].legal_hold
    assert show_holds(locked) == 0


def test_the_flag_stays_while_any_other_hold_reaches_the_account(
    desk: Desk, manager: Person, locked: Workshop
) -> None:
    first = set_hold(desk, "1234", HoldKind.RECORDS, "subpoena", by=manager)
    site = Reach(scope=Scope.SITE, of="s1")
    second = set_hold_on(desk, site, HoldKind.RECORDS, "claim", by=manager)
    show_holds(locked)
    lift(desk, first, manager)
    assert show_holds(locked) == 0
    assert flags(desk, locked) == [True] * 5
    lift(desk, second, manager)
    assert show_holds(locked) == 5
    assert flags(desk, locked) == [False] * 5


def test_a_hold_that_is_set_while_flags_come_off_keeps_them(
    desk: Desk, manager: Person, locked: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = set_hold(desk, "1234", HoldKind.RECORDS, "subpoena", by=manager)
    show_holds(locked)
    lift(desk, hold, manager)
    drop = store.drop_flag

    def set_meanwhile(connection: Connection, order_id: str) -> bool:
        connection.rollback()
        set_hold(desk, "1234", HoldKind.RECORDS, "another", by=manager)
        with desk.database.writing() as again:
            return drop(again, order_id)

    monkeypatch.setattr(store, "drop_flag", set_meanwhile)
    assert show_holds(locked) == 0
    assert flags(desk, locked) == [True] * 5


class KilledError(BaseException):
    """The process ends here."""


def killed_at(shop: Workshop, point: str, after: int) -> Workshop:
    """Return a workshop whose process ends when it passes ``point`` for the nth time."""
    left = [after]

    def passed(name: str) -> None:
        left[0] -= name == point
        if left[0] < 0:
            raise KilledError

    return replace(shop, passed=passed)


def test_after_a_kill_the_flags_become_what_the_holds_ask_for(
    desk: Desk, manager: Person, locked: Workshop
) -> None:
    points = [("flag sent", 0), ("flag sent", 1), ("flag noted", 1), ("flag dropped", 0)]
    for point, after in points:
        hold = set_hold(desk, "1234", HoldKind.RECORDS, "subpoena", by=manager)
        with suppress(KilledError):
            show_holds(killed_at(locked, point, after))
        # Reading back in between finds no fault: the bundle is under no hold yet.
        read_back(locked, service.orders(desk)[0])
        show_holds(locked)
        assert flags(desk, locked) == [True] * 5
        assert service.orders(desk)[0].legal_hold
        lift(desk, hold, manager)
        with suppress(KilledError):
            show_holds(killed_at(locked, point, after))
        if point != "flag dropped":
            read_back(locked, service.orders(desk)[0])
        show_holds(locked)
        assert flags(desk, locked) == [False] * 5
        assert service.unflagged(desk, hold.id) == []


def test_a_flag_that_somebody_took_off_in_the_archive_is_found(
    desk: Desk, manager: Person, locked: Workshop
) -> None:
    set_hold(desk, "1234", HoldKind.RECORDS, "subpoena", by=manager)
    show_holds(locked)
    (order,) = service.orders(desk)
    one = service.objects(desk, order.id)[0]
    assert one.version_id is not None
    locked.store.set_legal_hold(one.key, one.version_id, False)
    with pytest.raises(ObjectDiffersError, match="no legal hold"):
        read_back(locked, order)


def test_what_was_done_to_flags_is_a_custody_record(
    desk: Desk, manager: Person, locked: Workshop
) -> None:
    hold = set_hold(desk, "1234", HoldKind.RECORDS, "subpoena", by=manager)
    show_holds(locked)
    lift(desk, hold, manager)
    show_holds(locked)
    with desk.database.reading() as connection:
        acts = [one["act"] for one in read_custody(connection, "1234")]
    assert acts[-2:] == ["flagged", "unflagged"]


@pytest.mark.parametrize("after", [0, 2, 3])
def test_a_kill_leaves_no_change_of_flags_or_locks_out_of_the_custody(
    desk: Desk, manager: Person, locked: Workshop, after: int
) -> None:
    hold = set_hold(desk, "1234", HoldKind.RECORDS, "subpoena", by=manager)
    with suppress(KilledError):
        show_holds(killed_at(locked, "flag noted", after))
    show_holds(locked)
    lift(desk, hold, manager)
    with suppress(KilledError):
        show_holds(killed_at(locked, "flag noted", after))
    show_holds(locked)
    (order,) = service.orders(desk)
    assert order.retain_until is not None
    later = order.retain_until + timedelta(days=100)
    with suppress(KilledError):
        extend_locks(killed_at(locked, "lock noted", after), "1234", later)
    extend_locks(locked, "1234", later)
    assert service.orders(desk)[0].retain_until == later
    with desk.database.reading() as connection:
        acts = [one["act"] for one in read_custody(connection, "1234")]
    assert acts[-3:] == ["flagged", "unflagged", "lock_extended"]


def ends_in(desk: Desk, locked: Workshop, days: int) -> Workshop:
    """Return the workshop as it is so many days before the lock of its bundle ends."""
    (order,) = service.orders(desk)
    assert order.retain_until is not None
    later = replace(desk, clock=SetClock(order.retain_until - timedelta(days=days)))
    return replace(locked, desk=later)


def test_the_end_of_a_lock_is_alarmed_once_at_each_horizon(
    desk: Desk, locked: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "stationd.worker")
    told = []
    for days in (200, 179, 179, 100, 89, 29, 29):
        caplog.clear()
        ending = watch_locks(ends_in(desk, locked, days))
        told.append((len(ending), len(caplog.records)))
    assert told == [(0, 0), (1, 1), (1, 0), (1, 0), (1, 1), (1, 1), (1, 0)]
    assert service.orders(desk)[0].horizon == 30


def test_a_lock_under_a_hold_is_extended_and_not_alarmed(
    desk: Desk, manager: Person, locked: Workshop
) -> None:
    (before,) = service.orders(desk)
    set_hold(desk, "1234", HoldKind.RECORDS, "subpoena", by=manager)
    later = ends_in(desk, locked, 179)
    with suppress(KilledError):
        watch_locks(killed_at(later, "lock extended", 1))
    assert watch_locks(later) == []
    (after,) = service.orders(desk)
    assert before.retain_until is not None
    assert after.retain_until is not None
    assert after.retain_until > before.retain_until + timedelta(days=180)
    read_back(locked, after)
    assert watch_locks(later) == []
    assert service.orders(desk)[0].retain_until == after.retain_until


def test_a_folder_has_no_locks_to_look_after(shop: Workshop, desk: Desk, manager: Person) -> None:
    set_hold(desk, "1234", HoldKind.RECORDS, "subpoena", by=manager)
    assert show_holds(shop) == 0
    assert watch_locks(shop) == []
