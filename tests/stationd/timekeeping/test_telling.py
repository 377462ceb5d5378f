"""What is said of clocks, and what helps."""

from dataclasses import replace

import pytest

from stationd.timekeeping.model import Clock, ClockState
from stationd.timekeeping.telling import host_sentence, sentence, shown

CLOCK = Clock(
    node="n1",
    listener="com1",
    number="",
    taken_at="t",
    last_ms=0,
    offset_ms=0,
    drift_ms=None,
    state=ClockState.RIGHT,
    since="2026-03-02T15:00:00.000000Z",
    recent=((1, 0),),
    days=(),
)


def test_a_clock_that_is_right_is_not_spoken_of() -> None:
    assert sentence(CLOCK, "UTC") is None


def test_a_wrong_clock_is_named_with_its_drift_and_what_helps() -> None:
    wrong = replace(CLOCK, offset_ms=-95_000, drift_ms=-2100, state=ClockState.WRONG)
    assert sentence(wrong, "UTC") == (
        "The clock of com1 is 95.0 s behind ours since 2026-03-02T15:00:00.000000Z, drifting "
        "-2.1 s a day. Set it at the receiver; times of ours are not touched by it."
    )


def test_a_panels_is_set_at_the_panel() -> None:
    panel = replace(CLOCK, number="1234", offset_ms=3_600_000, state=ClockState.HOURS)
    said = sentence(panel, "UTC")
    assert said is not None
    assert said.startswith("The clock of panel 1234 on com1 is 1:00:00 ahead of ours")
    assert "Set it at the panel" in said


@pytest.mark.parametrize(
    ("zone", "helps"),
    [
        ("UTC", "name it with `zone` in the listener"),
        ("America/Denver", "has not followed a change of daylight saving time"),
    ],
)
def test_whole_hours_are_a_matter_of_the_zone(zone: str, helps: str) -> None:
    off = replace(CLOCK, offset_ms=-7 * 3_600_000 + 20_000, state=ClockState.HOURS)
    said = sentence(off, zone)
    assert said is not None
    assert said.startswith("The clock of com1 is 7 h behind ours since")
    assert helps in said


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (None, "not known"),
        (0, "+0.0 s"),
        (-1250, "-1.2 s"),
        (3_600_000, "+1:00:00"),
        (-25_200_400, "-7:00:00"),
    ],
)
def test_an_offset_is_shown_with_its_sign(milliseconds: int | None, words: str) -> None:
    assert shown(milliseconds) == words


@pytest.mark.parametrize(
    ("milliseconds", "end"),
    [
        (99, "are left to be made up."),
        (101, "more than is aimed at."),
        (-501, "look at its source of time."),
        (2001, "times recorded now are suspect. Look at its source of time."),
    ],
)
def test_this_machines_clock_is_held_to_more(milliseconds: int, end: str) -> None:
    said = host_sentence(milliseconds * 1_000_000, synced=True)
    assert said.startswith("This machine's clock is kept in step")
    assert said.endswith(end)
    assert "NOT kept in step" in host_sentence(0, synced=False)
