"""What is said of clocks: a sentence that names which, by how much, and what helps."""

from datetime import timedelta

from stationd.timekeeping.model import Clock, ClockState

__all__ = ["host_sentence", "sentence", "shown"]

_HOUR_MS = 3_600_000

# Our own clock, in milliseconds: what is aimed at, what is warned of, what makes evidence suspect.
_AIM, _WARN, _SUSPECT = 100, 500, 2000


def shown(milliseconds: int | None) -> str:
    """Return an offset for a table, with its sign."""
    if milliseconds is None:
        return "not known"
    if abs(milliseconds) < _HOUR_MS:
        return f"{milliseconds / 1000:+.1f} s"
    sign = "-" if milliseconds < 0 else "+"
    return f"{sign}{timedelta(seconds=round(abs(milliseconds) / 1000))}"


def sentence(clock: Clock, zone: str) -> str | None:
    """Return what is wrong with a clock, and what helps; None: it is right.

    ``zone`` is what the settings say of the listener, in which the receiver's time was read.
    """
    if clock.state is ClockState.RIGHT:
        return None
    whose = (
        f"of panel {clock.number} on {clock.listener}" if clock.number else f"of {clock.listener}"
    )
    side = "ahead of" if clock.offset_ms > 0 else "behind"
    if clock.state is ClockState.WRONG or clock.number:
        help_ = "Set it at the panel" if clock.number else "Set it at the receiver"
        drift = f", drifting {shown(clock.drift_ms)} a day" if clock.drift_ms is not None else ""
        return (
            f"The clock {whose} is {shown(abs(clock.offset_ms))[1:]} {side} ours since "
            f"{clock.since}{drift}. {help_}; times of ours are not touched by it."
        )
    hours = abs(round(clock.offset_ms / _HOUR_MS))
    help_ = (
        "It has not followed a change of daylight saving time, or runs in another zone than "
        f"{zone}: set it, or correct `zone` of the listener."
        if zone != "UTC"
        else "If that is its time zone, name it with `zone` in the listener; else set it."
    )
    return f"The clock {whose} is {hours} h {side} ours since {clock.since}. {help_}"


def host_sentence(offset_ns: int, *, synced: bool) -> str:
    """Return what is to be said of this machine's own clock."""
    offset = abs(offset_ns) / 1_000_000
    said = f"This machine's clock is {'kept in step' if synced else 'NOT kept in step'}"
    left = f"{said}, {offset:.1f} ms are left to be made up"
    if offset > _SUSPECT:
        return f"{left}: times recorded now are suspect. Look at its source of time."
    if offset > _WARN:
        return f"{left}: look at its source of time."
    return f"{left}: more than is aimed at." if offset > _AIM else f"{left}."
