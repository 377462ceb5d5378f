"""A Sur-Gard receiver's waits, repeats, failure and recovery."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationd.simulate.receiver import Habits, Receiver, Report
from stationd.simulate.surgard import ACK, NAK, Header, heartbeat
from stationd.simulate.tally import Tally

HEADER = Header()
BEAT = heartbeat(HEADER)
FIRE = Report("1234", b"fire\x14")
TEST = Report("1234", b"test\x14")


@pytest.fixture
def tally():
    return Tally()


@pytest.fixture
def line(tally):
    receiver = Receiver(HEADER, tally, Habits())
    receiver.opened(0.0)
    return receiver


def test_one_frame_is_in_flight_at_a_time(line, tally):
    line.take(FIRE)
    line.take(TEST)
    assert line.tick(0.0) == FIRE.raw
    assert line.tick(1.0) == b""
    assert line.receive(ACK, 2.0) == TEST.raw
    assert tally.of("1234").acknowledged == 1


def test_a_frame_is_repeated_three_times_and_then_communication_fails(line, tally):
    line.take(FIRE)
    said = [line.tick(at) for at in (0.0, 3.9, 4.0, 8.0, 12.0)]
    assert said == [FIRE.raw, b"", FIRE.raw, FIRE.raw, FIRE.raw]
    assert not line.failed
    assert line.tick(16.0) == b""
    assert line.failed
    assert tally.of("1234").repeats == 3
    assert tally.of("1234").silences == 4


def test_after_a_failure_only_heartbeats_are_sent_until_one_is_acknowledged(line, tally):
    line.take(FIRE)
    for at in (0.0, 4.0, 8.0, 12.0, 16.0):
        line.tick(at)
    line.take(TEST)
    assert line.tick(40.0) == b""
    assert line.tick(46.0) == BEAT
    assert line.tick(50.0) == b""
    assert line.tick(80.0) == BEAT
    assert line.receive(ACK, 81.0) == FIRE.raw
    assert line.receive(ACK, 82.0) == TEST.raw
    assert tally.heartbeats.sent == 2
    assert tally.heartbeats.acknowledged == 1


def test_a_refused_frame_is_sent_again_at_once_and_not_for_ever(line, tally):
    line.take(FIRE)
    line.tick(0.0)
    for _ in range(25):
        assert line.receive(NAK, 0.5) == FIRE.raw
    assert line.receive(NAK, 0.5) == b""
    assert line.failed
    assert tally.of("1234").refused == 26


def test_a_quiet_line_carries_heartbeats(line, tally):
    assert line.due == 30.0
    assert line.tick(29.9) == b""
    assert line.tick(30.0) == BEAT
    assert line.receive(NAK, 31.0) == b""
    assert tally.heartbeats.refused == 1
    assert line.due == 61.0


def test_a_damaged_frame_goes_out_damaged_once(line, tally):
    line.take(Report("1234", b"fire\x14", damaged=b"fi\xff"))
    assert line.tick(0.0) == b"fi\xff"
    assert line.tick(4.0) == b"fire\x14"
    assert tally.of("1234").damaged == 1


def test_what_was_in_flight_when_the_line_went_goes_first_when_it_is_back(line, tally):
    line.take(FIRE)
    line.tick(0.0)
    line.closed()
    assert line.due is None
    assert line.tick(100.0) == b""
    line.opened(200.0)
    assert line.tick(200.0) == FIRE.raw
    line.receive(ACK, 201.0)
    assert (tally.of("1234").sent, tally.of("1234").repeats) == (1, 1)
    assert line.idle


def test_a_full_buffer_loses_and_says_so(tally):
    line = Receiver(HEADER, tally, Habits(buffer=2))
    for _ in range(5):
        line.take(FIRE)
    assert tally.of("1234").lost == 3


@pytest.mark.parametrize(("byte", "complaint"), [(ACK, "nothing in flight"), (b"?", "no answer")])
def test_bytes_that_answer_nothing_are_told(line, tally, byte, complaint):
    line.receive(byte, 0.0)
    assert complaint in tally.strange[0]


STEPS = st.lists(
    st.tuples(st.sampled_from([b"", ACK, NAK, b"x"]), st.floats(0.1, 20.0)), max_size=60
)


@given(STEPS)
@settings(max_examples=100, deadline=None)
def test_whatever_is_answered_every_event_is_acknowledged_or_still_kept(steps):
    tally = Tally()
    line = Receiver(HEADER, tally, Habits())
    line.opened(0.0)
    reports = [Report("1234", b"%d\x14" % number) for number in range(5)]
    for report in reports:
        line.take(report)
    now = 0.0
    for byte, wait in steps:
        now += wait
        line.receive(byte, now)
        line.tick(now)
    assert len(line._buffer) + tally.of("1234").acknowledged == len(reports)
