"""Holds as plain things."""

from datetime import UTC, datetime

from stationd.holds.model import Hold, HoldKind

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def hold(**more):
    given = {"id": "h", "kind": HoldKind.RECORDS, "acct": "1", "case_id": None}
    return Hold(**given, ground="claim", author="carla", set_at=DAY, **more)


def test_a_hold_is_in_force_until_it_is_lifted():
    assert hold().in_force
    assert not hold(lifted_at=DAY, lifted_by="maria").in_force
