"""`stationctl receiver clocks`, and what `status` says of clocks and runaways."""

from dataclasses import replace

import pytest

from stationd.runaways.model import Run
from stationd.runaways.store import record_runs
from stationd.timekeeping.model import Clock, ClockState
from stationd.timekeeping.store import record_clocks

RECEIVER = Clock(
    node="n-1",
    listener="com1",
    number="",
    taken_at="2026-03-02T15:00:00.000000Z",
    last_ms=3_601_000,
    offset_ms=3_600_500,
    drift_ms=2000,
    state=ClockState.HOURS,
    since="2026-03-02T15:00:00.000000Z",
    recent=((1, 5),),
    days=(),
)
PANEL = replace(RECEIVER, number="1234", offset_ms=-95_000, state=ClockState.WRONG)


@pytest.fixture
def timed(desk):
    """A station that has heard of a receiver's clock and a panel's."""
    with desk.database.writing() as connection:
        record_clocks(connection, [RECEIVER, PANEL])
    return desk


def test_a_station_that_was_told_no_time_says_so(desk, ok):
    text = ok("receiver", "clocks")
    assert "This machine's clock is" in text
    assert "No receiver has told its time; most protocols carry none." in text


def test_receivers_are_shown_with_what_is_wrong(timed, ok, config):
    text = ok("receiver", "clocks")
    assert "+1:00:00" in text
    assert "+2.0 s" in text
    assert "The clock of com1 is 1 h ahead of ours" in text
    assert "name it with `zone` in the listener" in text
    assert "1 panels have a clock that is not right; --panels shows them." in text
    assert "panel 1234" not in text
    config.write_text(
        f"{config.read_text()}\n[[listeners]]\nname = 'com1'\nkind = 'tcp'\nreceiver = 'sk9000'\n"
        "port = 1\nzone = 'America/Denver'\n"
    )
    assert "another zone than America/Denver" in ok("receiver", "clocks")


def test_panels_are_shown_when_asked_for(timed, ok, value):
    assert "The clock of panel 1234 on com1 is 95.0 s behind ours" in ok(
        "receiver", "clocks", "--panels"
    )
    found = value("receiver", "clocks", "--panels")
    assert [one["number"] for one in found["clocks"]] == ["", "1234"]
    assert found["clocks"][0]["state"] == "hours"
    assert found["wrong_panels"] == 1


def test_status_says_what_should_be_looked_at(timed, ok, value):
    run = Run(
        acct="4821",
        began_at="2026-03-02T15:00:00.000000Z",
        last_at="2026-03-02T15:09:00.000000Z",
        ended_at=None,
        count=512,
        most=50,
        within=600,
        quiet=600,
    )
    with timed.database.writing() as connection:
        record_runs(connection, [run])
    text = ok("status")
    assert (
        "Runaway     4821: 512 signals between 2026-03-02T15:00:00.000000Z and "
        "2026-03-02T15:09:00.000000Z" in text
    )
    assert "Clock       The clock of com1 is 1 h ahead of ours" in text
    assert "1 panels: `receiver clocks --panels` has them" in text
    found = value("status")
    assert found["runaways"][0]["count"] == 512
    assert found["wrong_panels"] == 1
