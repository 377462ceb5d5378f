"""`stationctl account premises`."""

from datetime import UTC, datetime, timedelta

from stationd.cli import account_premises
from stationd.premises.pattern import Evidence

AT = datetime(2026, 3, 1, tzinfo=UTC)
FOUND = Evidence(
    acct="1001",
    power_lost_at=AT,
    power_code="AT",
    then="battery",
    then_at=AT + timedelta(days=1),
    then_code="YT",
    silent_since=AT + timedelta(days=2),
    interval=timedelta(days=1),
    missed=20,
    heard=19,
    listener="ip",
)


def test_an_account_that_is_heard_does_not_look_dead(opened, ok, value, run):
    assert "does not show the pattern" in ok("account", "premises", "1001")
    assert value("account", "premises", "1001") == {"acct": "1001", "dead": False}
    assert run("account", "premises", "9999").exit_code == 2


def test_the_evidence_is_a_text_for_the_case(opened, ok, value, tmp_path, monkeypatch):
    monkeypatch.setattr(account_premises, "look", lambda _desk, _acct: FOUND)
    path = tmp_path / "evidence.txt"
    assert "20 were missed in a row" in ok("account", "premises", "1001", "--to", path)
    assert path.read_text().startswith("Supervision of account 1001: pattern of dead premises")
    assert value("account", "premises", "1001")["then_code"] == "YT"
