"""Lines, hourly heartbeats and gaps, from entries in order."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from stationd.clock import SetClock, from_ns, iso
from stationd.follower.model import HeardHour, Line, ListenerFacts, Taken, Tally
from stationd.follower.starts import Start
from stationd.follower.watch import Watch
from stationd.gaps.model import Cause, Gap
from stationd.ids import CountedIds
from stationd.journal.model import Entry, Kind

MINUTE = timedelta(minutes=1)


SERVED = {name: {"receiver": "dc09"} for name in ("ip", "com1", "a", "b")}


def as_taken(
    entry: Entry, mode: str | None = None, meaning: Decoded | Undecoded | None = None
) -> Taken:
    facts = ListenerFacts(receiver="dc09", group="main", mode=mode or "", options={})
    return Taken(
        entry=entry,
        body=b"",
        rx=iso(from_ns(entry.received_at)),
        listener=None if mode is None else facts,
        meaning=meaning,
    )


def watch(
    *,
    lines: Iterable[Line] = (),
    tallies: Iterable[Tally] = (),
    gaps: Iterable[Gap] = (),
    last: Entry | None = None,
    boot: str = "",
) -> Watch:
    return Watch(
        "n1", lines=lines, tallies=tallies, gaps=gaps, last=last, ids=CountedIds(), boot=boot
    )


def run(entries: Iterable[Entry], seen: Watch | None = None) -> tuple[Watch, list[Tally]]:
    seen = seen or watch()
    over = [tally for entry in entries for tally in seen.take(as_taken(entry))]
    return seen, over


def rx(entry: Entry) -> str:
    return iso(from_ns(entry.received_at))


def spans(seen: Watch) -> list[tuple[str, str, str, str | None]]:
    return [(gap.listener, gap.cause, gap.began_at, gap.ended_at) for gap in seen.gaps()]


def test_a_listener_is_up_once_it_is_heard(journal: Any) -> None:
    first = journal.write(Kind.FRAME, b"x", "ip")
    second = journal.write(Kind.HEARTBEAT, b"x", "ip")
    seen, _ = run(journal.entries)
    (line,) = seen.lines()
    assert line == Line(
        listener="ip", node="n1", up=True, since=rx(first), why="heard", heard_at=rx(second)
    )


def test_a_line_that_did_not_change_is_not_written(journal: Any) -> None:
    known = Line(listener="ip", node="n1", up=True, since="t", why="", heard_at=None)
    journal.write(Kind.FRAME, b"x", "com1")
    seen, _ = run(journal.entries, watch(lines=[known]))
    assert [line.listener for line in seen.lines()] == ["com1"]


def test_a_listener_that_goes_down_is_a_gap_until_it_is_up(journal: Any) -> None:
    down = journal.write(Kind.LINK_DOWN, b"", "ip", {"scope": "listener", "cause": "unplugged"})
    up = journal.write(Kind.LINK_UP, b"", "ip", {"scope": "listener"})
    seen, _ = run(journal.entries[:1])
    assert [(line.up, line.why) for line in seen.lines()] == [(False, "unplugged")]
    assert spans(seen) == [("ip", Cause.RECEIVER_LINK, rx(down), None)]
    run([up], seen)
    assert [(line.up, line.since) for line in seen.lines()] == [(True, rx(up))]
    assert spans(seen) == [("ip", Cause.RECEIVER_LINK, rx(down), rx(up))]


def test_one_connection_of_many_is_no_gap(journal: Any) -> None:
    journal.write(Kind.LINK_DOWN, b"", "ip", {"scope": "connection"})
    seen, _ = run(journal.entries)
    assert (seen.lines(), seen.gaps()) == ([], [])


def test_a_link_without_a_listener_says_nothing(journal: Any) -> None:
    journal.write(Kind.LINK_DOWN, b"", "", {"scope": "listener"})
    seen, _ = run(journal.entries)
    assert (seen.lines(), seen.gaps()) == ([], [])


def test_a_missed_heartbeat_is_a_gap_from_the_last_sign_of_life(journal: Any) -> None:
    heard = journal.write(Kind.HEARTBEAT, b"x", "com1")
    journal.write(Kind.LINK_DOWN, b"", "com1", {"scope": "heartbeat", "cause": "silence"})
    seen, _ = run(journal.entries)
    assert spans(seen) == [("com1", Cause.RECEIVER_LINK, rx(heard), None)]


def test_a_line_that_never_spoke_is_silent_from_when_it_was_missed(journal: Any) -> None:
    missed = journal.write(Kind.LINK_DOWN, b"", "com1", {"scope": "heartbeat"})
    seen, _ = run(journal.entries)
    assert spans(seen) == [("com1", Cause.RECEIVER_LINK, rx(missed), None)]


def test_a_gap_that_is_open_is_not_opened_again(journal: Any) -> None:
    down = journal.write(Kind.LINK_DOWN, b"", "ip", {"scope": "listener", "cause": "a"})
    journal.write(Kind.LINK_DOWN, b"", "ip", {"scope": "heartbeat", "cause": "b"})
    seen, _ = run(journal.entries)
    assert spans(seen) == [("ip", Cause.RECEIVER_LINK, rx(down), None)]


def test_a_gap_of_an_earlier_batch_is_ended(journal: Any) -> None:
    open_gap = Gap(
        id="g1",
        listener="ip",
        node="n1",
        cause=Cause.RECEIVER_LINK,
        began_at="2026-01-01T00:00:00.000000Z",
        ended_at=None,
        detail="",
    )
    up = journal.write(Kind.LINK_UP, b"", "ip", {"scope": "listener"})
    seen, _ = run(journal.entries, watch(gaps=[open_gap]))
    assert [(gap.id, gap.ended_at) for gap in seen.gaps()] == [("g1", rx(up))]


def test_a_stop_is_a_gap_until_the_next_start(journal: Any) -> None:
    journal.start()
    stopped = journal.write(Kind.STOPPED, note={"cause": "signal TERM"})
    started = journal.start(after=MINUTE)
    seen, _ = run(journal.entries)
    (gap,) = seen.gaps()
    assert (gap.cause, gap.began_at, gap.ended_at) == ("daemon_down", rx(stopped), rx(started))
    assert gap.detail == "stopped: signal TERM"


def test_a_start_without_a_stop_is_a_gap_from_the_last_entry(journal: Any) -> None:
    journal.start()
    last = journal.write(Kind.FRAME, b"x", "ip")
    started = journal.start(after=MINUTE)
    seen, _ = run(journal.entries)
    (gap,) = seen.gaps()
    assert (gap.began_at, gap.ended_at) == (rx(last), rx(started))
    assert gap.detail == "ended without a stop"


def test_the_last_entry_may_lie_in_an_earlier_batch(journal: Any) -> None:
    last = journal.write(Kind.FRAME, b"x", "ip")
    started = journal.start(after=MINUTE)
    seen, _ = run([started], watch(last=last))
    assert spans(seen) == [("", Cause.DAEMON_DOWN, rx(last), rx(started))]


def test_the_first_start_of_all_is_no_gap(journal: Any) -> None:
    journal.start()
    seen, _ = run(journal.entries)
    assert seen.gaps() == []


def test_after_a_start_lines_are_down_until_they_report(journal: Any) -> None:
    journal.write(Kind.FRAME, b"x", "ip")
    started = journal.start()
    seen, _ = run(journal.entries)
    assert [(line.up, line.since) for line in seen.lines()] == [(False, rx(started))]


def test_a_start_after_the_clock_went_back_ends_no_gap_before_it_began(
    journal: Any, clock: SetClock
) -> None:
    journal.start()
    clock.step(-2 * MINUTE)
    journal.start()
    seen, _ = run(journal.entries)
    (gap,) = seen.gaps()
    assert gap.began_at == gap.ended_at


def test_an_unsynchronised_clock_is_a_gap_until_it_is_synchronised(journal: Any) -> None:
    lost = journal.write(Kind.CLOCK, note={"state": "unsynced"})
    journal.write(Kind.CLOCK, note={"state": "unknown"})
    found = journal.write(Kind.CLOCK, note={"state": "synced"})
    seen, _ = run(journal.entries)
    assert spans(seen) == [("", Cause.CLOCK, rx(lost), rx(found))]


@pytest.mark.parametrize("seconds", [-30, 30])
def test_a_step_of_the_clock_spans_the_times_before_and_after(journal: Any, seconds: int) -> None:
    note = {"state": "synced", "step_ns": seconds * 10**9}
    stepped = journal.write(Kind.CLOCK, note=note)
    seen, _ = run(journal.entries)
    before = iso(from_ns(stepped.received_at) - timedelta(seconds=seconds))
    ends = sorted([before, rx(stepped)])
    assert spans(seen) == [("", Cause.CLOCK_STEP, ends[0], ends[1])]


def test_a_small_step_is_none(journal: Any) -> None:
    journal.write(Kind.CLOCK, note={"state": "synced", "step_ns": 10**9})
    seen, _ = run(journal.entries)
    assert seen.gaps() == []


def test_a_hole_reaches_from_the_last_entry_or_as_its_note_says(journal: Any) -> None:
    last = journal.write(Kind.FRAME, b"x", "ip")
    hole = journal.write(Kind.HOLE, note={"cause": "disk full"}, after=MINUTE)
    seen, _ = run(journal.entries)
    assert spans(seen) == [("", Cause.DISK_REFUSED, rx(last), rx(hole))]

    told = journal.write(Kind.HOLE, note={"first": last.received_at})
    seen, _ = run([told])
    assert spans(seen) == [("", Cause.DISK_REFUSED, rx(last), rx(told))]


def test_a_hole_that_is_the_first_thing_known_has_no_length(journal: Any) -> None:
    hole = journal.write(Kind.HOLE)
    seen, _ = run([hole])
    assert spans(seen) == [("", Cause.DISK_REFUSED, rx(hole), rx(hole))]


def test_a_hole_whose_ends_are_told_as_times_has_those(journal: Any) -> None:
    note = {"first": "2026-03-02T14:00:00.000000Z", "last": "2026-03-02T14:01:00.000000Z"}
    seen, _ = run([journal.write(Kind.HOLE, note=note, after=60 * MINUTE)])
    assert spans(seen) == [("", Cause.DISK_REFUSED, note["first"], note["last"])]


def test_a_hole_of_a_relay_is_the_loss_of_its_line_and_not_of_the_disk(journal: Any) -> None:
    down = journal.write(Kind.LINK_DOWN, b"", "ip", {"scope": "listener", "cause": "relay gone"})
    times = {"first": rx(down), "last": rx(down)}
    note = {"cause": "the buffer was full", "count": 3, "bytes": 90, **times}
    hole = journal.write(Kind.HOLE, b"", "ip", note)
    seen = watch()
    for entry in (down, hole):
        seen.take(as_taken(entry, "proxy"))
    open_, lost = seen.gaps()
    assert (open_.cause, open_.ended_at) == (Cause.TAP_LOSS, None)
    assert (lost.listener, lost.cause, lost.began_at) == ("ip", Cause.TAP_LOSS, rx(down))
    assert lost.detail == "the buffer was full; 3 copies, 90 bytes lost"


@pytest.mark.parametrize(("first", "last"), [("yesterday", "2999-01-01"), (-(10**30), 10**30)])
def test_times_in_a_note_that_are_none_are_not_believed(
    journal: Any, first: str | int, last: str | int
) -> None:
    hole = journal.write(Kind.HOLE, note={"first": first, "last": last})
    seen, _ = run([hole])
    assert spans(seen) == [("", Cause.DISK_REFUSED, rx(hole), rx(hole))]


@pytest.mark.parametrize("step", [-(10**30), 10**30])
def test_a_step_that_no_clock_can_make_holds_up_nothing(journal: Any, step: int) -> None:
    stepped = journal.write(Kind.CLOCK, note={"state": "synced", "step_ns": step})
    seen, _ = run([stepped])
    assert spans(seen) == [("", Cause.CLOCK_STEP, rx(stepped), rx(stepped))]


def test_what_no_database_takes_is_left_out_of_a_cause(journal: Any) -> None:
    note = {"scope": "listener", "cause": "un\0plugged \ud800"}
    seen, _ = run([journal.write(Kind.LINK_DOWN, b"", "ip", note)])
    assert [gap.detail for gap in seen.gaps()] == ["unplugged ?"]
    assert [line.why for line in seen.lines()] == ["unplugged ?"]


@pytest.mark.parametrize(
    ("mode", "cause"),
    [
        ("primary", Cause.RECEIVER_LINK),
        ("tap", Cause.TAP_LOSS),
        ("proxy", Cause.TAP_LOSS),
    ],
)
def test_a_tap_that_is_down_loses_copies_where_a_host_loses_the_link(
    journal: Any, mode: str, cause: Cause
) -> None:
    down = journal.write(Kind.LINK_DOWN, b"", "ip", {"scope": "listener", "cause": "unplugged"})
    up = journal.write(Kind.LINK_UP, b"", "ip", {"scope": "listener"})
    seen = watch()
    for entry in (down, up):
        seen.take(as_taken(entry, mode))
    assert spans(seen) == [("ip", cause, rx(down), rx(up))]


def test_a_line_that_does_not_come_up_after_a_start_was_not_there_since(journal: Any) -> None:
    journal.write(Kind.FRAME, b"x", "ip")
    started = journal.start()
    journal.write(Kind.LINK_DOWN, b"", "ip", {"scope": "listener", "cause": "no answer"})
    seen, _ = run(journal.entries)
    assert spans(seen)[-1] == ("ip", Cause.RECEIVER_LINK, rx(started), None)


def test_a_listener_that_is_no_longer_in_the_settings_has_no_open_gap(journal: Any) -> None:
    down = journal.write(Kind.LINK_DOWN, b"", "old", {"scope": "listener", "cause": "gone"})
    started = journal.start()
    seen, _ = run(journal.entries)
    assert ("old", Cause.RECEIVER_LINK, rx(down), rx(started)) in spans(seen)
    assert [line.why for line in seen.lines()] == ["not in the settings any more"]


# --- What a receiver says of itself ---


def says(entry: Entry, code: str, line: str = "3") -> Taken:
    signal = Signal(number="", token="", signal_class=SignalClass.SELF, code=code, line=line)
    return as_taken(entry, "primary", Decoded(signals=(signal,)))


def test_each_faulty_part_of_a_receiver_is_a_gap_until_it_is_restored(journal: Any) -> None:
    entries = [journal.write(Kind.FRAME, b"x", "ip") for _ in range(5)]
    seen = watch()
    for entry, code, line in zip(
        entries, ["YD", "YD", "LT", "YE", "LR"], ["3", "4", "3", "3", "3"], strict=True
    ):
        seen.take(says(entry, code, line))
    told = [(gap.detail, gap.began_at, gap.ended_at) for gap in seen.gaps()]
    assert {gap.cause for gap in seen.gaps()} == {Cause.RECEIVER_FAULT}
    assert told == [
        ("line card 3", rx(entries[0]), rx(entries[3])),
        ("line card 4", rx(entries[1]), None),
        ("telephone line 3", rx(entries[2]), rx(entries[4])),
    ]


def test_an_open_fault_of_an_earlier_batch_is_found_by_its_part(journal: Any) -> None:
    first, second = (journal.write(Kind.FRAME, b"x", "ip") for _ in range(2))
    before = watch()
    before.take(says(first, "YD", "3"))
    after = watch(gaps=before.gaps())
    after.take(says(second, "YE", "4"))
    assert after.gaps() == []
    after.take(says(second, "YE", "3"))
    assert [gap.ended_at for gap in after.gaps()] == [rx(second)]


def test_what_was_kept_and_not_acknowledged_says_nothing_of_the_receiver(journal: Any) -> None:
    entry = journal.write(Kind.FRAME, b"x", "ip", {"fault": "stale"})
    seen = watch()
    seen.take(says(entry, "YD"))
    assert seen.gaps() == []


# --- Machine or daemon ---


@pytest.mark.parametrize(
    ("before", "now", "cause"),
    [
        ("b1", "b1", Cause.DAEMON_DOWN),
        ("b1", "b2", Cause.HOST_DOWN),
        ("", "b2", Cause.DAEMON_DOWN),
    ],
)
def test_another_boot_id_tells_that_the_machine_was_down(
    journal: Any, before: str, now: str, cause: Cause
) -> None:
    last = journal.write(Kind.FRAME, b"x", "ip")
    started = journal.write(Kind.STARTED, note={"boot": now, "listeners": SERVED}, after=MINUTE)
    seen, _ = run([started], watch(last=last, boot=before))
    assert spans(seen) == [("", cause, rx(last), rx(started))]
    assert seen.start == Start(at=rx(started), boot=now)


def test_a_stop_before_the_machine_went_down_turns_out_as_such(journal: Any) -> None:
    journal.write(Kind.STARTED, note={"boot": "b1"})
    stopped = journal.write(Kind.STOPPED, note={"cause": "signal TERM"})
    started = journal.write(Kind.STARTED, note={"boot": "b2"}, after=MINUTE)
    seen, _ = run(journal.entries)
    (gap,) = seen.gaps()
    assert (gap.cause, gap.began_at, gap.ended_at) == (Cause.HOST_DOWN, rx(stopped), rx(started))


# --- Minutes heard ---


def test_the_minutes_in_which_a_line_lived_are_kept(journal: Any) -> None:
    first = journal.write(Kind.FRAME, b"x", "ip", after=timedelta())
    journal.write(Kind.FRAME, b"x", "ip", after=timedelta())
    last = journal.write(Kind.FRAME, b"x", "ip", after=61 * MINUTE)
    seen, _ = run(journal.entries)
    hour, minute = divmod(first.received_at // (60 * 10**9), 60)
    later, there = divmod(last.received_at // (60 * 10**9), 60)
    assert seen.heard() == [
        HeardHour(listener="ip", hour=hour, minutes=1 << minute),
        HeardHour(listener="ip", hour=later, minutes=1 << there),
    ]


def test_a_sum_of_polls_says_that_they_were_heard_since_the_one_before(journal: Any) -> None:
    since = journal.write(Kind.CLOCK, note={}, after=30 * MINUTE)
    note = {"due": 9, "heard": 9, "missing": 0, "since": rx(since)}
    summed = journal.write(Kind.POLLS, b"", "ip", note, after=2 * MINUTE)
    journal.write(Kind.POLLS, b"", "com1", note | {"heard": 0})
    seen, _ = run([summed, journal.entries[-1]])
    (heard,) = seen.heard()
    assert heard.minutes.bit_count() == 3


def test_heartbeats_are_summed_until_their_hour_is_over(journal: Any) -> None:
    for _ in range(3):
        journal.write(Kind.HEARTBEAT, b"x", "com1")
    journal.write(Kind.FRAME, b"x", "ip", after=timedelta(hours=1))
    seen, over = run(journal.entries)
    (tally,) = over
    assert (tally.listener, tally.count, tally.first_position, tally.last_position) == (
        "com1",
        3,
        1,
        3,
    )
    assert seen.tallies() == []


@pytest.mark.parametrize("kind", [Kind.STARTED, Kind.STOPPED])
def test_a_start_or_stop_ends_every_sum(journal: Any, kind: Kind) -> None:
    journal.write(Kind.HEARTBEAT, b"x", "com1")
    journal.write(Kind.HEARTBEAT, b"x", "ip")
    journal.write(kind)
    _, over = run(journal.entries)
    assert [tally.listener for tally in over] == ["com1", "ip"]


def test_a_sum_ends_where_the_clock_goes_back_into_an_hour_before(
    journal: Any, clock: SetClock
) -> None:
    journal.write(Kind.HEARTBEAT, b"x", "com1")
    clock.step(timedelta(hours=-2))
    journal.write(Kind.HEARTBEAT, b"x", "com1")
    seen, over = run(journal.entries)
    assert [tally.count for tally in over] == [1]
    assert [tally.first_position for tally in seen.tallies()] == [2]


def test_only_the_sums_of_hours_before_are_over(journal: Any, clock: SetClock) -> None:
    journal.write(Kind.HEARTBEAT, b"x", "com1")
    clock.step(timedelta(hours=-1))
    journal.write(Kind.HEARTBEAT, b"x", "ip")
    clock.step(timedelta(hours=1))
    journal.write(Kind.FRAME, b"x", "ip")
    seen, over = run(journal.entries)
    assert [tally.listener for tally in over] == ["ip"]
    assert [tally.listener for tally in seen.tallies()] == ["com1"]


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                (Kind.HEARTBEAT, None),
                (Kind.FRAME, None),
                (Kind.LINK_DOWN, {"scope": "listener"}),
                (Kind.LINK_UP, {"scope": "listener"}),
                (Kind.STARTED, {"boot": "x", "listeners": {"a": {"receiver": "dc09"}}}),
                (Kind.STARTED, {"boot": "y"}),
                (Kind.POLLS, {"heard": 3}),
                (Kind.HOLE, {"cause": "full", "count": 2}),
                (Kind.STOPPED, {"cause": "x"}),
                (Kind.CLOCK, {"state": "unsynced"}),
            ]
        ),
        st.sampled_from(["a", "b"]),
        st.integers(-40, 40),
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(_STEPS, st.sets(st.integers(0, 25)))
def test_nothing_depends_on_how_entries_were_batched(steps: list[Any], cuts: set[int]) -> None:
    entries = written(steps)
    whole, sums = run(entries)
    lines, tallies, gaps = dict[str, Line](), list[Tally](), dict[str, Gap]()
    apart, last, boot = list[Tally](), None, ""
    minutes = dict[tuple[str, int], int]()
    ids = CountedIds()
    for start, end in pieces(len(entries), cuts):
        seen = Watch(
            "n1",
            lines=lines.values(),
            tallies=tallies,
            gaps=[gap for gap in gaps.values() if gap.ended_at is None],
            last=last,
            ids=ids,
            boot=boot,
        )
        apart += run(entries[start:end], seen)[1]
        lines |= {line.listener: line for line in seen.lines()}
        tallies = seen.tallies()
        gaps |= {gap.id: gap for gap in seen.gaps()}
        last = entries[end - 1]
        boot = boot if seen.start is None else seen.start.boot
        for hour in seen.heard():
            place = (hour.listener, hour.hour)
            minutes[place] = minutes.get(place, 0) | hour.minutes
    assert apart == sums
    assert minutes == {(one.listener, one.hour): one.minutes for one in whole.heard()}
    assert list(lines.values()) == whole.lines()
    assert list(gaps.values()) == whole.gaps()
    assert tallies == whole.tallies()


def written(steps: list[Any]) -> list[Entry]:
    """Return entries of ``steps``: (kind, note), listener, minutes that pass."""
    at, made = 1_772_463_600 * 10**9, list[Entry]()
    for (kind, note), listener, minutes in steps:
        at += minutes * 60 * 10**9
        text = b"" if note is None else str(note).replace("'", '"').encode()
        name = "" if kind in (Kind.STARTED, Kind.STOPPED, Kind.CLOCK) else listener
        made.append(
            Entry(
                received_at=at,
                ticks=0,
                listener=name,
                peer="",
                kind=kind,
                raw=b"",
                note=text,
                salt=bytes(16),
                position=len(made) + 1,
                link=bytes(32),
            )
        )
    return made


def pieces(length: int, cuts: set[int]) -> list[tuple[int, int]]:
    places = sorted({0, length} | {cut for cut in cuts if cut < length})
    return list(pairwise(places))


@pytest.mark.parametrize(
    ("note", "heard"),
    [
        ({"due": 3, "heard": 1, "missing": 2}, True),
        ({"due": 3, "heard": 0, "missing": 3}, False),
        ({"cause": "missed", "number": "1"}, False),
        ({"cause": "returned", "number": "1"}, True),
        ({"cause": "stopped", "number": "1"}, False),
    ],
)
def test_polls_that_did_not_come_are_no_sign_of_life(
    journal: Any, note: dict[str, Any], heard: bool
) -> None:
    journal.write(Kind.POLLS, b"", "ip", note)
    seen, _ = run(journal.entries)
    assert bool(seen.lines()) is heard
