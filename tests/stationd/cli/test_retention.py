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


def test_the_register_shows_defaults_overrides_and_rules_from_outside(opened, ok, value):
    made = value(
        "retention", "override", "records", "120", "--jurisdiction", "CO", "--source", "law"
    )
    assert (made["months"], made["author"]) == (120, "maria")
    said = ok("retention", "register")
    assert "jurisdiction CO" in said
    assert "fire signal records: 1 year" in said
    assert value("retention", "register")["defaults"]["bundles"] == 120
    assert "kept for 90 months for dealer d" in ok(
        "retention", "override", "cases", "90", "--dealer", "d", "--source", "contract"
    )


def test_the_plan_names_rule_and_what_holds(opened, ok, value, run):
    assert "Nothing." in ok("retention", "plan")
    planned = value("retention", "plan", "1001")
    # It has no case and no bundle, so nothing of those can go.
    assert [one["class"] for one in planned] == ["records"]
    assert planned[0]["held_by"] == ["the record is open, not closed"]
    assert not planned[0]["goes"]
    assert "not closed" in ok("retention", "plan", "1001")
    assert value("retention", "plan", "1001", "--until", "2020-01-01") == []
    assert run("retention", "plan", "none").exit_code == 2
