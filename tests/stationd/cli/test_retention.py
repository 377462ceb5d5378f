"""`stationctl retention`."""

from datetime import timedelta

from stationd.bundles import service, store
from stationd.bundles.model import Kind, OrderState
from stationd.staff.model import Person, Role


def test_locks_that_end_soon_are_listed(opened, desk, ok, value):
    assert "No lock ends within 180 days." in ok("retention", "locks")
    by = Person(login="maria", name="Maria", role=Role.MANAGER)
    order_id = service.order(desk, "1001", Kind.ON_REQUEST, by)
    until = desk.clock.now() + timedelta(days=100)
    with desk.database.writing() as connection:
        state = OrderState.VERIFIED.value
        store.update_order(connection, order_id, state=state, name="b-1", retain_until=until)
    assert f"{until:%Y-%m-%d}  b-1" in ok("retention", "locks")
    assert value("retention", "locks", "--days", "90") == []
    ok("hold", "set", "1001", "--ground", "claim")
    assert [one["held"] for one in value("retention", "locks")] == [True]
    assert "extended in time" in ok("retention", "locks")
