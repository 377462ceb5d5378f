"""What transmissions show of clocks, entry by entry, however they were batched."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from stationd.clock import from_ns, iso, to_ns
from stationd.desk import Desk
from stationd.follower.model import ListenerFacts, Taken
from stationd.follower.service import follow
from stationd.follower.timing import ClockWatch, keys_of
from stationd.journal.model import Entry, Kind
from stationd.timekeeping.model import Clock, ClockState
from stationd.timekeeping.store import read_clocks, read_panels, read_receivers

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
DENVER = ZoneInfo("America/Denver")
DAY = 86400


def taken(
    seconds: float,
    *,
    off: float = 0,
    receiver: str = "mx8000",
    number: str = "",
    note: bytes = b"",
    text: str | None = None,
) -> Taken:
    """Return a transmission, received after ``seconds``, by a clock that is ``off``."""
    rx = START + timedelta(seconds=seconds)
    told = rx + timedelta(seconds=off)
    entry = Entry(
        received_at=to_ns(rx),
        ticks=0,
        listener="com1",
        peer="",
        kind=Kind.FRAME,
        raw=b"x",
        note=note,
        salt=bytes(16),
        position=1,
        link=bytes(32),
    )
    facts = ListenerFacts(receiver=receiver, group="main", mode="primary", options={})
    times = (
        {"sender_time": f"{told:%H:%M:%S,%m-%d-%Y}"}
        if receiver in ("dc09", "dc07")
        else {"receiver_time": f"{told:%m%d%y %H%M%S}" if text is None else text}
    )
    signal = Signal(number=number, token="", signal_class=SignalClass.ALARM, **times)
    return Taken(
        entry=entry,
        body=b"",
        rx=iso(rx),
        listener=facts,
        meaning=Decoded(signals=(signal,)),
    )


def watched(*entries: Taken, known: Any = (), **more: Any) -> list[Clock]:
    watch = ClockWatch("n1", clocks=known, **more)
    for one in entries:
        watch.take(one)
    return watch.clocks()


def one(*entries: Taken, **more: Any) -> Clock:
    (clock,) = watched(*entries, **more)
    return clock


def test_a_receivers_clock_is_its_time_minus_ours() -> None:
    clock = one(taken(0, off=10))
    assert (clock.node, clock.listener, clock.number) == ("n1", "com1", "")
    # Half a second is added: a text of seconds means the middle of one.
    assert clock.last_ms == clock.offset_ms == 10_500
    assert (clock.state, clock.since, clock.drift_ms) == (ClockState.RIGHT, iso(START), None)


def test_its_time_is_read_in_its_zone() -> None:
    local = f"{START.astimezone(DENVER):%m%d%y %H%M%S}"
    assert one(taken(0, text=local), zones={"com1": DENVER}).offset_ms == 500
    assert one(taken(0, text=local)).state is ClockState.HOURS


def test_a_panels_clock_is_that_of_its_number() -> None:
    clock = one(taken(0, off=-90, receiver="dc09", number="1234"))
    assert (clock.number, clock.offset_ms, clock.state) == ("1234", -89_500, ClockState.WRONG)


def test_what_sends_dc07_is_the_receiver() -> None:
    assert one(taken(0, receiver="dc07", number="1234")).number == ""


@pytest.mark.parametrize(
    "nothing",
    [
        taken(0, note=b'{"repeat":true}'),
        taken(0, text="99 99"),
        taken(0, text=""),
        taken(0, receiver="dc09"),
    ],
    ids=["a repeat", "no time", "none at all", "nobody's number"],
)
def test_what_tells_nothing_of_a_clock_is_no_sample(nothing: Taken) -> None:
    assert watched(nothing) == []


def test_a_frame_that_cannot_be_read_or_has_no_listener_tells_nothing() -> None:
    frame = taken(0)
    assert watched(replace(frame, meaning=Undecoded("no"))) == []
    sender = taken(0, receiver="dc09", number="1")
    assert watched(replace(sender, listener=None)) == []
    assert keys_of([replace(frame, meaning=None), frame, sender]) == {("com1", ""), ("com1", "1")}
    # A receiver that nobody knows has times of no known form.
    assert watched(replace(frame, listener=None)) == []


def test_a_queue_that_empties_is_one_sample_a_minute() -> None:
    backlog = [taken(600 + n / 10, off=-600 + n / 10) for n in range(100)]
    clock = one(*[taken(n * 60) for n in range(10)], *backlog)
    assert len(clock.recent) == 11
    assert clock.offset_ms == 500


def test_a_panel_is_a_sample_an_hour_and_a_few_are_kept() -> None:
    hours = [taken(n * 1800, receiver="dc09", number="1") for n in range(40)]
    assert len(one(*hours).recent) == 7
    assert len(one(*hours[:4]).recent) == 2


def test_our_own_clock_may_step_back() -> None:
    assert len(one(taken(7200), taken(0)).recent) == 2


def test_one_that_is_late_says_nothing() -> None:
    clock = one(*[taken(n * 60) for n in range(5)], taken(300, off=-240))
    assert (clock.offset_ms, clock.last_ms) == (500, -239_500)


def test_drift_is_the_middle_of_what_it_gains_a_day() -> None:
    days = [taken(n * DAY, off=n * 2) for n in range(10)]
    clock = one(*days)
    assert clock.drift_ms == 2000
    assert len(clock.days) == 9
    # Few samples of days long gone do not hold back what it is now.
    assert (len(clock.recent), clock.offset_ms) == (5, 14_500)


def test_that_it_was_set_in_between_moves_the_drift_little() -> None:
    samples = [
        taken(n * DAY + m * 60, off=2 * n - (20 if n >= 9 else 0))
        for n in range(14)
        for m in range(16)
    ]
    clock = one(*samples)
    assert clock.drift_ms is not None
    assert 500 <= clock.drift_ms <= 2500


def test_drift_is_not_known_before_the_third_day() -> None:
    assert one(taken(0), taken(DAY)).drift_ms is None
    assert one(taken(0), taken(DAY), taken(2 * DAY)).drift_ms == 0


def test_since_when_it_is_so_is_kept_while_it_is_so() -> None:
    wrong = one(*[taken(n * 60, off=100) for n in range(3)])
    assert wrong.since == iso(START)
    right = one(*[taken(180 + n * 60) for n in range(4)], known=[wrong])
    assert right.state is ClockState.RIGHT
    assert right.since > iso(START + timedelta(seconds=180))


@given(
    samples=st.lists(
        st.tuples(st.integers(0, 40_000), st.integers(-200, 200), st.sampled_from(["", "1", "2"])),
        max_size=40,
    ),
    cut=st.integers(0, 40),
)
def test_clocks_do_not_depend_on_how_entries_were_batched(
    samples: list[tuple[int, int, str]], cut: int
) -> None:
    now, entries = 0, []
    for step, off, number in samples:
        now += step
        receiver = "dc09" if number else "mx8000"
        entries.append(taken(now, off=off, receiver=receiver, number=number))
    whole = {clock.number: clock for clock in watched(*entries)}
    first = {clock.number: clock for clock in watched(*entries[:cut])}
    second = {clock.number: clock for clock in watched(*entries[cut:], known=first.values())}
    assert {**first, **second} == whole


def test_following_keeps_a_row_of_each_clock(desk: Desk, journal: Any, frames: Any) -> None:
    journal.start()
    for _ in range(3):
        journal.frame(frames.dc09("1234", "NBA005"))
    while follow(desk, journal, node="n1", accounts=lambda _: lambda _: None, most=2):
        pass
    with desk.database.reading() as connection:
        (clock,) = read_panels(connection, limit=9)
        assert read_receivers(connection) == []
        assert read_clocks(connection, "n1", {("ip", "1234"), ("ip", "9")}) == [clock]
    assert (clock.listener, clock.number, clock.node) == ("ip", "1234", "n1")
    # The frames say 14:12:04, and come a few seconds after three o'clock.
    offset = START.replace(hour=14, minute=12, second=4) - from_ns(journal.entries[1].received_at)
    assert abs(clock.offset_ms - offset.total_seconds() * 1000) <= 1000
    assert len(clock.recent) == 1
