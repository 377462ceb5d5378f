"""What all receivers' conversations keep to: waits, repeats, failure and recovery."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.clock import SetClock
from stationd.simulate.happening import Happening
from stationd.simulate.receiver import Habits, Receiver
from stationd.simulate.tally import Tally
from stationd.simulate.voice import ACK, NAK, Voice, in_bytes

FIRE = Happening("E", "110", "FA", "A", text="fire")
TEST = Happening("E", "602", "RP", "R", text="test")
BEAT = b"beat"


def write(event, stamp):
    return (f"{event.what.text}{stamp.sequence}".encode(),)


VOICE = Voice(write=write, heartbeat=lambda _: BEAT)


class Line:
    """A receiver on an open line, and what it counted."""

    def __init__(self, habits=None, voice=VOICE):
        self.tally = Tally()
        clock = SetClock(datetime(2025, 6, 15, 12, tzinfo=UTC))
        self.receiver = Receiver(voice, self.tally, habits or Habits(), clock=clock)
        self.receiver.opened(0.0)
        self.tick = self.receiver.tick
        self.receive = self.receiver.receive

    def take(self, *happenings, **more):
        for happening in happenings:
            self.receiver.take("1234", happening, **more)

    @property
    def count(self):
        return self.tally.of("1234")


@pytest.fixture
def line():
    return Line()


def test_one_frame_is_in_flight_at_a_time(line):
    line.take(FIRE, TEST)
    assert line.tick(0.0) == b"fire1"
    assert line.tick(1.0) == b""
    assert line.receive(ACK, 2.0) == b"test2"
    assert line.count.acknowledged == 1
    assert not line.receiver.idle
    line.receive(ACK, 3.0)
    assert line.receiver.idle


def test_what_is_acknowledged_is_noted_with_its_frames():
    noted = []
    line = Line()
    line.tally.note = lambda number, frames: noted.append((number, frames))
    line.take(FIRE)
    line.tick(0.0)
    line.receive(ACK, 1.0)
    assert noted == [("1234", (b"fire1",))]


def test_a_frame_is_repeated_three_times_and_then_communication_fails(line):
    line.take(FIRE)
    said = [line.tick(at) for at in (0.0, 3.9, 4.0, 8.0, 12.0)]
    assert said == [b"fire1", b"", b"fire1", b"fire1", b"fire1"]
    assert not line.receiver.failed
    assert line.tick(16.0) == b""
    assert line.receiver.failed
    assert line.count.repeats == 3
    assert line.count.silences == 4


def failed(line):
    line.take(FIRE)
    for at in (0.0, 4.0, 8.0, 12.0, 16.0):
        line.tick(at)
    assert line.receiver.failed
    return line


def test_after_a_failure_only_heartbeats_are_sent_until_one_is_acknowledged(line):
    failed(line).take(TEST)
    assert line.receiver.due == 46.0
    assert line.tick(40.0) == b""
    assert line.tick(46.0) == BEAT
    assert line.tick(50.0) == b""
    assert line.tick(80.0) == BEAT
    assert line.receive(ACK, 81.0) == b"fire1"
    assert line.receive(ACK, 82.0) == b"test2"
    assert line.count.repeats == 4
    assert line.tally.heartbeats.sent == 2
    assert line.tally.heartbeats.acknowledged == 1
    assert line.tally.heartbeats.silences == 1


def test_one_without_heartbeats_tries_again_after_a_pause():
    line = failed(Line(Habits(pause=10.0, heartbeat_every=None)))
    assert line.receiver.due == 26.0
    assert line.tick(25.9) == b""
    assert line.tick(26.0) == b"fire1"
    assert not line.receiver.failed


def test_a_voice_without_a_heartbeat_is_quiet_whatever_its_habits():
    line = Line(Habits(), Voice(write=write))
    assert line.receiver.due is None
    assert line.tick(100.0) == b""


def test_a_refused_frame_is_sent_again_at_once_and_not_for_ever(line):
    line.take(FIRE)
    line.tick(0.0)
    for _ in range(25):
        assert line.receive(NAK, 0.5) == b"fire1"
    assert line.receive(NAK, 0.5) == b""
    assert line.receiver.failed
    assert line.count.refused == 26


def test_a_bosch_receiver_gives_up_what_is_refused_three_times_and_goes_on():
    line = Line(Habits(refusals=3, skips=True))
    line.take(FIRE, TEST)
    line.tick(0.0)
    assert [line.receive(NAK, 1.0) for _ in range(3)] == [b"fire1", b"fire1", b"test2"]
    assert not line.receiver.failed
    assert (line.count.skipped, line.count.acknowledged) == (1, 0)
    line.receive(ACK, 2.0)
    assert line.count.unanswered == 1


def test_a_bosch_receiver_sends_again_upon_anything_that_is_no_answer():
    line = Line(Habits(refusals=3, skips=True, insists=True))
    line.take(FIRE)
    line.tick(0.0)
    assert [line.receive(b"?", 1.0) for _ in range(50)] == [b"fire1"] * 50
    assert line.receive(ACK, 2.0) == b""
    assert line.count.acknowledged == 1


def test_garbage_is_complained_of_and_otherwise_ignored(line):
    line.take(FIRE)
    line.tick(0.0)
    assert line.receive(b"?", 1.0) == b""
    assert "3f, which is no answer" in line.tally.strange[0]


@pytest.mark.parametrize(("byte", "complaint"), [(ACK, "acknowledged"), (NAK, "refused")])
def test_an_answer_to_nothing_is_told(line, byte, complaint):
    assert line.receive(byte, 0.0) == b""
    assert f"{complaint} with nothing in flight" in line.tally.strange[0]


def test_what_came_before_a_frame_was_sent_is_no_answer_to_it(line):
    line.take(FIRE, TEST, FIRE)
    line.tick(0.0)
    assert line.receive(ACK + ACK, 1.0) == b"test2"
    assert line.receive(NAK, 2.0) == b"test2"
    assert line.receive(ACK, 3.0) == b"fire3"
    assert line.count.acknowledged == 2


def test_a_quiet_line_carries_heartbeats(line):
    assert line.receiver.due == 30.0
    assert line.tick(29.9) == b""
    assert line.tick(30.0) == BEAT
    assert line.receive(NAK, 31.0) == b""
    assert line.tally.heartbeats.refused == 1
    assert line.receiver.due == 61.0


def test_a_damaged_frame_goes_out_damaged_once(line):
    line.take(FIRE, damaged=True)
    assert line.tick(0.0) == b"fir\x001"
    assert line.tick(4.0) == b"fire1"
    assert line.count.damaged == 1


def test_damage_that_nobody_could_notice_is_not_done():
    line = Line(voice=replace(VOICE, checks=False))
    line.take(FIRE, damaged=True)
    assert line.tick(0.0) == b"fire1"
    assert line.count.damaged == 0


def test_what_was_in_flight_when_the_line_went_goes_first_when_it_is_back(line):
    line.take(FIRE)
    line.tick(0.0)
    line.receiver.closed()
    assert line.receiver.due is None
    assert line.tick(100.0) == b""
    line.receiver.opened(200.0)
    assert line.tick(200.0) == b"fire1"
    line.receive(ACK, 201.0)
    assert (line.count.sent, line.count.repeats) == (1, 1)
    assert line.receiver.idle


def test_a_full_buffer_loses_and_says_so():
    line = Line(Habits(buffer=2))
    line.take(*[FIRE] * 5)
    assert line.count.lost == 3


def test_numbers_run_to_9999_and_begin_again_at_1():
    line = Line(Habits(buffer=10_001))
    line.take(*[FIRE] * 10_000)
    said = [line.tick(0.0)] + [line.receive(ACK, 0.0) for _ in range(9_999)]
    assert (said[0], said[-2], said[-1]) == (b"fire1", b"fire9999", b"fire1")


def test_one_that_waits_for_nothing_sends_all_and_expects_nothing():
    line = Line(Habits(awaits=False))
    line.take(FIRE, TEST)
    assert line.tick(0.0) == b"fire1test2"
    assert line.receiver.idle
    assert (line.count.unasked, line.count.unanswered) == (2, 0)
    assert line.tick(30.0) == BEAT
    assert line.tick(40.0) == b""
    assert not line.receiver.failed
    assert line.tally.heartbeats.unanswered == 0


ASKED = Voice(write=write, questions={b"S": b"OKAY"})


def test_a_question_is_answered_and_its_answer_wants_none():
    line = Line(voice=ASKED)
    assert line.receive(b"S", 1.0) == b"OKAY"
    assert line.receiver.due is None
    assert line.tally.heartbeats.unasked == 1


def test_a_question_into_a_conversation_is_not_answered():
    line = Line(voice=ASKED)
    line.take(FIRE)
    line.tick(0.0)
    assert line.receive(b"S", 1.0) == b""
    assert line.receive(ACK, 2.0) == b""
    assert line.count.acknowledged == 1
    assert line.tally.strange == []


TROUBLED = replace(
    VOICE, trouble=lambda stamp, lost: b"lost%d" % stamp.sequence if lost else b"back"
)
TWICE = Habits(repeats=1, refusals=2)


@pytest.mark.parametrize("answer", [None, NAK])
def test_two_silences_or_two_refusals_are_computer_trouble(answer):
    line = Line(TWICE, TROUBLED)
    line.take(FIRE)
    line.tick(0.0)
    for at in (4.0, 8.0):
        assert not line.receiver.failed
        _ = line.tick(at) if answer is None else line.receive(answer, at)
    assert line.receiver.failed


def test_a_receiver_tells_of_the_trouble_it_had_once_the_computer_is_back():
    line = Line(TWICE, TROUBLED)
    line.take(FIRE)
    for at in (0.0, 4.0, 8.0):
        line.tick(at)
    # A heartbeat that is not answered either is no trouble anew.
    assert (line.tick(38.0), line.tick(42.0)) == (BEAT, b"")
    assert line.tick(72.0) == BEAT
    said = [line.receive(ACK, 73.0) for _ in range(4)]
    assert said == [b"fire1", b"lost2", b"back", b""]
    assert line.tally.own.acknowledged == 2
    assert line.count.acknowledged == 1


def blocks(event, _stamp):
    return (b"#", event.what.text.encode())


CALL = Voice(
    write=blocks,
    read=in_bytes((b"8",), (b"9",)),
    end=b"0",
)
CALLS = Habits(wait=2.5, refusals=4, pause=10.0, heartbeat_every=None, calls=True)


def test_a_call_goes_block_by_block_and_ends_when_nothing_more_is_to_be_said():
    line = Line(CALLS, CALL)
    line.take(FIRE, TEST)
    said = [line.tick(0.0)] + [line.receive(b"8", 1.0) for _ in range(5)]
    assert said == [b"#", b"fire", b"#", b"test", b"0", b""]
    assert line.count.acknowledged == 2
    assert line.receiver.leaves
    assert line.tally.own.acknowledged == 1


def test_each_block_has_its_own_tries():
    line = Line(CALLS, CALL)
    line.take(FIRE)
    said = [line.tick(at) for at in (0.0, 2.5, 5.0)]
    said.append(line.receive(b"8", 6.0))
    said += [line.tick(at) for at in (8.5, 11.0, 13.5)]
    assert said == [b"#"] * 3 + [b"fire"] * 4
    assert not line.receiver.failed


def test_what_happens_after_the_end_of_a_call_waits_for_the_next():
    line = Line(CALLS, CALL)
    line.take(FIRE)
    line.tick(0.0)
    line.receive(b"8", 1.0)
    line.receive(b"8", 1.0)
    line.take(TEST)
    assert line.receive(b"8", 1.0) == b""
    assert line.receiver.leaves
    assert line.receiver.due is None
    line.receiver.closed()
    line.receiver.opened(2.0)
    assert line.tick(2.0) == b"#"


def test_a_call_that_was_cut_begins_anew():
    line = Line(CALLS, CALL)
    line.take(FIRE)
    line.tick(0.0)
    line.receive(b"8", 1.0)
    line.receiver.closed()
    line.receiver.opened(2.0)
    assert [line.tick(2.0), line.receive(b"8", 3.0), line.receive(b"8", 4.0)] == [
        b"#", b"fire", b"0",
    ]  # fmt: skip
    assert (line.count.repeats, line.count.acknowledged) == (2, 1)


def test_an_end_that_was_cut_is_not_said_again():
    line = Line(CALLS, CALL)
    line.take(FIRE)
    line.tick(0.0)
    line.receive(b"8", 1.0)
    line.receive(b"8", 1.0)
    line.receiver.closed()
    assert line.receiver.idle


def test_a_panel_hangs_up_after_four_tries_of_a_block_and_calls_again():
    line = Line(CALLS, CALL)
    line.take(FIRE)
    said = [line.tick(at) for at in (0.0, 2.5, 5.0, 7.5, 10.0)]
    assert said == [b"#"] * 4 + [b""]
    assert line.receiver.leaves
    line.receiver.closed()
    line.receiver.opened(11.0)
    assert not line.receiver.leaves
    assert (line.tick(11.0), line.receiver.due) == (b"", 21.0)
    assert line.tick(21.0) == b"#"


def test_a_rejected_block_is_sent_again_four_times_at_most():
    line = Line(CALLS, CALL)
    line.take(FIRE)
    line.tick(0.0)
    assert [line.receive(b"9", 1.0) for _ in range(4)] == [b"#", b"#", b"#", b""]
    assert line.receiver.failed


def test_one_message_a_call_hangs_up_after_each():
    line = Line(Habits(calls=True, one_a_call=True, heartbeat_every=None, pause=10.0))
    line.take(FIRE, TEST)
    line.tick(0.0)
    assert line.receive(ACK, 1.0) == b""
    assert line.receiver.leaves
    line.receiver.closed()
    line.receiver.opened(2.0)
    assert line.tick(2.0) == b"test2"


def test_half_an_answer_is_waited_for():
    line = Line(voice=replace(VOICE, read=in_bytes((b"ACK\r\n",), ())))
    line.take(FIRE)
    line.tick(0.0)
    assert line.receive(b"AC", 1.0) == b""
    line.receive(b"K\r\n", 1.5)
    assert line.count.acknowledged == 1


HABITS = st.builds(
    Habits,
    repeats=st.integers(0, 4),
    refusals=st.integers(1, 5),
    skips=st.booleans(),
    insists=st.booleans(),
    pause=st.sampled_from([None, 5.0]),
)
STEPS = st.lists(
    st.tuples(st.sampled_from([b"", ACK, NAK, b"x", b"S"]), st.floats(0.1, 20.0)), max_size=60
)


@given(HABITS, STEPS)
def test_whatever_is_answered_every_event_is_acknowledged_given_up_or_still_kept(habits, steps):
    line = Line(habits, ASKED)
    line.take(*[FIRE] * 5)
    now = 0.0
    for byte, wait in steps:
        now += wait
        line.receive(byte, now)
        line.tick(now)
    kept = len(line.receiver._buffer)
    assert kept + line.count.acknowledged + line.count.skipped == 5
    assert line.count.skipped == 0 or habits.skips
