"""`stationctl account unmonitored`."""

from datetime import UTC, datetime

from stationd.cli import account_unmonitored
from stationd.reports.unmonitored import Location

FOUND = Location(
    acct="1001",
    name="Shop",
    address="12 Main St, Denver, CO 80201",
    jurisdiction="US-CO",
    zone="America/Denver",
    systems=("fire",),
    ended_at=datetime(2026, 4, 3, 18, tzinfo=UTC),
)


def test_locations_are_listed_by_city(opened, ok, value, run, monkeypatch):
    assert "ended nowhere in 2026-04" in ok("account", "unmonitored", "--month", "2026-04")
    assert run("account", "unmonitored", "--month", "April").exit_code == 2
    monkeypatch.setattr(account_unmonitored, "listed", lambda _desk, _month, _zone: [FOUND])
    assert "Denver" in ok("account", "unmonitored")
    assert value("account", "unmonitored", "--city", "denver")[0]["acct"] == "1001"
    assert value("account", "unmonitored", "--city", "Reno") == []
    text = ok("account", "unmonitored", "--csv")
    assert text.splitlines()[1].startswith('US-CO,Denver,"12 Main St')
